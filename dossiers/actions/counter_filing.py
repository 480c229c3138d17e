"""Filing paper: what was entered at the desk becomes a dossier, in one transaction.

At the counter reception follows in that same transaction (none to 1 to 2), unless a known fee is
due first: then the dossier waits in state 1 with its due open, and is received once it is paid.
Post always enters in state 1.
"""

from collections.abc import Sequence
from datetime import datetime

from citizens.actions import vault, walk_ins
from common import db, jsonschema
from common.errors import FieldError, Invalid, Refusal, check_version
from dossiers.actions import counter, intake, moves, processing
from dossiers.actions.intake import Filing
from dossiers.actions.who import SYSTEM
from dossiers.models import (
    Attachment,
    Channel,
    CounterFile,
    Dossier,
    HandedIn,
    Scan,
    Seat,
    TimelineEvent,
)
from dossiers.queries import counter as reads
from dossiers.rules import prefill
from dossiers.rules.states import Clock
from payments import queries as payments
from payments.actions import charge
from services import queries as services

ENTRIES = {Channel.COUNTER: "file_at_counter", Channel.POSTAL: "file_by_post"}


class NothingScanned(Refusal):
    code = "nothing_handed_in"
    status = 409
    title_vi = "Chưa ghi nhận giấy tờ nào"
    title_en = "No paper was noted or scanned"


@db.transaction()
def file(*, officer_id: str, file_id: str, expected_version: int | None, now: datetime) -> Dossier:
    """Turn a file into a dossier, and receive it where nothing stands in the way.

    A file that was filed before returns its dossier, whatever the key.
    Errors: NotFound; StaleVersion; NotForYourself; NothingScanned; Invalid with every failure.
    """
    seat = counter.reception_seat(officer_id, now=now)
    row = counter.locked(seat, file_id)
    if row.state == CounterFile.State.FILED:
        return Dossier.objects.get(counter_file=row)
    if expected_version is not None:
        check_version(row.version, expected_version)
    scans = reads.scans(row.id)
    if not scans and not row.papers:
        raise NothingScanned
    _refuse_incomplete(row)
    who = processing.at_seat(seat)
    counter.identify(row, row.person, officer_id)
    filing = _filing(row, seat, now)
    dossier = intake.new(filing=filing, now=now)
    _hand_in(dossier, row, scans, now)
    event = {"tracking_number": row.tracking_number} if row.tracking_number else {}
    if row.arrived_on is not None:
        event["arrived_on"] = row.arrived_on.isoformat()
    intake.enter(
        dossier=dossier,
        filing=filing,
        who=who,
        name=ENTRIES[Channel(row.channel)],
        now=now,
        data=event,
    )
    row.state, row.dossier, row.answers, row.person = CounterFile.State.FILED, dossier, {}, {}
    row.delivery_address, row.delivery_way = None, "counter"
    counter.touch(row, now)
    vault.record_access(
        citizen_ids=[dossier.citizen_id],
        reader_id=officer_id,
        reader_label=who.label,
        what="dossier:filed_at_desk",
        purpose="resolve_dossier",
        reference=dossier.id,
        now=now,
    )
    dues = payments.status_of([dossier.id]).get(dossier.id)
    if row.channel == Channel.COUNTER and not (dues is not None and dues.open):
        moves.move(dossier=dossier, name="receive", who=who, now=now)
    return dossier


@db.transaction()
def claim(*, dossier_id: str, now: datetime) -> None:
    """Give a walk-in's dossier to the person who proved to be the one; may be told twice."""
    dossier = moves.locked(dossier_id)
    if dossier.citizen.claimed_by_id is None:
        return
    owner = walk_ins.pass_on(walk_in_id=dossier.citizen_id)
    dossier.citizen_id = owner
    charge.pass_on(reference=dossier.id, citizen_id=owner)
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.NOTE,
        name="claim",
        who=SYSTEM,
        now=now,
        from_state=dossier.state,
        clock=Clock.RUN,
    )


def _refuse_incomplete(row: CounterFile) -> None:
    """Refuse a form with failures, or one about somebody else than who stands there."""
    if not row.form_id:
        return
    form = services.form(row.form_id)
    failures = jsonschema.failures(form.schema, row.answers, cache_key=form.id)
    proved = {
        "person.full_name": row.person["full_name"],
        "person.id_number": row.person["id_number"],
    }
    failures += [
        FieldError(
            "differs_from_identity",
            field,
            "Khác với giấy tờ tùy thân đã xem",
            "This differs from the identity paper that was seen",
            pointer=f"/answers/{field}",
        )
        for field, fact, value in prefill.about_citizen(form.prefill, row.answers, None)
        if fact in proved and not prefill.facts.same(fact, value, proved[fact])
    ]
    if failures:
        raise Invalid(errors=failures)


def _filing(row: CounterFile, seat: Seat, now: datetime) -> Filing:
    form = services.form(row.form_id) if row.form_id else None
    return Filing(
        citizen_id=walk_ins.person(paper=counter.paper_of(row.person)),
        applicant_name=row.person["full_name"],
        service=services.version(row.service_version_id),
        form=form,
        channel=Channel(row.channel),
        receiving=row.receiving_agency_id,
        helping=None if row.receiving_agency_id == seat.agency_id else seat.agency_id,
        answers=row.answers,
        provenance=prefill.provenance(row.answers, {}, now=now),
        way=row.delivery_way,
        address=row.delivery_address,
    )


def _hand_in(dossier: Dossier, row: CounterFile, scans: Sequence[Scan], now: datetime) -> None:
    """Turn the scans into the dossier's attachments and note what lies there on paper."""
    Attachment.objects.bulk_create(
        Attachment(
            dossier_id=dossier.id,
            client_key=one.client_key,
            paper_key=one.paper_key,
            component_code=one.component_code,
            paper_name=one.paper_name,
            file_id=one.file_id,
            file_name=one.file_name,
            created_at=one.created_at,
        )
        for one in scans
    )
    known, scanned = counter.papers_of(row), {one.paper_key for one in scans}
    HandedIn.objects.bulk_create(
        HandedIn(
            dossier_id=dossier.id,
            paper_key=one["paper_key"],
            paper_name=known[one["paper_key"]].name,
            kind=one["kind"],
            quantity=one["quantity"],
            digitised=one["paper_key"] in scanned,
        )
        for one in row.papers
    )
