"""How a result goes back: the way chosen, each hand-over, and the receipt confirmed.

Source: NĐ 61/2018/NĐ-CP Art.20: electronic results go to the citizen's e-store, post on request.
The official state says only that a result was returned; what became of it on its way is here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common import db
from common.errors import FieldError, Invalid, NotFound, Refusal, check_version
from dossiers.actions import moves
from dossiers.actions import who as people
from dossiers.actions.who import Who
from dossiers.models import Delivery, DeliveryEvent, Document, Dossier, TimelineEvent, Way
from dossiers.rules.states import CLOSED, Clock, State

S, K = Delivery.State, DeliveryEvent.Kind


class TooLateToChoose(Refusal):
    code = "delivery_settled"
    status = 409
    title_vi = "Kết quả đã được trả hoặc hồ sơ đã kết thúc"
    title_en = "The result was handed over, or the dossier is closed"


class NothingToAcknowledge(Refusal):
    code = "nothing_to_acknowledge"
    status = 409
    title_vi = "Chưa có kết quả nào chờ xác nhận"
    title_en = "No result waits to be confirmed"


class NotOnItsWay(Refusal):
    code = "not_on_its_way"
    status = 409
    title_vi = "Kết quả không ở trên đường bưu chính"
    title_en = "The result is not on its way by post"


@db.transaction_required
def open_for(
    *, dossier: Dossier, way: str, address: Mapping[str, Any] | None, now: datetime
) -> Delivery:
    """Note the way that the applicant chose at filing. Errors: Invalid without an address."""
    return Delivery.objects.create(
        dossier=dossier,
        way=way,
        address=checked_address(way, address),
        state=S.WAITING,
        updated_at=now,
    )


def checked_address(way: str, address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return where the post goes, None for the other ways. Errors: Invalid."""
    if way != Way.POST:
        return None
    if not address:
        raise Invalid(
            errors=[
                FieldError(
                    "required",
                    "address",
                    "Cần địa chỉ nhận qua bưu chính",
                    "The post needs an address",
                    pointer="/address",
                )
            ]
        )
    return dict(address)


@db.transaction()
def choose(
    *,
    citizen_id: str,
    dossier_id: str,
    expected_version: int,
    way: str,
    address: Mapping[str, Any] | None,
    now: datetime,
) -> Delivery:
    """Change the way until the result is handed over.

    Errors: NotFound; TooLateToChoose; StaleVersion; Invalid.
    """
    dossier = _mine(citizen_id, dossier_id)
    if State(dossier.state) in CLOSED:
        raise TooLateToChoose
    row = of(dossier=dossier, now=now)
    check_version(row.version, expected_version)
    row.way, row.address = way, checked_address(way, address)
    _save(row, now)
    return row


@db.transaction()
def acknowledge(*, citizen_id: str, dossier_id: str, now: datetime) -> Dossier:
    """Confirm that the result arrived; for a result in the app this is the hand-over itself.

    A repeat changes nothing. Errors: NotFound; NothingToAcknowledge; and those of `moves.move`.
    """
    dossier = _mine(citizen_id, dossier_id)
    row = of(dossier=dossier, now=now)
    if row.acknowledged_at is not None:
        return dossier
    who = people.citizen(citizen_id)
    if dossier.state == State.COMPLETED:
        moved = moves.move(dossier=dossier, name="collect", who=who, now=now)
        event = moved.event
        _event(row, K.HANDED_OVER, event, {"taken_by": DeliveryEvent.Taker.APPLICANT})
    elif dossier.state == State.RETURNED:
        event = _note(dossier, "acknowledge_result", who, now)
        _event(row, K.ACKNOWLEDGED, event, {})
    else:
        raise NothingToAcknowledge
    row.state, row.acknowledged_at = S.RETURNED, now
    _save(row, now)
    return dossier


@db.transaction_required
def hand_over(
    *, dossier: Dossier, event: TimelineEvent, given: Mapping[str, Any] | None, now: datetime
) -> None:
    """Record who gave the result to whom, with the move that returned it.

    Shape: given has way, taken_by, taker_name, proof, signed, tracking_number; nothing given
    means the way that was chosen, which only the app can do without saying more.
    Errors: Invalid.
    """
    row = of(dossier=dossier, now=now)
    told = {"way": row.way, **(given or {})}
    missing = _missing(told, row)
    if missing:
        raise Invalid(errors=missing)
    row.way = told["way"]
    _event(row, K.HANDED_OVER, event, told)
    at_counter = row.way == Way.COUNTER
    row.state = S.RETURNED if at_counter else S.SENT
    _save(row, now)


