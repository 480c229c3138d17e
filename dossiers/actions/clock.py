"""The clock between the moves: the one extension, and counting anew on purpose."""

import datetime

from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal
from dossiers.actions import moves, papers, promise
from dossiers.actions import who as people
from dossiers.actions.who import SYSTEM, Who
from dossiers.models import Document, Dossier, TimelineEvent
from dossiers.queries import calendar, offices
from dossiers.rules import deadlines, paper_words
from dossiers.rules.calendar import Calendar
from dossiers.rules.states import Actor, Clock, State

EXTEND = "extend"
RECOUNT = "recount"
BATCH = 100
EXTENDERS = frozenset({Actor.HANDLER, Actor.APPROVER})


class NothingPromised(Refusal):
    code = "extension_not_possible"
    status = 409
    title_vi = "Hồ sơ không có hẹn trả nào đang chạy để gia hạn"
    title_en = "No promise is running that could be extended"


class AlreadyExtended(Refusal):
    code = "already_extended"
    status = 409
    title_vi = "Hồ sơ đã gia hạn một lần, không được gia hạn nữa"
    title_en = "The promise was extended once and may not be again"


class ExtensionTooLate(Refusal):
    code = "extension_too_late"
    status = 409
    title_vi = "Đã quá lúc được xin lỗi và gia hạn"
    title_en = "It is too late for an apology and an extension"
    detail_vi = "Văn bản xin lỗi phải gửi trước hạn ít nhất 1 ngày làm việc, chậm nhất {until}."
    detail_en = "The letter must be sent at least 1 working day before the limit, by {until}."
    members = ("until",)


class PromiseChanged(Refusal):
    code = "promise_changed"
    status = 409
    title_vi = "Hẹn trả đã thay đổi từ lần xem cuối"
    title_en = "The promise changed since it was last seen"
    detail_vi = "Hẹn trả hiện tại: {current_due_at}."
    detail_en = "The present promise: {current_due_at}."
    members = ("current_due_at",)


# --- extension ----------------------------------------------------------------------------------


@db.transaction()
def extend(
    *,
    officer_id: str,
    dossier_id: str,
    expected_due_at: datetime.datetime,
    new_due_on: datetime.date,
    reason: str,
    now: datetime.datetime,
) -> Dossier:
    """Move the promise once, to the close of a later working day, with an apology (form 04).

    The unit that handles the dossier does it: a handler or approver of the competent agency, at
    least 1 working day before the limit (NĐ 61/2018/NĐ-CP Art.19). The state stays.
    Errors: NotFound; Forbidden; NotYourRole; PromiseChanged; NothingPromised; AlreadyExtended;
    ExtensionTooLate; Invalid; CalendarMissing.
    """
    seat = offices.seat(officer_id, now=now)
    dossier = moves.locked(dossier_id)  # lock, then look: the agency can change
    if not offices.visible(seat).filter(id=dossier_id).exists():
        raise NotFound
    who = _extender(people.officer(seat, dossier))
    working = calendar.working()
    before = _extendable(dossier, expected_due_at, working, now)
    new_due = _new_due(before, new_due_on, reason, working)
    counted = promise.reckon(dossier, Clock.EXTEND, now=now, new_due=new_due)
    event = moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.EXTENSION,
        name=EXTEND,
        who=who,
        now=now,
        from_state=dossier.state,
        clock=Clock.EXTEND,
        reason=reason.strip(),
        data=counted,
        office=moves.office_name(dossier.competent_agency_id),
    )
    papers.issue(
        dossier=dossier,
        event=event,
        kind=Document.Kind.APOLOGY_LETTER,
        facts={
            "reason": reason.strip(),
            "old_due": paper_words.clock_text(before),
            "new_due": paper_words.clock_text(new_due),
        },
    )
    vault.record_access(
        citizen_ids=[dossier.citizen_id],
        reader_id=officer_id,
        reader_label=who.label,
        what=f"dossier:{EXTEND}",
        purpose="resolve_dossier",
        reference=dossier.id,
        now=now,
    )
    return dossier


