"""An agency's payments and refunds at the money desk: the cashier acts, the auditor looks."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import day_parameter, operation, path_parameter, text_parameter
from dossiers.actions import money_desk, refund_decisions, refunds
from dossiers.api import money_shapes as shapes
from dossiers.queries import refunds as queries
from dossiers.queries.offices import NotYourRole
from payments import queries as ledger
from payments.actions import disputes, refund, refund_repairs
from payments.queries import refunds as payments

PAYMENT = path_parameter("payment_id", "Id of the payment.")
REFUND = path_parameter("refund_id", "Id of the refund.")
CODE = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$"


class PaymentFilter(Body):
    state = serializers.ChoiceField(choices=payments.PAYMENT_STATES, required=False)
    reference = serializers.CharField(max_length=60, required=False)
    dossier_code = serializers.RegexField(CODE, required=False)
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class RefundFilter(Body):
    state = serializers.ChoiceField(choices=payments.REFUND_STATES, required=False)
    needs_repair = serializers.ChoiceField(choices=["true"], required=False)
    dossier_code = serializers.RegexField(CODE, required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class RefundBody(Body):
    amount = serializers.IntegerField(min_value=1, help_text="Đồng to give back.")
    refundable_believed = serializers.IntegerField(
        min_value=0, help_text="Đồng that can be given back, as last read: 412 when it is not so."
    )
    reason = shapes.reason()


class RetryBody(Body):
    reason = shapes.reason()


class PayOutBody(Body):
    way = serializers.ChoiceField(choices=payments.WAYS_BY_HAND)
    reference = serializers.RegexField(
        r"^[0-9A-Za-z][0-9A-Za-z./-]{2,59}$",
        help_text="Number of the voucher (phiếu chi), or of the bank's transfer.",
    )
    reason = shapes.reason()


class OrderedShape(shapes.Shape):
    """A refund that was ordered; or, for a large sum, the decision that a second one confirms."""

    refund = shapes.OfficerRefundShape(allow_null=True)
    decision = shapes.DecisionBriefShape(allow_null=True)
    payment = shapes.OfficerPaymentShape(help_text="As it is now.")


def wanted(query: dict[str, Any]) -> payments.Wanted:
    references: Any = None
    if "dossier_code" in query:
        references = queries.with_code(query["dossier_code"])
    if "reference" in query:
        references = [query["reference"]]
    return payments.Wanted(
        state=query.get("state"),
        references=references,
        start=clock.midnight(query["start"]) if "start" in query else None,
        end=clock.midnight(query["end"]) if "end" in query else None,
        troubled="needs_repair" in query,
    )


def whole(seat: Any, payment_id: str) -> dict[str, Any]:
    """Return a payment with its refunds, its lines in the books, and what waits for a decision."""
    row = payments.payment(queries.scope(seat), payment_id)
    codes = queries.codes_of([row.reference])
    live = queries.live(row.reference, seat.agency_id)
    return {
        **shapes.payment(row, codes),
        "refunds": [shapes.refund(one, row, codes) for one in row.refunds.all()],
        "ledger": [shapes.line(one) for one in ledger.statement_of(row.id)],
        "waiting_decision": live.id if live else None,
    }


class OfficerPayments(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerPayments",
        tag="officers",
        summary="List the payments of my agency",
        description="The newest first. For its cashier and its auditor; leaves one row for each "
        "person shown in that person's access log. Officers' own payments are not there for them.",
        answer=shapes.OfficerPaymentBriefShape,
        paged=True,
        refusals=[Invalid, NotYourRole],
        query=[
            text_parameter("state", "State of the payment.", payments.PAYMENT_STATES),
            text_parameter("reference", "Id of the dossier.", max_length=60),
            text_parameter("dossier_code", "Code of the dossier.", max_length=40),
            day_parameter("start", "First day on which it came to be owed."),
            day_parameter("end", "Day after the last one."),
        ],
    )
    def get(self, request: Request) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        query = http.query_of(PaymentFilter, request)

        def show(rows: list[Any]) -> list[dict[str, Any]]:
            refunds.shown(
                seat=seat,
                citizen_ids=[row.citizen_id for row in rows],
                what="payment:list",
                now=clock.now(),
            )
            codes = queries.codes_of(row.reference for row in rows)
            return [shapes.payment(row, codes) for row in rows]

        return pages.page(
            request,
            payments.payments(queries.scope(seat), wanted(query)),
            order=("-created_at", "-id"),
            render=show,
        )


class OfficerPaymentDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficerPayment",
        tag="officers",
        summary="Read a payment of my agency with its refunds and its lines in the books",
        description="`refundable` is what to state as `refundable_believed`. Leaves a row in the "
        "payer's access log.",
        answer=shapes.OfficerPaymentShape,
        refusals=[NotFound, NotYourRole],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        data = whole(seat, payment_id)
        row = payments.payment(queries.scope(seat), payment_id)
        refunds.shown(
            seat=seat,
            citizen_ids=[str(row.citizen_id)],
            what="payment:read",
            reference=row.reference,
            now=clock.now(),
        )
        return http.answer(data)


class OfficerPaymentRefunds(View):
    permission_classes = [IsOfficer]

    @operation(
        "refundPayment",
        tag="officers",
        summary="Give back a payment, or a part of it",
        description="By the agency's cashier, with a reason that the citizen reads. State what "
        "you believe can be given back: 412 tells the present sum. Above a limit that the server "
        "sets nothing is ordered: `decision` then waits for a second officer. While a decision on "
        "the dossier's fees waits, decide there.",
        body=RefundBody,
        answer=OrderedShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            refunds.RefundDecisionOpen,
            refund.RefundableAmountStale,
            refund.RefundTooLarge,
            disputes.PaymentDisputed,
            refund.RefundKeyReused,
        ],
        examples=[
            OpenApiExample(
                "a part",
                value={
                    "amount": 8_000,
                    "refundable_believed": 16_000,
                    "reason": "Chỉ cấp 01 bản sao, hoàn lại phần đã thu thừa",
                },
                request_only=True,
            )
        ],
        query=[PAYMENT],
    )
    def post(self, request: Request, payment_id: str) -> Response:
        body = RefundBody(data=request.data)
        body.is_valid(raise_exception=True)
        ordered = refunds.give_back(
            user_id=request.user.id,
            payment_id=payment_id,
            amount_vnd=body.validated_data["amount"],
            refundable_believed_vnd=body.validated_data["refundable_believed"],
            reason=body.validated_data["reason"],
            client_key=request.idempotency_key,
            now=clock.now(),
        )
        seat = money_desk.cashier(request.user.id, now=clock.now())
        decision = None
        if ordered.decision_id is not None:
            decision = shapes.decision_brief(queries.decision(seat, ordered.decision_id))
        data = {
            "refund": one(seat, ordered.refund_id) if ordered.refund_id else None,
            "decision": decision,
            "payment": whole(seat, payment_id),
        }
        return http.answer(data, status=201)


def one(seat: Any, refund_id: str) -> dict[str, Any]:
    row = payments.refund(queries.scope(seat), refund_id)
    return shapes.refund(row, row.payment, queries.codes_of([row.payment.reference]))


class OfficerRefunds(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerRefunds",
        tag="officers",
        summary="List the refunds of my agency",
        description="The newest first; officers' own and those by rule. `needs_repair=true` gives "
        "those that failed and nothing stands for yet, and those of which the provider names "
        "another sum. Leaves one row for each person shown.",
        answer=shapes.OfficerRefundShape,
        paged=True,
        refusals=[Invalid, NotYourRole],
        query=[
            text_parameter("state", "State of the refund.", payments.REFUND_STATES),
            text_parameter("needs_repair", "Only what a cashier has to repair.", ["true"]),
            text_parameter("dossier_code", "Code of the dossier.", max_length=40),
        ],
    )
    def get(self, request: Request) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        query = http.query_of(RefundFilter, request)

        def show(rows: list[Any]) -> list[dict[str, Any]]:
            refunds.shown(
                seat=seat,
                citizen_ids=[row.payment.citizen_id for row in rows],
                what="refund:list",
                now=clock.now(),
            )
            codes = queries.codes_of(row.payment.reference for row in rows)
            return [shapes.refund(row, row.payment, codes) for row in rows]

        return pages.page(
            request,
            payments.refunds(queries.scope(seat), wanted(query)),
            order=("-created_at", "-id"),
            render=show,
        )


class OfficerRefundDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficerRefund",
        tag="officers",
        summary="Read a refund of my agency",
        answer=shapes.OfficerRefundShape,
        refusals=[NotFound, NotYourRole],
        query=[REFUND],
    )
    def get(self, request: Request, refund_id: str) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = payments.refund(queries.scope(seat), refund_id)
        refunds.shown(
            seat=seat,
            citizen_ids=[str(row.payment.citizen_id)],
            what="refund:read",
            reference=row.payment.reference,
            now=clock.now(),
        )
        return http.answer(
            shapes.refund(row, row.payment, queries.codes_of([row.payment.reference]))
        )


class OfficerRefundRetry(View):
    permission_classes = [IsOfficer]

    @operation(
        "retryRefund",
        tag="officers",
        summary="Send a failed refund again",
        description="A new refund under a new key; the failed one stays as it is, and is stood for "
        "once. If the new one fails too, that one is sent again.",
        body=RetryBody,
        answer=shapes.OfficerRefundShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            refund_repairs.RefundNotFailed,
            refund_repairs.RefundReplaced,
            refund.RefundTooLarge,
            disputes.PaymentDisputed,
        ],
        examples=[
            OpenApiExample(
                "again",
                value={"reason": "Ngân hàng báo lỗi tạm thời, gửi lại"},
                request_only=True,
            )
        ],
        query=[REFUND],
    )
    def post(self, request: Request, refund_id: str) -> Response:
        body = RetryBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = refunds.retry(
            user_id=request.user.id, refund_id=refund_id, now=clock.now(), **body.validated_data
        )
        seat = money_desk.cashier(request.user.id, now=clock.now())
        return http.answer(one(seat, made), status=201)


class OfficerRefundPayOut(View):
    permission_classes = [IsOfficer]

    @operation(
        "payOutRefund",
        tag="officers",
        summary="Write down that a failed refund was paid out by hand",
        description="In cash at the counter against a voucher, or by a transfer of the agency. It "
        "is booked as paid, stands for the failed refund, and the citizen is told. Above the limit "
        "another cashier than the one who ordered the refund does it.",
        body=PayOutBody,
        answer=shapes.OfficerRefundShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            refund_repairs.RefundNotFailed,
            refund_repairs.RefundReplaced,
            refund.RefundTooLarge,
            disputes.PaymentDisputed,
            refund_decisions.SecondOfficerNeeded,
        ],
        examples=[
            OpenApiExample(
                "cash",
                value={
                    "way": "counter",
                    "reference": "PC-2026-000123",
                    "reason": "Thẻ đã đóng, người nộp nhận tiền mặt tại quầy",
                },
                request_only=True,
            )
        ],
        query=[REFUND],
    )
    def post(self, request: Request, refund_id: str) -> Response:
        body = PayOutBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = refunds.pay_out(
            user_id=request.user.id, refund_id=refund_id, now=clock.now(), **body.validated_data
        )
        seat = money_desk.cashier(request.user.id, now=clock.now())
        return http.answer(one(seat, made), status=201)
