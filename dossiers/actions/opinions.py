"""Asking other agencies for their opinion, at the same time, and answering (lấy ý kiến).

# Note [Silence]
Nobody has agreed by saying nothing, unless a law says so for this question: then the asking agency
names that law when it asks, and the sweep closes the request when its time has run out. Without it
a late request stays open and late. The clock of the dossier runs on meanwhile: no source stops it.
"""

from collections.abc import Sequence
from datetime import datetime

from common import db, files
from common.errors import FieldError, Invalid, Refusal
from dossiers.actions import desk as looking
from dossiers.actions import moves, uploads, work
from dossiers.actions import who as people
from dossiers.actions.who import NotYourRole, Who
from dossiers.models import Dossier, Opinion, Seat, TimelineEvent
from dossiers.queries import calendar, offices
from dossiers.queries import opinions as asked
from dossiers.rules import deadlines, limits
from dossiers.rules.names import safe_name
from dossiers.rules.states import CLOSED, Actor, MoveNotAllowed, State
from services import queries as services

MAX_AGENCIES = 10
MAX_WORKING_DAYS = 60
DECISIONS = frozenset({"propose", "sign", "reject"})
GOES_AWAY = frozenset({"reroute"})
MAY = frozenset({"handler", "approver"})


class OpinionsOpen(Refusal):
    code = "opinions_open"
    status = 409
    title_vi = "Còn ý kiến phối hợp chưa trả lời"
    title_en = "Some agencies have not answered yet"
    detail_vi = "Còn {waiting} cơ quan chưa trả lời. Gửi without_opinions kèm lý do để quyết định."
    detail_en = (
        "{waiting} agencies have not answered. Send without_opinions and a reason to decide."
    )
    members = ("waiting",)


class OpinionClosed(Refusal):
    code = "opinion_closed"
    status = 409
    title_vi = "Yêu cầu lấy ý kiến đã kết thúc"
    title_en = "This request for an opinion is closed"
    detail_vi = "Trạng thái hiện tại: {state}."
    detail_en = "It is now: {state}."
    members = ("state",)


class AskedAlready(Refusal):
    code = "opinion_already_asked"
    status = 409
    title_vi = "Cơ quan này đang được lấy ý kiến về hồ sơ này"
    title_en = "This agency is being asked about this dossier already"
    detail_vi = "{agency}: hãy chờ trả lời hoặc rút yêu cầu trước."
    detail_en = "{agency}: wait for its answer or withdraw the request first."
    members = ("agency",)


@db.transaction()
def ask(
    *,
    officer_id: str,
    dossier_id: str,
    expected_state: int,
    agencies: Sequence[str],
    question: str,
    working_days: int,
    applicant: bool,
    fields: Sequence[str],
    papers: Sequence[str],
    silence_basis: str,
    now: datetime,
) -> list[Opinion]:
    """Ask one or several agencies about a dossier in process; each sees the named parts only.

    Units: working_days counts from the day after today; due at the close of the last one.
    Errors: NotFound; StateChanged; MoveNotAllowed outside of state 4; NotYourRole for anybody but
    the competent agency's; AskedAlready; Invalid for agencies, fields or papers that are not there;
    CalendarMissing.
    """
    seat = offices.seat(officer_id, now=now)
    dossier = work.locked(seat, dossier_id, expected_state)
    if dossier.state != State.PROCESSING:
        raise MoveNotAllowed(state=dossier.state, move="ask_opinion")
    if seat.agency_id != dossier.competent_agency_id or not MAY & offices.roles(seat):
        raise NotYourRole(needed=str(Actor.HANDLER))
    found = _agencies(seat, agencies)
    _refuse_unknown(dossier, fields, papers)
    due = deadlines.due_at(now, deadlines.Limit(working_days, "working_day"), calendar.working())
    made = []
    for agency in found:
        if Opinion.objects.filter(
            dossier=dossier, asked_agency=agency.key, state=Opinion.State.OPEN
        ).exists():
            raise AskedAlready(agency=agency.name_vi)
        opinion = Opinion.objects.create(
            dossier=dossier,
            asking_agency_id=seat.agency_id,
            asked_agency_id=agency.key,
            asked_by=seat,
            question=question,
            shows_applicant=applicant,
            shown_fields=sorted(set(fields)),
            shown_papers=sorted(set(papers)),
            silence_basis=silence_basis,
            state=Opinion.State.OPEN,
            asked_at=now,
            due_at=due,
        )
        _tell(opinion, dossier, "ask_opinion", _who(seat), now)
        made.append(opinion)
    work.prolong(dossier, seat, now=now)
    return made


