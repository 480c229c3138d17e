"""Money that came and does not fit: the cashier of the agency works it off, its auditor looks."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import FieldError, Invalid, NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import money_desk, money_suspense
from dossiers.queries.offices import NotYourRole
from payments.actions import charge, disputes, suspense_moves
from payments.queries import suspense

Shape = serializers.Serializer[Any]
ITEM = path_parameter("suspense_id", "Id of the item.")
STATES = ["open", "kept", "returning", "closed"]
SOURCES = ["bank", "card"]
MOVES = ["give_back", "allot", "keep", "close"]
REASONS = suspense.REASONS
MAX_REASON = 500
MIN_REASON = 10


class SuspenseQuery(Body):
    state = serializers.ChoiceField(choices=STATES, required=False)
    reason = serializers.ChoiceField(choices=REASONS, required=False)
    source = serializers.ChoiceField(choices=SOURCES, required=False)
    min_age_days = serializers.IntegerField(min_value=0, max_value=3650, required=False)
    payment_id = serializers.CharField(max_length=40, required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class SuspensePaymentShape(Shape):
    """What the money named, or was allotted to."""

    id = serializers.CharField()
    reference = serializers.CharField(help_text="The dossier.")
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["owed", "free", "paid", "cancelled", "refunded"])
    amount = Money()


class SuspenseTransferShape(Shape):
    """The line of the bank's statement."""

    transaction_id = serializers.CharField()
    account = serializers.CharField()
    text = serializers.CharField(help_text="As the bank passed it on.")
    sender_name = serializers.CharField()
    sender_account = serializers.CharField(help_text="Its last four signs.")
    made_at = serializers.DateTimeField()


class SuspenseBriefShape(Shape):
    """Money that is held apart until an officer decides."""

    id = serializers.CharField()
    source = serializers.ChoiceField(choices=SOURCES)
    reason = serializers.ChoiceField(choices=REASONS)
    state = serializers.ChoiceField(choices=STATES)
    received = Money()
    left = Money(help_text="What is still to be decided on: state it with each move.")
    allotted = Money()
    returning = Money()
    returned = Money()
    payment = SuspensePaymentShape(allow_null=True)
    transfer = SuspenseTransferShape(allow_null=True)
    age_days = serializers.IntegerField(help_text="Whole days since the money came.")
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class SuspenseMoveShape(Shape):
    kind = serializers.ChoiceField(choices=MOVES)
    amount = Money()
    payment_id = serializers.CharField(allow_null=True)
    sent_back = serializers.CharField(
        allow_null=True,
        help_text="How far the money is that goes back: `requested`, `calling`, `unknown`, "
        "`pending`, `succeeded` or `failed`.",
    )
    reason = serializers.CharField()
    officer = serializers.CharField(help_text="The office.")
    officer_id = serializers.CharField()
    at = serializers.DateTimeField()


class SuspenseShape(SuspenseBriefShape):
    moves = SuspenseMoveShape(many=True)


