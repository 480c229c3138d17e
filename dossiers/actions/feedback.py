"""Questions, feedback and petitions: sent, completed, answered, published, raised again."""

import dataclasses
from datetime import datetime

from citizens.actions import inbox, vault
from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal
from dossiers.actions import desk, talk
from dossiers.actions.ratings import RATED, NotFinishedYet
from dossiers.models import Dossier, Feedback, FeedbackEvent, Seat
from dossiers.queries import calendar
from dossiers.queries import feedback as queries
from dossiers.rules import feedback as rules
from dossiers.rules.feedback import State, Step
from services import queries as services

MAX_SUBJECT = 200
MAX_TEXT = 4000
MAX_OPEN = 20
MAX_RAISED = 3


class TooMuchFeedback(Refusal):
    code = "too_much_open_feedback"
    status = 409
    title_vi = "Có quá nhiều phản ánh đang chờ trả lời"
    title_en = "Too much feedback waits for an answer"
    detail_vi = "Tối đa {limit}."
    detail_en = "At most {limit}."
    members = ("limit",)


class RaisedTooOften(Refusal):
    code = "raised_too_often"
    status = 409
    title_vi = "Phản ánh đã được gửi lại nhiều lần"
    title_en = "This was raised again too often"
    detail_vi = "Tối đa {limit} lần."
    detail_en = "At most {limit} times."
    members = ("limit",)


class FeedbackMoved(Refusal):
    code = "feedback_state_changed"
    status = 409
    title_vi = "Phản ánh đã chuyển sang trạng thái khác"
    title_en = "The feedback moved on"
    detail_vi = "Trạng thái hiện tại là {current_state}."
    detail_en = "The present state is {current_state}."
    members = ("current_state",)


class NoAnswerYet(Refusal):
    code = "no_answer_yet"
    status = 409
    title_vi = "Chưa có trả lời để đánh giá"
    title_en = "There is no answer to judge yet"


@dataclasses.dataclass(frozen=True)
class Reply:
    """What an office does with a piece of feedback."""

    move: str
    expected_state: str
    text: str = ""
    public_question: str = ""
    public_answer: str = ""


@db.transaction()
def send(
    *,
    citizen_id: str,
    kind: str,
    subject: str,
    text: str,
    dossier_id: str | None,
    agency_key: str | None,
    now: datetime,
) -> Feedback:
    """Send a question, feedback or petition to an agency, or about a dossier of one's own.

    About a dossier the agency follows from it: the competent one for a petition, else the one
    that received it.
    Errors: NotFound; UnknownAgency; Invalid; NotFinishedYet for a petition; TooMuchFeedback.
    """
    db.advisory_lock(f"feedback {citizen_id}")
    if queries.open_of(citizen_id).count() >= MAX_OPEN:
        raise TooMuchFeedback(limit=MAX_OPEN)
    dossier = _dossier(citizen_id, dossier_id) if dossier_id else None
    if kind == Feedback.Kind.APPEAL:
        if dossier is None:
            raise _missing("dossier_id", "Cần nêu hồ sơ", "Name the dossier")
        if dossier.state not in RATED:
            raise NotFinishedYet
    if dossier is not None:
        competent = kind == Feedback.Kind.APPEAL
        agency_key = dossier.competent_agency_id if competent else dossier.receiving_agency_id
    elif agency_key is None:
        raise _missing("agency", "Cần nêu cơ quan", "Name the agency")
    feedback = Feedback(
        citizen_id=citizen_id,
        dossier=dossier,
        agency_id=services.agency(agency_key).key,
        kind=kind,
        subject=subject,
        state=State.RECEIVED,
        version=0,
        sent_at=now,
    )
    _step(feedback, "send", "citizen", citizen_id, "Người gửi", text, now)
    return feedback


@db.transaction()
def say_more(
    *, citizen_id: str, feedback_id: str, move: str, expected_state: str, text: str, now: datetime
) -> Feedback:
    """Add what was asked for, or raise an answered one again.

    Errors: NotFound; FeedbackMoved; FeedbackMoveNotAllowed; RaisedTooOften.
    """
    feedback = db.lock(Feedback.objects.filter(citizen_id=citizen_id, id=feedback_id)).first()
    if feedback is None:
        raise NotFound
    _expect(feedback, expected_state)
    if move == "raise_again":
        raised = FeedbackEvent.objects.filter(feedback=feedback, move=move).count()
        if raised >= MAX_RAISED:
            raise RaisedTooOften(limit=MAX_RAISED)
        feedback.disliked = None
    _step(feedback, move, "citizen", citizen_id, "Người gửi", text, now)
    return feedback