@db.durable
def attach(
    *,
    officer_id: str,
    opinion_id: str,
    client_key: str,
    file_name: str,
    data: bytes,
    now: datetime,
) -> Opinion:
    """Put a file to an answer that is not given yet; another one takes its place.

    The bytes are scanned and stored before the transaction begins.
    Errors: NotFound; NotYourRole; OpinionClosed; and those of `files.store`.
    """
    seat = offices.seat(officer_id, now=now)
    _refuse_stranger(seat, asked.one(seat, opinion_id))
    stored = files.store(
        data, max_bytes=limits.MAX_FILE_BYTES, allowed=uploads.ALLOWED_TYPES, now=now
    )
    with db.transaction():
        _, opinion = _locked(seat, opinion_id)
        if opinion.file_key == client_key:
            return opinion
        _refuse_closed(opinion)
        opinion.file = stored
        opinion.file_name = safe_name(file_name, files.extension(stored.media_type))
        opinion.file_key = client_key
        opinion.save(update_fields=["file", "file_name", "file_key"])
    return opinion


@db.transaction()
def answer(*, officer_id: str, opinion_id: str, stance: str, text: str, now: datetime) -> Opinion:
    """Give the asked agency's opinion, once; late is still an answer.

    Errors: NotFound; NotYourRole for anybody but a handler or approver of the asked agency;
    OpinionClosed; Invalid for a comment or a disagreement without words.
    """
    seat = offices.seat(officer_id, now=now)
    dossier, opinion = _locked(seat, opinion_id)
    _refuse_stranger(seat, opinion)
    _refuse_closed(opinion)
    if stance != Opinion.Stance.AGREE and not text.strip():
        raise Invalid(
            errors=[FieldError("required", "text", "Cần nêu ý kiến", "Say what and why", "/text")]
        )
    opinion.stance, opinion.answer, opinion.answered_by = stance, text.strip(), seat
    _close(opinion, Opinion.State.ANSWERED, now)
    _tell(opinion, dossier, "answer_opinion", _who(seat), now)
    return opinion


@db.transaction()
def withdraw(*, officer_id: str, opinion_id: str, reason: str, now: datetime) -> Opinion:
    """Take a request back. Errors: NotFound; NotYourRole; OpinionClosed; Invalid."""
    seat = offices.seat(officer_id, now=now)
    dossier, opinion = _locked(seat, opinion_id)
    if opinion.asking_agency_id != seat.agency_id or not MAY & offices.roles(seat):
        raise NotYourRole(needed=str(Actor.HANDLER))
    _refuse_closed(opinion)
    if not reason.strip():
        raise Invalid(
            errors=[FieldError("required", "reason", "Cần nêu lý do", "Give a reason", "/reason")]
        )
    opinion.closing_reason = reason.strip()
    _close(opinion, Opinion.State.WITHDRAWN, now)
    _tell(opinion, dossier, "withdraw_opinion", _who(seat), now)
    return opinion


@db.transaction()
def fall_silent(*, opinion_id: str, now: datetime) -> bool:
    """Close a request whose time ran out and whose silence a law counts; return whether it was.

    See Note [Silence].
    """
    dossier_id = Opinion.objects.filter(id=opinion_id).values_list("dossier", flat=True).first()
    dossier = moves.locked(dossier_id or "")
    opinion = db.lock(Opinion.objects.filter(id=opinion_id)).get()
    late = opinion.due_at < now
    if opinion.state != Opinion.State.OPEN or not opinion.silence_basis or not late:
        return False
    _close(opinion, Opinion.State.SILENT, now)
    _tell(opinion, dossier, "silent_opinion", people.SYSTEM, now)
    return True


