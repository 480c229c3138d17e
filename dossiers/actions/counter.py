"""Entering paper: a walk-in citizen's at the counter, or what the post brought.

An officer enters and scans it into a file that the agency's reception shares, so that nothing is
lost on a reload; `counter_filing` turns it into a dossier, whole.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from citizens.actions import vault, walk_ins
from common import db, files
from common.errors import FieldError, Invalid, NotFound, Refusal, check_version
from dossiers.actions import delivery, processing, uploads
from dossiers.actions.attachments import TooManyFiles
from dossiers.actions.who import NotYourRole, Who
from dossiers.models import (
    Channel,
    CounterFile,
    Scan,
    Seat,
)
from dossiers.queries import counter as reads
from dossiers.queries import offices
from dossiers.rules import deadlines, limits
from dossiers.rules.names import safe_name
from dossiers.rules.states import Actor
from services import queries as services

LIFE = timedelta(days=30)
MAX_OPEN_FILES = 200


class CounterFileClosed(Refusal):
    code = "counter_file_closed"
    status = 409
    title_vi = "Hồ sơ giấy này đã được nộp"
    title_en = "This paper file was filed already"


class TooManyFilesOpen(Refusal):
    code = "too_many_counter_files"
    status = 409
    title_vi = "Có quá nhiều hồ sơ giấy đang nhập dở"
    title_en = "Too many paper files are being entered"
    detail_vi = "Tối đa {limit}. Hãy nộp hoặc hủy bớt."
    detail_en = "At most {limit}. File or discard some."
    members = ("limit",)


@db.transaction()
def open_file(
    *,
    officer_id: str,
    channel: str,
    service_code: str,
    person: Mapping[str, str],
    receiving_agency: str | None,
    tracking_number: str,
    arrived_on: date | None,
    now: datetime,
) -> CounterFile:
    """Begin to enter paper at the officer's own agency, for any service that it may help with.

    Errors: NotYourRole; UnknownService; TooManyFilesOpen; NotForYourself; Invalid for an agency
    that does not receive the service, for post without its day, for a number proved under another
    name.
    """
    seat = reception_seat(officer_id, now=now)
    db.advisory_lock(f"counter {seat.agency_id}")
    if reads.files(seat).count() >= MAX_OPEN_FILES:
        raise TooManyFilesOpen(limit=MAX_OPEN_FILES)
    day = deadlines.local_day(now)
    service = services.version_on(service_code, day)
    form = services.form_of(service_code, day)
    if form is not None and channel not in form.channels:
        form = None
    if channel == Channel.POSTAL and (arrived_on is None or arrived_on > day):
        raise _invalid("arrived_on", "required", "Cần ngày bưu chính giao đến", "Say when it came")
    row = CounterFile(
        agency_id=seat.agency_id,
        channel=channel,
        service_version_id=service.id,
        form_id=form.id if form else None,
        service_code=service_code,
        receiving_agency_id=_receiver(seat, service_code, receiving_agency),
        answers={},
        delivery_way="counter",
        tracking_number=tracking_number,
        arrived_on=arrived_on,
        state=CounterFile.State.OPEN,
        opened_by=officer_id,
        created_at=now,
        updated_at=now,
        expires_at=now + LIFE,
    )
    identify(row, person, officer_id)
    row.save()
    return row


@db.transaction()
def look(*, officer_id: str, file_id: str, now: datetime) -> CounterFile:
    """Return a file of the officer's agency; whoever proved the number sees who looked.

    Errors: NotFound; NotYourRole.
    """
    seat = reception_seat(officer_id, now=now)
    row = reads.file(seat, file_id)
    _record_access(seat, row, "counter_file:read", now)
    return row


@db.transaction()
def list_shown(*, seat: Seat, rows: Sequence[CounterFile], now: datetime) -> None:
    """Leave one row for each known person of a list, in one statement."""
    known = [row.citizen_id for row in rows if row.citizen_id]
    if known:
        vault.record_access(
            citizen_ids=known,
            reader_id=seat.user_id,
            reader_label=processing.at_seat(seat).label,
            what="counter_file:list",
            purpose="resolve_dossier",
            reference="",
            now=now,
        )


@db.transaction()
def save(
    *,
    officer_id: str,
    file_id: str,
    expected_version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> CounterFile:
    """Save what an officer changed; half-entered is saved too.

    Shape: changes may have person, answers (only what changed; null empties), papers, delivery,
    receiving_agency. Errors: NotFound; CounterFileClosed; StaleVersion; NotForYourself; Invalid.
    """
    seat, row = _open_locked(officer_id, file_id, now)
    check_version(row.version, expected_version)
    if "person" in changes:
        identify(row, changes["person"], officer_id)
    if "answers" in changes:
        row.answers = _merged(row, changes["answers"])
    if "papers" in changes:
        row.papers = _checked_papers(row, changes["papers"])
    if "delivery" in changes:
        chosen = changes["delivery"]
        row.delivery_address = delivery.checked_address(chosen["way"], chosen.get("address"))
        row.delivery_way = chosen["way"]
    if "receiving_agency" in changes:
        row.receiving_agency_id = _receiver(seat, row.service_code, changes["receiving_agency"])
    touch(row, now)
    _record_access(seat, row, "counter_file:edit", now)
    return row


@db.transaction()
def discard(*, officer_id: str, file_id: str, expected_version: int, now: datetime) -> None:
    """Throw a file away, with what it says of the person. Errors: as of `save`."""
    _, row = _open_locked(officer_id, file_id, now)
    check_version(row.version, expected_version)
    forget(row, now)


@db.transaction_required
def forget(row: CounterFile, now: datetime) -> None:
    """Close a file that became nothing and erase what it says."""
    Scan.objects.filter(counter_file=row).delete()
    row.state = CounterFile.State.DISCARDED
    row.person, row.answers, row.delivery_address, row.papers = {}, {}, None, []
    row.delivery_way = "counter"
    touch(row, now)


@db.durable
def scan(
    *,
    officer_id: str,
    file_id: str,
    client_key: str,
    paper_key: str,
    file_name: str,
    data: bytes,
    now: datetime,
) -> Scan:
    """Add a scan of one paper; the same key again returns the same scan.

    The bytes are checked and stored before the transaction begins: both may cross a network.
    Errors: NotFound; CounterFileClosed; Invalid; TooManyFiles; and those of `files.store`.
    """
    reads.file(reception_seat(officer_id, now=now), file_id)
    stored = files.store(
        data, max_bytes=limits.MAX_FILE_BYTES, allowed=uploads.ALLOWED_TYPES, now=now
    )
    with db.transaction():
        _, row = _open_locked(officer_id, file_id, now)
        again = Scan.objects.filter(counter_file=row, client_key=client_key).first()
        if again is not None:
            return again
        _refuse_too_many(row, stored.size)
        paper = papers_of(row).get(paper_key)
        if paper is None:
            raise _unknown_paper(paper_key, "/paper_key")
        made = Scan.objects.create(
            counter_file=row,
            client_key=client_key,
            paper_key=paper_key,
            component_code=paper.component_code or "",
            paper_name=paper.name,
            file=stored,
            file_name=safe_name(file_name, files.extension(stored.media_type)),
            created_at=now,
        )
        touch(row, now)
    return made


@db.transaction()
def unscan(
    *, officer_id: str, file_id: str, scan_id: str, expected_version: int, now: datetime
) -> None:
    """Take a scan off a file. Errors: NotFound; CounterFileClosed; StaleVersion."""
    _, row = _open_locked(officer_id, file_id, now)
    check_version(row.version, expected_version)
    gone, _ = Scan.objects.filter(counter_file=row, id=scan_id).delete()
    if not gone:
        raise NotFound
    touch(row, now)


def reception_seat(officer_id: str, *, now: datetime) -> Seat:
    """Return the seat of an officer who takes papers in. Errors: Forbidden; NotYourRole."""
    seat = offices.seat(officer_id, now=now)
    if Actor.RECEPTION not in offices.actors(seat):
        raise NotYourRole(needed=str(Actor.RECEPTION))
    return seat


@db.transaction_required
def locked(seat: Seat, file_id: str) -> CounterFile:
    """Return a file of the agency with its row locked. Errors: NotFound."""
    rows = CounterFile.objects.filter(agency=seat.agency_id, id=file_id)
    row = db.lock(rows.exclude(state=CounterFile.State.DISCARDED)).first()
    if row is None:
        raise NotFound
    return row


def _open_locked(officer_id: str, file_id: str, now: datetime) -> tuple[Seat, CounterFile]:
    seat = reception_seat(officer_id, now=now)
    row = locked(seat, file_id)
    if row.state != CounterFile.State.OPEN:
        raise CounterFileClosed
    return seat, row


@db.transaction_required
def touch(row: CounterFile, now: datetime) -> None:
    """Save a locked file as its next version."""
    row.version += 1
    row.updated_at, row.expires_at = now, now + LIFE
    row.save()


def _receiver(seat: Seat, service_code: str, wanted: str | None) -> str:
    """Return who receives: the officer's own office, or another that the citizen names.

    Source: NĐ 118/2025/NĐ-CP (cited): an office helps with what another one receives.
    """
    allowed = {agency.key for agency in services.receivers(service_code, None)}
    key = wanted or seat.agency_id
    if key not in allowed:
        raise _invalid(
            "receiving_agency",
            "unknown_agency",
            "Cơ quan này không tiếp nhận thủ tục này; hãy chọn cơ quan tiếp nhận",
            "This agency does not receive this service: choose one that does",
        )
    return key


def identify(row: CounterFile, person: Mapping[str, str], officer_id: str) -> None:
    """Note whose paper it is, and whose account that is. Errors: Invalid; NotForYourself."""
    paper = paper_of(person)
    row.person = {
        "id_number": paper.id_number,
        "full_name": paper.full_name,
        "phone": paper.phone,
    }
    row.citizen_id = walk_ins.owner(paper)
    walk_ins.refuse_own(officer_id=officer_id, paper=paper, citizen_id=row.citizen_id)


def paper_of(person: Mapping[str, str]) -> walk_ins.Paper:
    """Return what an identity paper shows, tidied. Errors: Invalid for the phone."""
    return walk_ins.Paper(
        id_number=person["id_number"],
        full_name=" ".join(person["full_name"].split()),
        phone=walk_ins.phone_of(person.get("phone", "")),
    )


def _merged(row: CounterFile, changes: Mapping[str, Any]) -> dict[str, Any]:
    form = services.form(row.form_id) if row.form_id else None
    known = form.schema.get("properties", {}) if form else {}
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_field",
                    name,
                    "Trường không có trong biểu mẫu",
                    "This field is not in the form",
                    pointer=f"/answers/{name}",
                )
                for name in unknown
            ]
        )
    merged = {**row.answers, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def papers_of(row: CounterFile) -> dict[str, services.Paper]:
    """Return the papers that the service of a file asks for, by key."""
    return {paper.key: paper for paper in services.version(row.service_version_id).papers}


def _checked_papers(row: CounterFile, noted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = papers_of(row)
    result: dict[tuple[str, str], dict[str, Any]] = {}
    for index, one in enumerate(noted):
        if one["paper_key"] not in known:
            raise _unknown_paper(one["paper_key"], f"/papers/{index}/paper_key")
        result[one["paper_key"], one["kind"]] = dict(one)
    return list(result.values())


def _refuse_too_many(row: CounterFile, more_bytes: int) -> None:
    sizes = [one.file.size for one in reads.scans(row.id)]
    if len(sizes) >= limits.MAX_FILES or sum(sizes) + more_bytes > limits.MAX_TOTAL_BYTES:
        raise TooManyFiles(limit_files=limits.MAX_FILES, limit_bytes=limits.MAX_TOTAL_BYTES)


def _record_access(seat: Seat, row: CounterFile, what: str, now: datetime) -> None:
    who: Who = processing.at_seat(seat)
    if row.citizen_id:
        vault.record_access(
            citizen_ids=[row.citizen_id],
            reader_id=who.id,
            reader_label=who.label,
            what=what,
            purpose="resolve_dossier",
            reference=row.id,
            now=now,
        )


def _unknown_paper(key: str, pointer: str) -> Invalid:
    return Invalid(
        errors=[
            FieldError(
                "unknown_paper",
                key[:100],
                "Thủ tục không yêu cầu giấy tờ này",
                "The service does not ask for this paper",
                pointer=pointer,
            )
        ]
    )


def _invalid(param: str, code: str, vi: str, en: str) -> Invalid:
    return Invalid(errors=[FieldError(code, param, vi, en, pointer=f"/{param}")])
