"""Looking at the books as they stand at one moment."""

from django.db import connection

from common import db
from payments.reports import books


@db.transaction()
def check() -> tuple[list[books.Finding], dict[str, int]]:
    """Return what does not hold, and the balance of every account, of one and the same moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return list(books.check()), books.totals()