@db.transaction_required
def settle(dossier: Dossier, move: str, *, without: bool, reason: str, now: datetime) -> list[str]:
    """Hold a decision up while opinions are open, unless it is made without them, with a reason.

    Called with the locked dossier before the move. A dossier that is decided without them, or goes
    to another agency, closes what is still open: nobody waits for it any more. Returns the ids of
    the requests that were overtaken.
    Errors: OpinionsOpen; Invalid without a reason.
    """
    if move not in DECISIONS | GOES_AWAY:
        return []
    waiting = Opinion.objects.filter(dossier=dossier, state=Opinion.State.OPEN).count()
    if not waiting:
        return []
    if move in DECISIONS:
        if not without:
            raise OpinionsOpen(waiting=waiting)
        if not reason.strip():
            raise Invalid(
                errors=[
                    FieldError("required", "reason", "Cần nêu lý do", "Give a reason", "/reason")
                ]
            )
    return _overtake(dossier, now)


@db.transaction_required
def after(dossier: Dossier, *, now: datetime) -> None:
    """Close what is still asked about a dossier that was closed by its last move."""
    if State(dossier.state) in CLOSED:
        _overtake(dossier, now)


def _overtake(dossier: Dossier, now: datetime) -> list[str]:
    waiting = Opinion.objects.filter(dossier=dossier, state=Opinion.State.OPEN)
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    waiting.update(state=Opinion.State.OVERTAKEN, closed_at=now)
    return ids


def _locked(seat: Seat, opinion_id: str) -> tuple[Dossier, Opinion]:
    """Return an opinion of the seat's agency and its dossier, both locked, the dossier first."""
    dossier = moves.locked(asked.one(seat, opinion_id).dossier_id)
    return dossier, db.lock(Opinion.objects.filter(id=opinion_id)).get()


@db.transaction_required
def _close(opinion: Opinion, state: Opinion.State, now: datetime) -> None:
    opinion.state, opinion.closed_at = state, now
    opinion.save()


@db.transaction_required
def _tell(opinion: Opinion, dossier: Dossier, name: str, who: Who, now: datetime) -> None:
    """Write the step into the citizen's timeline: who is asked, never what."""
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.OPINION,
        name=name,
        who=who,
        now=now,
        from_state=dossier.state,
        data={"opinion": opinion.id, "agency": opinion.asked_agency_id},
        office=moves.office_name(opinion.asked_agency_id),
    )


def _who(seat: Seat) -> Who:
    return Who(kind="officer", id=seat.user_id, label=looking.label(seat), roles=frozenset())


def _agencies(seat: Seat, keys: Sequence[str]) -> list[services.Agency]:
    wanted = list(dict.fromkeys(keys))
    known = {row.key for row in services.agencies(keys=wanted).order_by("key")}
    wrong = [key for key in wanted if key not in known or key == seat.agency_id]
    if wrong:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_agency",
                    key,
                    "Không phải cơ quan khác có thể lấy ý kiến",
                    "Not another agency that could be asked",
                    pointer="/agencies",
                )
                for key in wrong
            ]
        )
    return [services.agency(key) for key in wanted]


def _refuse_unknown(dossier: Dossier, fields: Sequence[str], papers: Sequence[str]) -> None:
    held = set(dossier.attachments.order_by("id").values_list("paper_key", flat=True))
    wrong = [
        FieldError("unknown_field", name, "Hồ sơ không có trường này", "Not answered", "/fields")
        for name in fields
        if name not in dossier.answers
    ] + [
        FieldError("unknown_paper", key, "Hồ sơ không có giấy tờ này", "Not attached", "/papers")
        for key in papers
        if key not in held
    ]
    if wrong:
        raise Invalid(errors=wrong)


def _refuse_stranger(seat: Seat, opinion: Opinion) -> None:
    if opinion.asked_agency_id != seat.agency_id or not MAY & offices.roles(seat):
        raise NotYourRole(needed=str(Actor.HANDLER))


def _refuse_closed(opinion: Opinion) -> None:
    if opinion.state != Opinion.State.OPEN:
        raise OpinionClosed(state=opinion.state)
