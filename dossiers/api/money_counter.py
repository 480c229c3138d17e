"""Money at the counter: the cashier takes a due, reverses a wrong taking, pays a refund out."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import MfaRequired, NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import money_desk, money_till
from dossiers.api.money_receipts import DeskReceiptBriefShape, brief
from dossiers.api.shapes import Shape
from dossiers.queries.offices import NotYourRole
from payments.actions import charge, counter, refund, till
from payments.queries import receipts
from payments.queries import till as reads

TAG = "officer-money"
METHODS = [reads.CASH, reads.TRANSFER]
STATES = ["owed", "free", "paid", "cancelled", "refunded"]
PAYMENT = path_parameter("payment_id", "What is owed.")
ATTEMPT = path_parameter("attempt_id", "The taking, as it was answered.")
REFUND = path_parameter("refund_id", "The refund.")
REFERENCE = r"^[A-Za-z0-9._/-]{4,60}$"
MAX_VND = 10**12


class TakingBody(Body):
    method = serializers.ChoiceField(choices=METHODS)
    amount = serializers.IntegerField(
        min_value=1, max_value=MAX_VND, help_text="Whole đồng; exactly what is owed."
    )
    reference = serializers.RegexField(
        REFERENCE, required=False, help_text="Of a transfer, as the bank names it."
    )
    payer_name = serializers.CharField(
        required=False, max_length=200, help_text="Who stands there, when it is somebody else."
    )
    expected_state = serializers.ChoiceField(
        choices=STATES, help_text="The state the cashier saw; 409 when it moved on."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["method"] == reads.TRANSFER) != ("reference" in attrs):
            raise serializers.ValidationError(
                {
                    "reference": serializers.ErrorDetail(
                        "A transfer is named by its reference, cash has none."
                        if http.language() == "en"
                        else "Chuyển khoản cần số tham chiếu; tiền mặt thì không có.",
                        code="reference_of_a_transfer",
                    )
                }
            )
        return attrs


class ReversalBody(Body):
    reason = serializers.CharField(min_length=5, max_length=400)
    amount = serializers.IntegerField(
        min_value=1, max_value=MAX_VND, help_text="What the cashier believes is kept; else 412."
    )


class PayoutBody(Body):
    amount = serializers.IntegerField(
        min_value=1, max_value=MAX_VND, help_text="The refund's sum; else 412."
    )
    reference = serializers.RegexField(
        REFERENCE, required=False, help_text="Of the transfer, when it goes back by one."
    )


class TakingShape(Shape):
    """What a cashier took for one due."""

    attempt_id = serializers.CharField()
    payment_id = serializers.CharField()
    dossier_id = serializers.CharField(help_text="What was paid for.")
    title = serializers.CharField()
    method = serializers.ChoiceField(choices=METHODS)
    reference = serializers.CharField(allow_blank=True)
    amount = Money()
    till_day = serializers.CharField(help_text="Id of the cashier's day.")
    reversed = serializers.BooleanField()
    taken_at = serializers.DateTimeField()


class TakenShape(TakingShape):
    """A taking with the receipt that the payer is given."""

    receipt = DeskReceiptBriefShape()


class ReversalShape(Shape):
    attempt_id = serializers.CharField()
    payment_id = serializers.CharField(help_text="The due that was reversed, now cancelled.")
    owed_again = serializers.CharField(allow_null=True, help_text="The due in its place.")
    amount = Money()


class PayoutShape(Shape):
    refund_id = serializers.CharField()
    payment_id = serializers.CharField()
    state = serializers.CharField(help_text="`succeeded`.")
    amount = Money()


def shown(row: Any) -> dict[str, Any]:
    due = row.attempt.payment
    return {
        "attempt_id": row.attempt_id,
        "payment_id": due.id,
        "dossier_id": due.reference,
        "title": due.title,
        "method": row.method,
        "reference": row.reference,
        "amount": http.money(row.amount_vnd),
        "till_day": row.day_id,
        "reversed": getattr(row, "reversal", None) is not None,
        "taken_at": row.taken_at,
    }


class CounterPayments(View):
    permission_classes = [IsOfficer]

    @operation(
        "takeCounterPayment",
        tag=TAG,
        summary="Record what I took for a due at the counter",
        description="For a cashier of the agency that it is owed to, never for a due of their own. "
        "A page that is still open is closed at its provider first: 409 `already_paid` when it was "
        "paid there. When the provider does not answer the money is taken all the same, and what "
        "comes online late goes back by itself. The first taking opens the cashier's day.",
        body=TakingBody,
        answer=TakenShape,
        status=201,
        key="durable",
        refusals=[
            NotFound,
            NotYourRole,
            MfaRequired,
            counter.NotYourOwnMoney,
            counter.AlreadyPaid,
            counter.PaymentStateChanged,
            counter.CounterAmountDiffers,
            charge.PaymentNotOwed,
            charge.PaymentUnderReview,
            till.TillClosed,
            till.TillDayOpen,
        ],
        query=[PAYMENT],
        examples=[
            OpenApiExample(
                "cash",
                value={"method": "cash", "amount": 8000, "expected_state": "owed"},
                request_only=True,
            ),
            OpenApiExample(
                "a transfer, by somebody else",
                value={
                    "method": "transfer",
                    "amount": 8000,
                    "reference": "FT26328000001",
                    "payer_name": "Trần Văn Mẫu",
                    "expected_state": "owed",
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request, payment_id: str) -> Response:
        body = TakingBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        now = clock.now()
        attempt_id = money_till.take(
            user_id=request.user.id,
            asked=counter.Taking(
                payment_id=payment_id,
                method=values["method"],
                amount_vnd=values["amount"],
                reference=values.get("reference", ""),
                payer_name=values.get("payer_name", ""),
                expected_state=values["expected_state"],
                client_key=request.idempotency_key,
            ),
            now=now,
        )
        seat = money_desk.cashier(request.user.id, now=now)
        row = reads.taking(seat.agency_id, attempt_id)
        paper = receipts.at_desk(seat.agency_id, receipts.Wanted("original", payment_id=payment_id))
        return http.answer({**shown(row), "receipt": brief(paper.get())}, status=201)


class CounterPaymentReversal(View):
    permission_classes = [IsOfficer]

    @operation(
        "reverseCounterPayment",
        tag=TAG,
        summary="Undo what I recorded at the counter today",
        description="By whoever recorded it, on its day, before it is closed; later only a refund "
        "is left. New postings and an adjusting receipt; nothing is rewritten. The due ends "
        "cancelled and the same is owed again, unless its dossier ended. The citizen is told why.",
        body=ReversalBody,
        answer=ReversalShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            MfaRequired,
            counter.NotYourOwnMoney,
            counter.NotYourTaking,
            counter.AlreadyReversed,
            counter.TakingDayClosed,
            counter.TakingGivenBack,
            refund.RefundableAmountStale,
            till.TillTooEmpty,
        ],
        query=[ATTEMPT],
        examples=[
            OpenApiExample(
                "the wrong dossier",
                value={"reason": "Ghi nhận nhầm hồ sơ", "amount": 8000},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, attempt_id: str) -> Response:
        body = ReversalBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        new_id = money_till.reverse(
            user_id=request.user.id,
            attempt_id=attempt_id,
            believed_vnd=body.validated_data["amount"],
            reason=body.validated_data["reason"],
            now=now,
        )
        seat = money_desk.cashier(request.user.id, now=now)
        row = reads.taking(seat.agency_id, attempt_id)
        return http.answer(
            {
                "attempt_id": attempt_id,
                "payment_id": row.attempt.payment_id,
                "owed_again": new_id,
                "amount": http.money(row.amount_vnd),
            },
            status=201,
        )


class RefundPayout(View):
    permission_classes = [IsOfficer]

    @operation(
        "payOutCashRefund",
        tag=TAG,
        summary="Record that I paid a refund out at the counter",
        description="Of money that was taken at the counter: it waits as `pending` until then. It "
        "goes back the way it came: cash out of my till of today, a transfer by its reference.",
        body=PayoutBody,
        answer=PayoutShape,
        status=201,
        key="durable",
        refusals=[
            NotFound,
            NotYourRole,
            MfaRequired,
            counter.NotYourOwnMoney,
            counter.PaidOutBefore,
            counter.ReferenceMissing,
            refund.RefundableAmountStale,
            till.TillTooEmpty,
            till.TillClosed,
            till.TillDayOpen,
        ],
        query=[REFUND],
        examples=[OpenApiExample("cash", value={"amount": 8000}, request_only=True)],
    )
    def post(self, request: Request, refund_id: str) -> Response:
        body = PayoutBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        money_till.pay_out(
            user_id=request.user.id,
            refund_id=refund_id,
            believed_vnd=body.validated_data["amount"],
            reference=body.validated_data.get("reference", ""),
            client_key=request.idempotency_key,
            now=now,
        )
        seat = money_desk.cashier(request.user.id, now=now)
        row = reads.refund(seat.agency_id, refund_id)
        return http.answer(
            {
                "refund_id": row.id,
                "payment_id": row.payment_id,
                "state": row.state,
                "amount": http.money(row.amount_vnd),
            },
            status=201,
        )
