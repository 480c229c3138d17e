"""Who collects: the table behind the head of every receipt."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from common import db
from payments.actions.receipts import DEMO_FORM
from payments.models import CollectingBody


@dataclasses.dataclass(frozen=True)
class CollectingBodyRow:
    """One agency that collects. `identifier` is the demonstration identifier, such as H13.020."""

    agency_code: str
    name: str
    address: str
    identifier: str
    tax_code: str | None = None
    series_prefix: str | None = None
    form_code: str = DEMO_FORM


@db.transaction()
def import_bodies(*, rows: Iterable[CollectingBodyRow], now: datetime) -> int:
    """Put the collecting bodies in place, again and again; return how many rows there were.

    A tax code or series that is not given becomes an evident demonstration value.
    """
    bodies = [
        CollectingBody(
            agency_code=row.agency_code,
            name=row.name[:250],
            address=row.address[:250],
            tax_code=row.tax_code or f"DEMO-MST-{row.identifier}",
            form_code=row.form_code,
            series_prefix=row.series_prefix or f"DEMO-{row.identifier}",
            is_demo=row.tax_code is None or row.series_prefix is None,
        )
        for row in rows
    ]
    CollectingBody.objects.bulk_create(
        bodies,
        update_conflicts=True,
        unique_fields=["agency_code"],
        update_fields=["name", "address", "tax_code", "form_code", "series_prefix", "is_demo"],
    )
    return len(bodies)
