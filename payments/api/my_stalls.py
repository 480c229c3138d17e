"""My stalls: enrolling one, what was paid there, the sums of a day, giving a sale back."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import (
    AssuranceTooLow,
    FieldError,
    Invalid,
    NotFound,
    TooManyRequests,
)
from common.http import Body, IsCitizen, Money, Request, View, has_assurance
from common.openapi import day_parameter, operation, path_parameter
from payments.actions import refund, stalls
from payments.api.stalls import link
from payments.models import Stall, StallSale
from payments.queries import stalls as queries
from payments.rules import money
from payments.rules import stalls as rules

Shape = serializers.Serializer[Any]
TAG = "stalls"
STALL = path_parameter("stall_id", "One of my stalls.")
PAYMENT = path_parameter("payment_id", "A payment to it.")
TRIES_AN_HOUR = 20


class EnrolThrottle(http.Throttle):
    """An invitation cannot be guessed; trying costs the server work all the same."""

    name, calls, methods = "stalls", TRIES_AN_HOUR, frozenset({"POST"})
    window = timedelta(hours=1)


class MyStallShape(Shape):
    id = serializers.CharField()
    code = serializers.CharField()
    number = serializers.CharField()
    market = serializers.CharField()
    goods = serializers.CharField()
    link = serializers.CharField(help_text="What the QR says; its image is at `qr`.")
    qr = serializers.CharField()
    is_demo = serializers.BooleanField()
    enrolled_at = serializers.DateTimeField()


class EnrolBody(Body):
    market = serializers.CharField(max_length=20)
    stall_code = serializers.CharField(max_length=20, help_text="As on the stall's sign: `A12`.")
    invitation_code = serializers.CharField(
        max_length=40, help_text="From the market board; works once."
    )


class SaleShape(Shape):
    """One sum that was paid at my stall. The payer is shown by initials."""

    payment_id = serializers.CharField()
    amount = Money()
    refunded = Money()
    refunding = Money()
    payer = serializers.CharField()
    note = serializers.CharField()
    paid_at = serializers.DateTimeField()
    can_refund = serializers.BooleanField(help_text="Today's, and nothing of it went back yet.")


class SaleRefundBody(Body):
    reason = serializers.CharField(min_length=3, max_length=200)


class StallDayShape(Shape):
    day = serializers.DateField()
    sales = serializers.IntegerField()
    received = Money()
    refunded = Money()
    net = Money()


class StallDailyTotalsShape(Shape):
    """Days with any movement, as booked; the total is their sum."""

    days = StallDayShape(many=True)
    total = Money()


DailyFilter = type(
    "DailyFilter", (Body,), {"from": serializers.DateField(), "to": serializers.DateField()}
)


def my_stall(row: Stall) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "number": row.number,
        "market": row.market.name,
        "goods": row.goods,
        "link": link(row),
        "qr": f"/api/v1/stalls/{row.code}/qr.svg",
        "is_demo": row.market.is_demo,
        "enrolled_at": row.enrolled_at,
    }


def sale(row: StallSale) -> dict[str, Any]:
    payment = row.payment
    left = money.refundable(
        captured_vnd=payment.captured_vnd,
        refunded_vnd=payment.refunded_vnd,
        refunding_vnd=payment.refunding_vnd,
    )
    assert row.settled_at is not None  # noqa: S101 - only settled sales are listed
    today = rules.day_of(row.settled_at) == rules.day_of(clock.now())
    return {
        "payment_id": payment.id,
        "amount": http.money(payment.amount_vnd),
        "refunded": http.money(payment.refunded_vnd),
        "refunding": http.money(payment.refunding_vnd),
        "payer": row.payer_masked,
        "note": row.note,
        "paid_at": row.settled_at,
        "can_refund": today and left == payment.amount_vnd,
    }


class MyStalls(View):
    permission_classes = [has_assurance(2)]
    throttle_classes = [EnrolThrottle]

    @operation(
        "listMyStalls",
        tag=TAG,
        summary="List my stalls",
        answer=MyStallShape,
        paged=True,
        refusals=[AssuranceTooLow],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.stalls_of(str(request.user.pk)),
            order=("code",),
            render=lambda rows: [my_stall(row) for row in rows],
        )

    @operation(
        "enrolStall",
        tag=TAG,
        summary="Enrol a stall as mine",
        description=(
            "With the invitation code of the market board, which works once. Who takes money from "
            f"others must have proved who they are: identity level 2. {TRIES_AN_HOUR} tries an "
            "hour."
        ),
        body=EnrolBody,
        answer=MyStallShape,
        status=201,
        key="transaction",
        refusals=[stalls.InvitationUnknown, AssuranceTooLow, TooManyRequests],
        examples=[
            OpenApiExample(
                "a demonstration stall",
                value={
                    "market": "cho-mau-1",
                    "stall_code": "A01",
                    "invitation_code": "MOPHONG-A01-2026",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = EnrolBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = stalls.enrol(citizen_id=str(request.user.pk), now=clock.now(), **body.validated_data)
        return http.answer(my_stall(row), status=201)


class MyStallDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getMyStall",
        tag=TAG,
        summary="Read one of my stalls",
        answer=MyStallShape,
        refusals=[NotFound],
        query=[STALL],
    )
    def get(self, request: Request, stall_id: str) -> Response:
        return http.answer(my_stall(queries.stall_of(str(request.user.pk), stall_id)))


class MyStallPayments(View):
    permission_classes = [IsCitizen]

    @operation(
        "listMyStallPayments",
        tag=TAG,
        summary="List what was paid at my stall",
        description="Latest first. Only money that is booked; what nobody paid is not there.",
        answer=SaleShape,
        paged=True,
        refusals=[NotFound],
        query=[STALL],
    )
    def get(self, request: Request, stall_id: str) -> Response:
        return pages.page(
            request,
            queries.sales_of(queries.stall_of(str(request.user.pk), stall_id)),
            order=("-settled_at", "-id"),
            render=lambda rows: [sale(row) for row in rows],
        )


class MyStallRefund(View):
    permission_classes = [IsCitizen]

    @operation(
        "refundStallPayment",
        tag=TAG,
        summary="Give a sale back",
        description=(
            "All of it, on the day it was paid (in Cần Thơ). It goes back the way it came; "
            "`refunding` turns into `refunded` when it arrived. 412 when it went back already."
        ),
        body=SaleRefundBody,
        answer=SaleShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            stalls.RefundDayOver,
            refund.RefundableAmountStale,
            refund.RefundTooLarge,
            refund.RefundKeyReused,
        ],
        examples=[
            OpenApiExample("returned", value={"reason": "Khách trả lại hàng"}, request_only=True)
        ],
        query=[STALL, PAYMENT],
    )
    def post(self, request: Request, stall_id: str, payment_id: str) -> Response:
        body = SaleRefundBody(data=request.data)
        body.is_valid(raise_exception=True)
        stalls.refund_sale(
            citizen_id=str(request.user.pk),
            stall_id=stall_id,
            payment_id=payment_id,
            reason=body.validated_data["reason"],
            client_key=request.idempotency_key,
            now=clock.now(),
        )
        row = queries.sale_of(queries.stall_of(str(request.user.pk), stall_id), payment_id)
        return http.answer(sale(row), status=201)


class MyStallDays(View):
    permission_classes = [IsCitizen]

    @operation(
        "getMyStallDailyTotals",
        tag=TAG,
        summary="Read the sums of my stall's days",
        description=(
            "By the day in Cần Thơ, both days included. Added up from the ledger: a refund counts "
            f"on the day it was asked for, and is taken off again, below zero perhaps, on the day "
            f"that it is known to have failed. At most {rules.MAX_DAYS} days."
        ),
        answer=StallDailyTotalsShape,
        refusals=[NotFound, Invalid],
        query=[STALL, day_parameter("from", "The first day."), day_parameter("to", "The last.")],
    )
    def get(self, request: Request, stall_id: str) -> Response:
        wanted = http.query_of(DailyFilter, request)
        stall = queries.stall_of(str(request.user.pk), stall_id)
        if not rules.days_fit(wanted["from"], wanted["to"]):
            raise Invalid(
                errors=[
                    FieldError(
                        "out_of_range",
                        "to",
                        f"Từ ngày đến ngày, tối đa {rules.MAX_DAYS} ngày",
                        f"From a day to a day, at most {rules.MAX_DAYS} days",
                    )
                ]
            )
        days = queries.days_of(stall, first=wanted["from"], last=wanted["to"])
        return http.answer(
            {
                "days": [
                    {
                        "day": one.day,
                        "sales": one.sales,
                        "received": http.money(one.received_vnd),
                        "refunded": http.money(one.refunded_vnd),
                        "net": http.money(one.net_vnd),
                    }
                    for one in days
                ],
                "total": http.money(sum(one.net_vnd for one in days)),
            }
        )
