"""Imports of catalogue data: nothing changes when the data has not changed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import F, Value

from common import db, jsonschema
from services.models import Agency, Field, Form, Place, Procedure, ProcedureVersion, Revision
from services.rules import catalogue, fees, words

MERGER = date(2025, 7, 1)  # NQ 202/2025/QH15


@db.transaction()
def import_procedures(*, entries: Sequence[Mapping[str, Any]], today: date) -> tuple[int, int]:
    """Import catalogue entries; return how many are new and how many changed.

    A changed entry ends the version in force and begins a new one today; nothing is rewritten.
    A procedure that an office revised since keeps that revision until the data itself changes.
    """
    Field.objects.bulk_create(
        [Field(key=entry["field"], name_vi=entry["field_label"]) for entry in entries],
        ignore_conflicts=True,
    )
    Procedure.objects.bulk_create(
        [Procedure(code=entry["code"]) for entry in entries], ignore_conflicts=True
    )
    in_force = {
        version.procedure_id: version
        for version in ProcedureVersion.objects.filter(valid_to=None).defer("data")
    }
    known = set(ProcedureVersion.objects.values_list("procedure_id", "content_hash").order_by("id"))
    revised = set(
        Revision.objects.filter(state=Revision.State.PUBLISHED)
        .values_list("version_id", flat=True)
        .order_by("id")
    )
    new = changed = 0
    for entry in entries:
        current = in_force.get(entry["code"])
        digest = catalogue.content_hash(entry)
        if current is not None and current.content_hash == digest:
            continue
        if (
            current is not None
            and current.id in revised
            and (current.valid_from > today or (entry["code"], digest) in known)
        ):
            continue
        if current is None:
            new += 1
        else:
            changed += 1
            ProcedureVersion.objects.filter(id=current.id).update(valid_to=today)
        _publish(entry, digest, number=current.number + 1 if current else 1, today=today)
    return new, changed


def _publish(entry: Mapping[str, Any], digest: str, *, number: int, today: date) -> None:
    text = words.fold(
        " ".join(
            [entry["code"], entry["name"], entry["field_label"], *(entry["life_events"] or [])]
        )
    )
    ProcedureVersion.objects.create(
        procedure_id=entry["code"],
        number=number,
        valid_from=date(2025, 7, 1) if number == 1 else today,
        content_hash=digest,
        name_vi=entry["name"],
        field_id=entry["field"],
        online_level=catalogue.LEVELS[entry["online_level"]],
        level_note=entry["level_note"] or "",
        levels=entry["deciding_levels"],
        life_events=entry["life_events"] or [],
        time_limit=catalogue.time_limit(entry),
        papers=catalogue.papers(entry),
        results=[
            {"code": result["code"], "name": result["name"]} for result in entry["results"] or []
        ],
        fee=fees.spec(entry),
        data=dict(entry),
        search_text=words.fold(entry["name"]),
        search=SearchVector(Value(text), config="simple"),
    )


@db.transaction()
def import_forms(*, forms: Sequence[Mapping[str, Any]], today: date) -> tuple[int, int]:
    """Import forms; return how many are new and how many changed. Errors: SchemaError."""
    new = changed = 0
    in_force = {form.procedure_id: form for form in Form.objects.filter(valid_to=None)}
    known = set(Form.objects.values_list("procedure_id", "content_hash").order_by("id"))
    for entry in forms:
        jsonschema.check_schema(entry["schema"])
        current = in_force.get(entry["procedure_code"])
        digest = catalogue.content_hash(entry)
        if (entry["procedure_code"], digest) in known:
            continue
        if current is None:
            new += 1
        else:
            changed += 1
            Form.objects.filter(id=current.id).update(valid_to=today)
        Form.objects.create(
            procedure_id=entry["procedure_code"],
            number=current.number + 1 if current else 1,
            valid_from=MERGER if current is None else today,
            content_hash=digest,
            title_vi=entry["title"],
            schema=entry["schema"],
            sections=entry["sections"],
            prefill=entry["prefill"],
            verified=entry["verified"],
            channels=entry["channels"],
            sources=entry["sources"],
            notes=entry["notes"],
        )
    return new, changed


@db.transaction()
def import_places(*, units: Mapping[str, Any]) -> int:
    """Import the communes and wards of today and before; return how many are new."""
    rows = [
        Place(
            code=unit["code"],
            name_vi=unit["name"],
            kind=unit["type"],
            former_province_vi=unit["former_province"][0] if unit["former_province"] else "",
            valid_from=MERGER,
            search=words.fold(unit["name"]),
        )
        for unit in units["current"]["units"]
    ]
    rows += [
        Place(
            code=ward["code"],
            name_vi=ward["name"],
            kind=ward["type"],
            district_vi=district["name"],
            former_province_vi=province["name"],
            valid_to=MERGER,
            became=ward["new_codes"],
            search=words.fold(f"{ward['name']} {district['name']}"),
        )
        for province in units["before_2025_07_01"]
        for district in province["districts"]
        for ward in district["wards"]
    ]
    before = Place.objects.count()
    Place.objects.bulk_create(rows, ignore_conflicts=True)
    return Place.objects.count() - before


@db.transaction()
def import_agencies(*, entries: Sequence[Mapping[str, Any]]) -> int:
    """Import agencies; return how many are new. A known agency is brought up to date."""
    rows = [
        Agency(
            key=entry["key"],
            name_vi=entry["name"],
            level=entry["level"],
            kind=entry["kind"],
            place_code=entry["place_code"] or "",
            identifier=entry["official_identifier"] or entry["demo_identifier"],
            identifier_is_demo=entry["official_identifier"] is None,
            fields=entry["fields"],
            derived=entry["derived"],
            status=entry["status"],
            source=entry["source"] or "",
            address=entry["address"] or "",
        )
        for entry in entries
    ]
    before = Agency.objects.count()
    Agency.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=[
            "name_vi",
            "identifier",
            "identifier_is_demo",
            "fields",
            "status",
            "source",
            "address",
        ],
    )
    return Agency.objects.count() - before


@db.transaction_required
def record_use(*, code: str) -> None:
    """Count one more dossier of a procedure, which ranks it higher in searches."""
    Procedure.objects.filter(code=code).update(uses=F("uses") + 1)
