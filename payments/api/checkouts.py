"""Several dues on one page of the provider. Its payer only: to anybody else it does not exist."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import NotFound
from common.http import IsCitizen, Money, Request, View
from common.openapi import operation, path_parameter
from payments import queries
from payments.actions import charge, methods
from payments.api import citizen, shapes
from payments.models import Attempt
from payments.queries import paying

MOST = 20


class CheckoutBody(shapes.AttemptBody):
    """Which dues, how to pay, and where to send the payer after the page."""

    payment_ids = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=2, max_length=MOST
    )

    def validate_payment_ids(self, given: list[str]) -> list[str]:
        """Refuse a due that is named twice."""
        if len(set(given)) != len(given):
            raise serializers.ValidationError(
                "Each due once." if http.language() == "en" else "Mỗi khoản chỉ nêu một lần.",
                code="repeated",
            )
        return given


class CheckoutDueShape(shapes.Shape):
    """One due on the page. It has an attempt and, once paid, a receipt of its own."""

    payment_id = serializers.CharField()
    attempt_id = serializers.CharField()
    title = serializers.CharField()
    agency_code = serializers.CharField()
    amount = Money()
    state = shapes.ShownField()
    has_receipt = serializers.BooleanField()


class CheckoutShape(shapes.Shape):
    """One page for several dues. Poll it: `pending` is not an outcome."""

    id = serializers.CharField(help_text="Id of the try that opened the page.")
    state = shapes.ShownField(
        help_text="Of the page. `review` as soon as one due needs a person; see `dues`."
    )
    total = Money()
    provider = serializers.CharField()
    declined = shapes.DeclinedShape(allow_null=True)
    checkout_url = serializers.CharField(allow_null=True)
    dues = CheckoutDueShape(many=True)
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


def checkout(page: Sequence[Attempt], viewer_id: str) -> dict[str, Any]:
    opener = shapes.attempt(page[0], viewer_id=viewer_id)
    return {
        "id": opener["id"],
        "state": queries.shown_checkout(page).value,
        "total": http.money(sum(one.payment.amount_vnd for one in page)),
        "provider": opener["provider"],
        "declined": opener["declined"],
        "checkout_url": opener["checkout_url"],
        "dues": [
            {
                "payment_id": one.payment_id,
                "attempt_id": one.id,
                "title": one.payment.title,
                "agency_code": one.payment.agency_code,
                "amount": http.money(one.payment.amount_vnd),
                "state": queries.shown_attempt(one).value,
                "has_receipt": queries.has_receipt(one.payment),
            }
            for one in sorted(page, key=lambda one: one.payment_id)
        ],
        "expires_at": opener["expires_at"],
        "created_at": opener["created_at"],
    }


class Checkouts(View):
    permission_classes = [IsCitizen]

    @operation(
        "startCheckout",
        tag=citizen.TAG,
        summary="Open one provider's page for several payments",
        description="Two to twenty dues that are yours, or of people for whom you act, also of "
        "different agencies: one page for the sum, a receipt for each. 409 `due_being_paid` while "
        "one of them is open on another page. Closing the page (`closePaymentAttempt` on any of "
        "them) leaves all of them owed.",
        body=CheckoutBody,
        answer=CheckoutShape,
        status=201,
        key="durable",
        refusals=[*citizen.STARTING, methods.TransferOfOneDue],
        examples=[
            OpenApiExample(
                "two dues",
                value={
                    "payment_ids": [
                        "pay_01kb0000000000000000000001",
                        "pay_01kb0000000000000000000002",
                    ],
                    "return_url": "canthosmart://paid",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = CheckoutBody(data=request.data)
        body.is_valid(raise_exception=True)
        attempt_id = charge.start_checkout(
            citizen_id=request.user.id,
            client_key=request.idempotency_key,
            now=clock.now(),
            **body.validated_data,
        )
        answer = shown(request, attempt_id, status=201)
        answer["Location"] = f"/api/v1/payments/checkouts/{attempt_id}"
        return answer


class CheckoutDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getCheckout",
        tag=citizen.TAG,
        summary="Read a page for several payments",
        description="Poll it as `Retry-After` says, with `If-None-Match`.",
        answer=CheckoutShape,
        refusals=[NotFound],
        query=[path_parameter("attempt_id", "Id of the try that opened the page.")],
    )
    def get(self, request: Request, attempt_id: str) -> Response:
        return shown(request, attempt_id)


def shown(request: Request, attempt_id: str, *, status: int = 200) -> Response:
    page = paying.checkout(request.user.id, attempt_id)
    citizen.told(request, [one.payment for one in page], "checkout")
    data = checkout(page, request.user.id)
    return http.answer(data, status=status, headers=shapes.poll(data["state"]))