@db.transaction()
def judge(*, citizen_id: str, feedback_id: str, liked: bool) -> Feedback:
    """Say whether the answer helped; it may be changed. Errors: NotFound; NoAnswerYet."""
    feedback = db.lock(Feedback.objects.filter(citizen_id=citizen_id, id=feedback_id)).first()
    if feedback is None:
        raise NotFound
    if feedback.state not in {State.ANSWERED, State.PUBLISHED}:
        raise NoAnswerYet
    feedback.disliked = not liked
    feedback.version += 1
    feedback.save()
    return feedback


@db.transaction()
def act(*, officer_id: str, feedback_id: str, reply: Reply, now: datetime) -> Feedback:
    """Refuse, ask for more, answer or publish, for the agency that was addressed.

    Errors: Forbidden; NotFound; FeedbackMoved; FeedbackMoveNotAllowed; Invalid.
    """
    seat = talk.working_seat(officer_id, now=now)
    feedback = db.lock(queries.of_agency(seat).filter(id=feedback_id)).first()
    if feedback is None:
        raise NotFound
    shown(seat=seat, feedback=feedback, what=reply.move, now=now)
    _expect(feedback, reply.expected_state)
    rules.edge(reply.move, State(feedback.state))
    if reply.move == "publish":
        for name in ("public_question", "public_answer"):
            if not getattr(reply, name).strip():
                raise _missing(name, "Cần nội dung công khai", "Write what becomes public")
        feedback.public_question = reply.public_question
        feedback.public_answer = reply.public_answer
        feedback.published_at = now
    elif not reply.text.strip():
        raise _missing("text", "Cần nội dung trả lời", "Write what you answer")
    label = desk.label(seat)
    event = _step(feedback, reply.move, "officer", officer_id, label, reply.text, now)
    inbox.notify(
        citizen_id=feedback.citizen_id,
        kind=f"feedback_{reply.move}",
        title_vi="Phản ánh của bạn có thông tin mới",
        body_vi=f"{label}: {rules.NAMES[State(feedback.state)][0].lower()}. Mở ứng dụng để xem.",
        title_en="There is news on your feedback",
        body_en=f"{label}: {rules.NAMES[State(feedback.state)][1].lower()}. Open the app to see.",
        reference=feedback.id,
        dedupe_key=f"{feedback.id}:{event.seq}",
        now=now,
    )
    return feedback


@db.transaction_required
def shown(*, seat: Seat, feedback: Feedback, what: str, now: datetime) -> None:
    """Leave a row for the person whose feedback an officer reads."""
    vault.record_access(
        citizen_ids=[feedback.citizen_id],
        reader_id=seat.user_id,
        reader_label=desk.label(seat),
        what=f"feedback:{what}",
        purpose="answer_feedback",
        reference=feedback.id,
        now=now,
    )


@db.transaction()
def read(*, officer_id: str, feedback_id: str, now: datetime) -> Feedback:
    """Return a piece of feedback to an officer of its agency, and leave a row. Errors: NotFound."""
    seat = queries.reader(officer_id)
    feedback = queries.one(queries.of_agency(seat), feedback_id)
    shown(seat=seat, feedback=feedback, what="read", now=now)
    return feedback


@db.transaction()
def list_shown(*, seat: Seat, rows: list[Feedback], now: datetime) -> None:
    """Leave one row for each person of a list, in one statement."""
    if rows:
        vault.record_access(
            citizen_ids=[row.citizen_id for row in rows],
            reader_id=seat.user_id,
            reader_label=desk.label(seat),
            what="feedback:list",
            purpose="answer_feedback",
            reference="",
            now=now,
        )


def _step(
    feedback: Feedback,
    move: str,
    actor_kind: str,
    actor_id: str,
    label: str,
    text: str,
    now: datetime,
) -> FeedbackEvent:
    start = State(feedback.state) if feedback.version else None
    edge = rules.edge(move, start)
    days = calendar.working()
    past = (
        [Step(*row) for row in _events(feedback).values_list("move", "at")]
        if feedback.version
        else []
    )
    due = rules.limit_of(move, past, days)
    feedback.state = edge.end
    feedback.version += 1
    feedback.next_due_at = rules.next_limit(edge.end, [*past, Step(move, now)], days)
    feedback.save()
    return FeedbackEvent.objects.create(
        feedback=feedback,
        seq=len(past) + 1,
        move=move,
        to_state=feedback.state,
        actor_kind=actor_kind,
        actor_id=actor_id,
        actor_label=label,
        text=text,
        due_at=due,
        at=now,
    )


def _events(feedback: Feedback):  # type: ignore[no-untyped-def]
    return FeedbackEvent.objects.filter(feedback=feedback).order_by("seq")


def _dossier(citizen_id: str, dossier_id: str) -> Dossier:
    found = Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).first()
    if found is None:
        raise NotFound
    return found


def _expect(feedback: Feedback, state: str) -> None:
    if feedback.state != state:
        raise FeedbackMoved(current_state=feedback.state)


def _missing(name: str, vi: str, en: str) -> Invalid:
    return Invalid(errors=[FieldError("required", name, vi, en, pointer=f"/{name}")])