class SuspenseMoveBody(Body):
    move = serializers.ChoiceField(choices=MOVES)
    expected_state = serializers.ChoiceField(choices=STATES)
    amount_believed = serializers.IntegerField(
        min_value=0,
        help_text="Đồng that are left, as last read; with `together_with`, of all of them.",
    )
    reason = serializers.CharField(min_length=MIN_REASON, max_length=MAX_REASON)
    amount = serializers.IntegerField(
        required=False, min_value=1, help_text="For `give_back`: a part; without it what is left."
    )
    payment_id = serializers.CharField(
        required=False, max_length=40, help_text="For `allot`: a due of the same agency."
    )
    together_with = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=suspense_moves.MAX_TOGETHER - 1,
        help_text="For `allot`: further items that make the sum together with this one.",
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Refuse a name that the move has no use for, so that nothing is dropped silently."""
        uses = {"give_back": {"amount"}, "allot": {"payment_id", "together_with"}}
        given = {"amount", "payment_id", "together_with"} & set(data)
        wrong = given - uses.get(data["move"], set())
        if data["move"] == "allot" and "payment_id" not in data:
            wrong.add("payment_id")
        if wrong:
            raise Invalid(
                errors=[
                    FieldError(
                        "does_not_fit_the_move",
                        name,
                        f"Không dùng được hoặc còn thiếu cho bước {data['move']}",
                        f"Not used by, or missing for, {data['move']}",
                        pointer=f"/{name}",
                    )
                    for name in sorted(wrong)
                ]
            )
        return data


def _brief(row: Any, now: datetime) -> dict[str, Any]:
    payment = suspense.payment_of(row)
    return {
        "id": row.id,
        "source": "card" if row.credit is None else "bank",
        "reason": row.reason,
        "state": row.state,
        "received": http.money(row.received_vnd),
        "left": http.money(row.left_vnd),
        "allotted": http.money(row.allotted_vnd),
        "returning": http.money(row.returning_vnd),
        "returned": http.money(row.returned_vnd),
        "payment": None
        if payment is None
        else {
            "id": payment.id,
            "reference": payment.reference,
            "title": payment.title,
            "state": payment.state,
            "amount": http.money(payment.amount_vnd),
        },
        "transfer": None
        if row.credit is None
        else {
            "transaction_id": row.credit.transaction_id,
            "account": row.credit.account,
            "text": row.credit.text,
            "sender_name": row.credit.sender_name,
            "sender_account": f"…{row.credit.sender_account[-4:]}",
            "made_at": row.credit.made_at,
        },
        "age_days": max(0, (now - row.created_at).days),
        "created_at": row.created_at,
        "closed_at": row.closed_at,
    }


def _whole(row: Any, now: datetime) -> dict[str, Any]:
    return {
        **_brief(row, now),
        "moves": [
            {
                "kind": move.kind,
                "amount": http.money(move.amount_vnd),
                "payment_id": move.payment_id,
                "sent_back": (move.bank_return or move.refund).state
                if move.bank_return or move.refund
                else None,
                "reason": move.reason,
                "officer": move.officer_label,
                "officer_id": move.officer_id,
                "at": move.at,
            }
            for move in row.moves.all()
        ],
    }


class SuspenseItems(View):
    permission_classes = [IsOfficer]

    @operation(
        "listSuspense",
        tag="officers",
        summary="Read the money that is held apart at my agency",
        description="Oldest first: transfers that name nothing or another sum, second payments, "
        "money after a cancellation, and card payments in review. Cashiers and auditors of the "
        "agency; whoever the money concerns sees in their access log that it was read.",
        answer=SuspenseBriefShape,
        paged=True,
        refusals=[NotYourRole, Invalid],
        query=[
            text_parameter("state", "How far it is.", enum=STATES),
            text_parameter("reason", "Why it is held.", enum=REASONS),
            text_parameter("source", "How it came.", enum=SOURCES),
            text_parameter("min_age_days", "At least so many days old.", max_length=4),
            text_parameter("payment_id", "What it named.", max_length=40),
        ],
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        seat = money_desk.reader(request.user.id, now=now)
        given = http.query_of(SuspenseQuery, request)
        filters = {name: given[name] for name in given if name not in {"cursor", "page_size"}}

        def render(rows: list[Any]) -> list[dict[str, Any]]:
            concerned = [suspense.payment_of(row) for row in rows]
            money_suspense.shown(
                seat=seat,
                citizen_ids=[payment.citizen_id for payment in concerned if payment],
                what="suspense:list",
                now=now,
            )
            return [_brief(row, now) for row in rows]

        return pages.page(
            request,
            suspense.items(
                seat.agency_id,
                officer_id=seat.user_id,
                wanted=suspense.Wanted(**filters),
                now=now,
            ),
            order=("created_at", "id"),
            render=render,
        )


class SuspenseDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getSuspense",
        tag="officers",
        summary="Read one sum that is held apart, with what was done about it",
        answer=SuspenseShape,
        refusals=[NotYourRole, NotFound],
        query=[ITEM],
    )
    def get(self, request: Request, suspense_id: str) -> Response:
        now = clock.now()
        seat = money_desk.reader(request.user.id, now=now)
        row = suspense.item(seat.agency_id, suspense_id, officer_id=seat.user_id)
        payment = suspense.payment_of(row)
        if payment is not None:
            money_suspense.shown(
                seat=seat,
                citizen_ids=[payment.citizen_id],
                what="suspense:read",
                reference=payment.reference,
                now=now,
            )
        return http.answer(_whole(row, now))


class SuspenseMoves(View):
    permission_classes = [IsOfficer]

    @operation(
        "moveSuspense",
        tag="officers",
        summary="Decide on money that is held apart",
        description="`give_back` sends what is left, or `amount` of it, to whoever sent it. "
        "`allot` settles a due of the same agency with it and issues the receipt; a surplus stays "
        "held. `keep` notes that it was looked at. `close` ends an item of which these books hold "
        "nothing. 412 when something else is left than believed, 409 when somebody was faster.",
        body=SuspenseMoveBody,
        answer=SuspenseShape,
        status=201,
        key="transaction",
        refusals=[
            NotYourRole,
            NotFound,
            charge.PaymentNotOwed,
            suspense_moves.SuspenseMoved,
            suspense_moves.SuspenseAmountStale,
            suspense_moves.SuspenseTooLarge,
            suspense_moves.SuspenseNotTheSum,
            suspense_moves.SuspenseOfCard,
            suspense_moves.SuspenseOfSeveral,
            suspense_moves.SuspenseHoldsMoney,
            disputes.PaymentDisputed,
        ],
        examples=[
            OpenApiExample(
                "give back",
                value={
                    "move": "give_back",
                    "expected_state": "open",
                    "amount_believed": 10000,
                    "reason": "Người nộp đề nghị nhận lại",
                },
                request_only=True,
            ),
            OpenApiExample(
                "allot",
                value={
                    "move": "allot",
                    "expected_state": "open",
                    "amount_believed": 16000,
                    "reason": "Chuyển khoản thiếu nội dung, đã đối chiếu người nộp",
                    "payment_id": "pay_01k9m3v0x2",
                },
                request_only=True,
            ),
        ],
        query=[ITEM],
    )
    def post(self, request: Request, suspense_id: str) -> Response:
        body = SuspenseMoveBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        now = clock.now()
        seat = money_desk.cashier(request.user.id, now=now)
        money_suspense.decide(
            seat=seat,
            item_id=suspense_id,
            move=given["move"],
            expected_state=given["expected_state"],
            amount_believed_vnd=given["amount_believed"],
            reason=given["reason"],
            amount_vnd=given.get("amount"),
            payment_id=given.get("payment_id", ""),
            together_with=given.get("together_with", []),
            now=now,
        )
        row = suspense.item(seat.agency_id, suspense_id, officer_id=seat.user_id)
        return http.answer(_whole(row, now), status=201)
