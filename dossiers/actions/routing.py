"""Sending a dossier to the agency that is competent, and on when it was the wrong one."""

from datetime import datetime
from typing import Any

from common import db
from common.errors import FieldError, Invalid, Refusal
from dossiers.actions import moves, work
from dossiers.actions.who import NotYourRole, Who
from dossiers.models import Dossier, Seat, TimelineEvent
from dossiers.queries import desk
from dossiers.rules.states import Actor, MoveNotAllowed, State
from services import queries as services

REROUTE = "reroute"
DECISIONS = frozenset({"propose", "sign", "reject"})


class SentBack(Refusal):
    code = "sent_back"
    status = 409
    title_vi = "Hồ sơ đã được trả lại bộ phận một cửa để chuyển đúng cơ quan"
    title_en = "The dossier was sent back to the counter to find the right agency"


@db.transaction_required
def redirect(
    dossier: Dossier, seat: Seat, move: str, *, competent_agency: str, now: datetime
) -> dict[str, Any]:
    """Correct the competent agency of a locked dossier that is being forwarded.

    Returns what the timeline keeps of it; empty when nothing was corrected. The row is written by
    the move that follows.
    Errors: Invalid for an agency that may not decide this service, or with another move; SentBack
    when somebody decides where nobody may.
    """
    if move in DECISIONS and _was_sent_back(dossier):
        raise SentBack
    if not competent_agency or move == REROUTE:
        return {}
    if move != "forward":
        raise Invalid(errors=[_wrong("not_with_this_move")])
    if competent_agency == dossier.competent_agency_id:
        return {}
    return _send(dossier, seat, competent_agency, now)


@db.transaction_required
def reroute(
    dossier: Dossier,
    seat: Seat,
    who: Who,
    *,
    expected_state: int,
    competent_agency: str,
    reason: str,
    now: datetime,
) -> Dossier:
    """Send a locked dossier in process on to another competent agency, or back to the counter.

    The state and the clock stay: a wrong turn of the offices costs the citizen no time. What was
    proposed falls away with the agency that proposed it.
    Errors: StateChanged; MoveNotAllowed; NotYourRole for anybody but the agency that has it;
    Invalid without a reason or for an agency that may not decide this service.
    """
    state = State(dossier.state)
    if expected_state != state:
        raise moves.StateChanged(current_state=int(state))
    if state != State.PROCESSING:
        raise MoveNotAllowed(state=int(state), move=REROUTE)
    if not desk.may_reroute(seat, dossier):
        raise NotYourRole(needed=str(Actor.HANDLER))
    if not reason.strip():
        raise Invalid(
            errors=[FieldError("required", "reason", "Cần nêu lý do", "Give a reason", "/reason")]
        )
    if competent_agency == dossier.competent_agency_id:
        raise Invalid(errors=[_wrong("already_there")])
    back = competent_agency == dossier.receiving_agency_id
    data = _send(dossier, seat, competent_agency, now)
    moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.ROUTING,
        name="send_back" if back else REROUTE,
        who=who,
        now=now,
        from_state=int(state),
        reason=reason,
        data=data,
        office=moves.office_name(competent_agency),
    )
    return dossier


@db.transaction_required
def _send(dossier: Dossier, seat: Seat, key: str, now: datetime) -> dict[str, Any]:
    allowed = services.competent_agencies(dossier.service_version_id)
    back = dossier.state == State.PROCESSING and key == dossier.receiving_agency_id
    if not back and not allowed.filter(key=key).exists():
        raise Invalid(errors=[_wrong("not_competent")])
    before = dossier.competent_agency_id
    dossier.competent_agency_id = key
    dossier.proposal = None
    work.leave(dossier=dossier, agency_key=before, by=seat, now=now)
    return {"competent_agency": key, "before": before}


def _was_sent_back(dossier: Dossier) -> bool:
    if dossier.competent_agency_id != dossier.receiving_agency_id:
        return False
    last = TimelineEvent.objects.filter(dossier=dossier, kind=TimelineEvent.Kind.ROUTING)
    return last.order_by("-seq").values_list("move", flat=True).first() == "send_back"


def _wrong(code: str) -> FieldError:
    texts = {
        "not_competent": (
            "Cơ quan này không có thẩm quyền giải quyết thủ tục này",
            "This agency may not decide this service",
        ),
        "already_there": ("Hồ sơ đang ở cơ quan này", "The dossier is there already"),
        "not_with_this_move": (
            "Chỉ dùng khi chuyển xử lý",
            "Only a dossier that is forwarded or rerouted takes an agency",
        ),
    }
    return FieldError(code, "competent_agency", *texts[code], pointer="/competent_agency")