@db.transaction_required
def report(*, dossier: Dossier, who: Who, kind: str, now: datetime) -> None:
    """Record what the post says of a result on its way. Errors: NotOnItsWay."""
    row = of(dossier=dossier, now=now)
    if row.way != Way.POST or row.state != S.SENT:
        raise NotOnItsWay
    event = _note(dossier, f"result_{kind}", who, now)
    _event(row, K(kind), event, {"taken_by": DeliveryEvent.Taker.POST})
    row.state = S.RETURNED if kind == K.DELIVERED else S.READY
    _save(row, now)


@db.transaction_required
def ready(*, dossier: Dossier, now: datetime) -> None:
    """A result was signed."""
    row = of(dossier=dossier, now=now)
    row.state, row.acknowledged_at = S.READY, None
    _save(row, now)


@db.transaction_required
def not_ready(*, dossier: Dossier, now: datetime) -> None:
    """The result was recalled before it was handed over."""
    row = of(dossier=dossier, now=now)
    row.state, row.acknowledged_at = S.WAITING, None
    _save(row, now)


@db.transaction_required
def take_back(*, dossier: Dossier, event: TimelineEvent, now: datetime) -> None:
    """A hand-over was recalled: the result waits again."""
    row = of(dossier=dossier, now=now)
    _event(row, K.TAKEN_BACK, event, {})
    row.state, row.acknowledged_at = S.READY, None
    _save(row, now)


@db.transaction_required
def of(*, dossier: Dossier, now: datetime) -> Delivery:
    """Return the delivery of a locked dossier, in the app where none was ever chosen."""
    row, _ = Delivery.objects.get_or_create(
        dossier=dossier, defaults={"way": Way.APP, "state": S.WAITING, "updated_at": now}
    )
    return row


def refuse_unpaid(document: Document, now: datetime) -> None:
    """Refuse a result whose fee falls due with it, until that is paid. Errors: FeeUnpaid."""
    if document.kind == Document.Kind.RESULT and document.revoked_at is None:
        moves.nothing_owed(document.dossier, now)


def _missing(told: Mapping[str, Any], row: Delivery) -> list[FieldError]:
    if told["way"] == Way.POST and row.address is None:
        return [
            FieldError(
                "no_address",
                "way",
                "Người nộp chưa cho địa chỉ nhận qua bưu chính",
                "The applicant gave no address for the post",
                pointer="/hand_over/way",
            )
        ]
    needed: tuple[str, ...] = ()
    if told["way"] == Way.COUNTER:
        needed = ("taken_by", "taker_name", "proof", "signed")
    if told["way"] == Way.POST:
        needed = ("tracking_number",)
    return [
        FieldError(
            "required",
            name,
            "Cần ghi nhận khi trả kết quả theo cách này",
            "This way of giving a result needs it",
            pointer=f"/hand_over/{name}",
        )
        for name in needed
        if not told.get(name)
    ]


def _event(row: Delivery, kind: str, event: TimelineEvent, told: Mapping[str, Any]) -> None:
    DeliveryEvent.objects.create(
        dossier_id=row.dossier_id,
        event_seq=event.seq,
        kind=kind,
        way=row.way,
        taken_by=told.get("taken_by") or "",
        taker_name=told.get("taker_name") or "",
        proof=told.get("proof") or "",
        signed=bool(told.get("signed")),
        tracking_number=told.get("tracking_number") or "",
        at=event.at,
    )


def _note(dossier: Dossier, name: str, who: Who, now: datetime) -> TimelineEvent:
    return moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.NOTE,
        name=name,
        who=who,
        now=now,
        from_state=dossier.state,
        clock=Clock.RUN,
    )


def _save(row: Delivery, now: datetime) -> None:
    row.version += 1
    row.updated_at = now
    row.save()


def _mine(citizen_id: str, dossier_id: str) -> Dossier:
    found = db.lock(Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id)).first()
    if found is None:
        raise NotFound
    return found
