"""`migrate`, then the rights of the application's role are set anew.

The owner's tables are readable and writable for the application, except those that carry the
append-only trigger: there the application may only read and add.
"""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from psycopg import sql

from common import db


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options.get("check_unapplied") or options.get("plan"):
            return
        connection = connections[options["database"]]
        if "DatabaseCache" in settings.CACHES["default"]["BACKEND"]:
            call_command("createcachetable", database=options["database"], verbosity=0)
        role = settings.DATABASE_APP_ROLE
        if role == connection.settings_dict["USER"]:
            return  # one role for both: the system check for production complains
        with connection.cursor() as cursor:
            app = sql.Identifier(role)
            for text in (
                "GRANT USAGE ON SCHEMA public TO {}",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
                "REVOKE INSERT, UPDATE, DELETE ON TABLE django_migrations FROM {}",
            ):
                cursor.execute(sql.SQL(text).format(app))
            cursor.execute(
                """
                SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
                JOIN pg_proc ON pg_proc.oid = tgfoid
                WHERE proname = %s
                """,
                [db.APPEND_ONLY_FUNCTION],
            )
            for (table,) in cursor.fetchall():
                cursor.execute(
                    sql.SQL("REVOKE UPDATE, DELETE ON TABLE {} FROM {}").format(
                        sql.Identifier(table), app
                    )
                )
