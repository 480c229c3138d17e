"""Billers, looking a bill up, and opening its payment. For every citizen who is signed in."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import Invalid, NotFound, TooManyRequests
from common.http import Anyone, Body, IsCitizen, Money, Request, View
from common.openapi import operation, path_parameter
from payments.actions import billers, bills
from payments.api import shapes
from payments.models import Biller
from payments.queries import bills as queries
from payments.queries import paying
from payments.rules.bills import Kind

Shape = serializers.Serializer[Any]
TAG = "bills"
BILL = path_parameter("bill_id", "The bill, as a look-up named it.")
QUESTIONS_A_MINUTE = 20
QUESTIONS_A_DAY = 300
BILLERS_KEPT_SECONDS = 300


class MinuteThrottle(http.Throttle):
    """Every question reaches a biller, and nobody may try codes one after the other."""

    name, calls = "bills_minute", QUESTIONS_A_MINUTE


class DayThrottle(http.Throttle):
    name, calls = "bills_day", QUESTIONS_A_DAY
    window = timedelta(days=1)


class BillerShape(Shape):
    """Who sends bills. `is_demo`: a simulated one; no such company exists."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    name = serializers.CharField()
    customer_code_format = serializers.CharField(help_text="For people.")
    customer_code_pattern = serializers.CharField(help_text="A regular expression.")
    customer_code_example = serializers.CharField()
    is_demo = serializers.BooleanField()


class BillersShape(Shape):
    items = BillerShape(many=True)


class BillLookupBody(Body):
    biller = serializers.CharField(max_length=40)
    customer_code = serializers.CharField(max_length=40)


class BillLineShape(Shape):
    label = serializers.CharField()
    quantity = serializers.IntegerField()
    unit = Money()
    amount = Money()


class BillShape(Shape):
    """A bill, in the biller's words of this moment."""

    id = serializers.CharField()
    biller = serializers.CharField()
    number = serializers.CharField()
    customer_name = serializers.CharField(help_text="Initials only.")
    period = serializers.CharField()
    lines = BillLineShape(many=True)
    amount = Money()
    due_on = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(
        choices=[one.value for one in queries.Standing],
        help_text="`being_paid`: somebody is paying it now; who, is not told.",
    )
    payment_id = serializers.CharField(
        allow_null=True, help_text="My own payment of it, if I have one."
    )
    stated_at = serializers.DateTimeField()


class FoundBillsShape(Shape):
    """All that the customer owes now; empty when that is nothing."""

    bills = BillShape(many=True)


class BillPaymentBody(Body):
    expected_amount_vnd = serializers.IntegerField(
        min_value=1, max_value=10**12, help_text="The amount that the payer saw."
    )


def biller(row: Biller) -> dict[str, Any]:
    return {
        "code": row.code,
        "kind": row.kind,
        "name": row.name,
        "customer_code_format": row.code_hint,
        "customer_code_pattern": row.code_pattern,
        "customer_code_example": row.code_example,
        "is_demo": row.is_demo,
    }


def bill(seen: queries.Seen) -> dict[str, Any]:
    row = seen.bill
    return {
        "id": row.id,
        "biller": row.biller_id,
        "number": row.number,
        "customer_name": row.customer_name,
        "period": row.period,
        "lines": [
            {
                "label": line["label"],
                "quantity": line["quantity"],
                "unit": http.money(line["unit_vnd"]),
                "amount": http.money(line["amount_vnd"]),
            }
            for line in row.lines
        ],
        "amount": http.money(row.amount_vnd),
        "due_on": row.due_on,
        "status": seen.standing.value,
        "payment_id": seen.payment_id,
        "stated_at": row.stated_at,
    }


class Billers(View):
    permission_classes = [Anyone]

    @operation(
        "listBillers",
        tag=TAG,
        summary="List who sends bills",
        description="Electricity, water, tuition, hospital. All of them: the list is short.",
        answer=BillersShape,
        public=True,
    )
    def get(self, request: Request) -> Response:
        data = {"items": [biller(row) for row in queries.billers()]}
        return http.public_cache(http.answer(data), BILLERS_KEPT_SECONDS)


class BillLookups(View):
    permission_classes = [IsCitizen]
    throttle_classes = [MinuteThrottle, DayThrottle]

    @operation(
        "lookUpBills",
        tag=TAG,
        summary="Look up the open bills of a customer code",
        description=(
            "Asked live of the biller each time; nothing is kept to answer the next one. Anybody "
            f"who has the code may look and pay. {QUESTIONS_A_MINUTE} questions a minute and "
            f"{QUESTIONS_A_DAY} a day. 503 `biller_unreachable`: the biller gave no answer, "
            "`Retry-After` says when to try again."
        ),
        body=BillLookupBody,
        answer=FoundBillsShape,
        refusals=[NotFound, billers.CustomerUnknown, billers.BillerUnreachable, TooManyRequests],
        examples=[
            OpenApiExample(
                "electricity",
                value={"biller": "dien-mau", "customer_code": "MPD0000001"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = BillLookupBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = bills.look_up(
            biller_code=body.validated_data["biller"],
            customer_code=body.validated_data["customer_code"],
            now=clock.now(),
        )
        seen = queries.seen(found, viewer_id=str(request.user.pk))
        headers = {"Cache-Control": "no-store"}
        return http.answer({"bills": [bill(one) for one in seen]}, headers=headers)


class BillPayments(View):
    permission_classes = [IsCitizen]
    throttle_classes = [MinuteThrottle, DayThrottle]

    @operation(
        "openBillPayment",
        tag=TAG,
        summary="Open the payment of a bill",
        description=(
            "The biller is asked once more and its amount frozen; 409 `bill_amount_changed` gives "
            "the new one when it is not what the payer saw. Then pay as any other payment: "
            "`POST /payments/{id}/attempts`. One bill is paid once: 409 `bill_being_paid` while "
            "another page is open. Unpaid, it is dropped after an hour."
        ),
        body=BillPaymentBody,
        answer=shapes.PaymentShape,
        status=201,
        key="durable",
        refusals=[
            NotFound,
            Invalid,
            bills.BillAmountChanged,
            bills.BillBeingPaid,
            bills.BillNotOpen,
            billers.BillerUnreachable,
            TooManyRequests,
        ],
        examples=[
            OpenApiExample(
                "as it was shown", value={"expected_amount_vnd": 214_000}, request_only=True
            )
        ],
        query=[BILL],
    )
    def post(self, request: Request, bill_id: str) -> Response:
        body = BillPaymentBody(data=request.data)
        body.is_valid(raise_exception=True)
        payment_id = bills.open_payment(
            bill_id=bill_id,
            citizen_id=str(request.user.pk),
            payer_name=request.user.full_name,
            expected_amount_vnd=body.validated_data["expected_amount_vnd"],
            now=clock.now(),
        )
        data = shapes.payment(
            paying.payment(request.user.id, payment_id, now=clock.now()), viewer_id=request.user.id
        )
        return http.answer(data, status=201, headers={"Location": f"/api/v1/payments/{payment_id}"})