def _extender(who: Who) -> Who:
    """Return an officer as handler, else as approver. Errors: NotYourRole; NotYourAgency."""
    both = who.roles | set(who.lent)
    return who.acting(Actor.APPROVER if both & EXTENDERS == {Actor.APPROVER} else Actor.HANDLER)


def _extendable(
    dossier: Dossier, expected: datetime.datetime, working: Calendar, now: datetime.datetime
) -> datetime.datetime:
    if dossier.due_at != expected:
        raise PromiseChanged(current_due_at=_iso(dossier.due_at))
    running = State(dossier.state) in {State.ACCEPTED, State.PROCESSING}
    if dossier.due_at is None or not running:
        raise NothingPromised
    if TimelineEvent.objects.filter(dossier=dossier, clock=Clock.EXTEND).exists():
        raise AlreadyExtended
    until = deadlines.extension_until(dossier.due_at, working)
    if now > until:
        raise ExtensionTooLate(until=_iso(until))
    return dossier.due_at


def _new_due(
    before: datetime.datetime, on: datetime.date, reason: str, working: Calendar
) -> datetime.datetime:
    failures = []
    if not reason.strip():
        failures.append(
            FieldError("required", "reason", "Cần nêu lý do", "Give a reason", "/reason")
        )
    if on.year not in working.years or not working.is_working(on):
        failures.append(
            FieldError(
                "not_a_working_day",
                "new_due_on",
                "Cơ quan không làm việc ngày này",
                "Offices are closed on that day",
                "/new_due_on",
            )
        )
    elif working.closing(on) <= before:
        failures.append(
            FieldError(
                "not_later",
                "new_due_on",
                "Ngày hẹn mới phải sau hẹn trả hiện tại",
                "The new day must be after the present promise",
                "/new_due_on",
            )
        )
    if failures:
        raise Invalid(errors=failures)
    return working.closing(on)


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.astimezone(deadlines.HCM).isoformat() if moment else None


# --- counting anew on purpose -------------------------------------------------------------------


def recount(*, first: datetime.date, last: datetime.date, now: datetime.datetime) -> int:
    """Count anew the running promises that edits from `first` to `last` may concern.

    Returns how many moved.

    A broken promise stays broken and is left alone. Doing it twice moves nothing twice.
    """
    moved = 0
    after = ""
    while found := _recount_batch(first=first, last=last, after=after, now=now):
        moved += sum(1 for _, changed in found if changed)
        after = found[-1][0]
    return moved


@db.transaction()
def _recount_batch(
    *, first: datetime.date, last: datetime.date, after: str, now: datetime.datetime
) -> list[tuple[str, bool]]:
    begins = datetime.datetime.combine(first, datetime.time(), deadlines.HCM)
    ends = datetime.datetime.combine(last, datetime.time.max, deadlines.HCM)
    rows = Dossier.objects.filter(
        id__gt=after,
        due_at__gte=max(begins, now),
        finished_at=None,
        missed_at=None,
        received_at__lte=ends,
    )
    return [(row.id, _recount(row, now)) for row in db.lock(rows.order_by("id"))[:BATCH]]


def _recount(dossier: Dossier, now: datetime.datetime) -> bool:
    before = dossier.due_at
    counted = promise.reckon(dossier, Clock.RECOUNT, now=now)
    # A day that is worked after all may bring a promise forward, but never into the past.
    if dossier.due_at == before or dossier.due_at is None or dossier.due_at <= now:
        return False
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.CALENDAR,
        name=RECOUNT,
        who=SYSTEM,
        now=now,
        from_state=dossier.state,
        clock=Clock.RECOUNT,
        data=counted,
        office=moves.office_name(dossier.competent_agency_id),
    )
    return True
