"""Loads the catalogue: places, agencies, procedures, forms."""

import json
import pathlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from common import clock
from payments.actions import bodies, transfers
from services.actions import imports

DATA = pathlib.Path(__file__).with_name("data")


def read(name: str) -> Any:
    """Return the content of a data file."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def load(*, now: datetime) -> Iterator[str]:
    """Load everything and say what changed; a second run says that nothing did."""
    today = clock.local_date(now)
    yield f"places: {imports.import_places(units=read('admin_units.json'))} new"
    entries = read("agencies.json")["agencies"]
    yield f"agencies: {imports.import_agencies(entries=entries)} new"
    rows = [
        bodies.CollectingBodyRow(
            agency_code=entry["key"],
            name=entry["name"],
            address=entry["address"] or "",
            identifier=entry["demo_identifier"],
        )
        for entry in entries
    ]
    yield f"collecting bodies: {bodies.import_bodies(rows=rows, now=now)} (demonstration values)"
    accounts = [
        transfers.BankAccountRow(
            agency_code=entry["key"], holder=entry["name"], identifier=entry["demo_identifier"]
        )
        for entry in entries
    ]
    held = transfers.import_accounts(rows=accounts, now=now)
    yield f"bank accounts: {held} (demonstration values)"
    new, changed = imports.import_procedures(entries=read("procedures.json"), today=today)
    yield f"procedures: {new} new, {changed} changed"
    forms = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((DATA / "forms").glob("*.json"))
    ]
    new, changed = imports.import_forms(forms=forms, today=today)
    yield f"forms: {new} new, {changed} changed"
