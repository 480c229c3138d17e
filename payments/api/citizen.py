"""My payments, and my tries to pay them. To anybody else they do not exist.

"Mine" is what one owes, what somebody owes for whom one acts, and a try that one paid oneself.
"""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, NotFound
from common.http import Body, IsCitizen, Request, View
from common.openapi import operation, path_parameter, text_parameter
from payments.actions import charge, methods, payers, return_urls
from payments.api import shapes
from payments.models import Attempt, Payment
from payments.queries import paying

TAG = "payments"
PAYMENT = path_parameter("payment_id", "The payment.")
ATTEMPT = path_parameter("attempt_id", "The try to pay.")
STARTING = [
    NotFound,
    charge.PaymentNotOwed,
    charge.PaymentUnderReview,
    charge.AttemptInProgress,
    charge.DueBeingPaid,
    charge.CheckoutKeyReused,
    charge.ProviderUnreachable,
    charge.PaymentNotPossible,
    return_urls.ReturnUrlRefused,
    methods.MethodUnknown,
]


class RoleFilter(Body):
    role = serializers.ChoiceField(required=False, choices=list(paying.ROLES))
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def told(request: Request, rows: Sequence[Payment], what: str) -> None:
    """Leave a row for everybody else whose due is about to be shown."""
    others = [row for row in rows if row.citizen_id != request.user.id]
    if others:
        payers.payments_shown(
            payments=others,
            reader_id=request.user.id,
            reader_name=request.user.full_name,
            what=what,
            now=clock.now(),
        )


def told_attempts(request: Request, rows: Sequence[Attempt]) -> None:
    """Leave a row for whoever owes when somebody else is shown more than their own tries."""
    others = [row.payment for row in rows if row.payer_id != request.user.id]
    told(request, others[:1], "attempts")


class Payments(View):
    permission_classes = [IsCitizen]

    @operation(
        "listPayments",
        tag=TAG,
        summary="List my payments",
        description="Newest first, owed and settled alike: mine, and those of people for whom I "
        "act; each of these leaves a row that they can see.",
        answer=shapes.PaymentShape,
        paged=True,
        refusals=[Invalid],
        query=[text_parameter("role", "As whom.", list(paying.ROLES))],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(RoleFilter, request)

        def show(rows: list[Payment]) -> list[dict[str, Any]]:
            told(request, rows, "list")
            return [shapes.payment(row, viewer_id=request.user.id) for row in rows]

        return pages.page(
            request,
            paying.payments(),
            order=("-created_at", "-id"),
            render=show,
            ways=paying.ways(request.user.id, now=clock.now(), role=wanted.get("role")),
        )


class PaymentDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getPayment",
        tag=TAG,
        summary="Read one of my payments",
        description=(
            "While `state` is `pending` or `declined` the header `Retry-After` says when to look "
            "again; with `If-None-Match` an unchanged answer is a 304. Coming back from the "
            "provider's page proves nothing: this address says what is true."
        ),
        answer=shapes.PaymentShape,
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        row = paying.payment(request.user.id, payment_id, now=clock.now())
        told(request, [row], "read")
        data = shapes.payment(row, viewer_id=request.user.id)
        return http.answer(data, headers=shapes.poll(data["state"]))


class Attempts(View):
    permission_classes = [IsCitizen]

    @operation(
        "listPaymentAttempts",
        tag=TAG,
        summary="List the tries to pay a payment",
        description="Newest first. Whoever paid for somebody else sees their own tries only.",
        answer=shapes.AttemptShape,
        paged=True,
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        def show(rows: list[Attempt]) -> list[dict[str, Any]]:
            told_attempts(request, rows)
            return [shapes.attempt(row, viewer_id=request.user.id) for row in rows]

        answer = pages.page(
            request,
            paying.attempts(request.user.id, payment_id, now=clock.now()),
            order=("-number", "-id"),
            render=show,
        )
        for one in answer.data["items"]:
            for name, value in shapes.poll(one["state"]).items():
                answer[name] = value
        return answer

    @operation(
        "startPaymentAttempt",
        tag=TAG,
        summary="Open the provider's page for a payment",
        description=(
            "Open `checkout_url` in a browser, then poll. The same key resumes the same try, also "
            "after a crash. A second device gets the page that is already open, or 409 while it "
            "is being opened; 409 `due_being_paid` while somebody else's page is open, or one for "
            "other dues too. Naming another method closes what you have open, and opens that. 503 "
            "means that no page was opened: repeat with the same key. With `bank_transfer` there "
            "is no page: `transfer` holds a VietQR code to scan."
        ),
        body=shapes.AttemptBody,
        answer=shapes.AttemptShape,
        status=201,
        key="durable",
        refusals=STARTING,
        examples=[
            OpenApiExample(
                "back to the app",
                value={"return_url": "canthosmart://paid"},
                request_only=True,
            ),
            OpenApiExample(
                "by bank transfer", value={"method": "bank_transfer"}, request_only=True
            ),
        ],
        query=[PAYMENT],
    )
    def post(self, request: Request, payment_id: str) -> Response:
        body = shapes.AttemptBody(data=request.data)
        body.is_valid(raise_exception=True)
        attempt_id = charge.start_attempt(
            payment_id=payment_id,
            citizen_id=request.user.id,
            client_key=request.idempotency_key,  # type: ignore[attr-defined]
            return_url=body.validated_data.get("return_url"),
            method=body.validated_data.get("method"),
            now=clock.now(),
        )
        row = paying.attempt(request.user.id, payment_id, attempt_id, now=clock.now())
        data = shapes.attempt(row, viewer_id=request.user.id)
        address = f"/api/v1/payments/{payment_id}/attempts/{attempt_id}"
        headers = {"Location": address, **shapes.poll(data["state"])}
        return http.answer(data, status=201, headers=headers)


class AttemptDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getPaymentAttempt",
        tag=TAG,
        summary="Read one try to pay",
        description="Poll it as `Retry-After` says, with `If-None-Match`.",
        answer=shapes.AttemptShape,
        refusals=[NotFound],
        query=[PAYMENT, ATTEMPT],
    )
    def get(self, request: Request, payment_id: str, attempt_id: str) -> Response:
        return shown(request, payment_id, attempt_id)


class AttemptClosure(View):
    permission_classes = [IsCitizen]

    @operation(
        "closePaymentAttempt",
        tag=TAG,
        summary="Close a page that is not wanted any more",
        description="By its payer, or by whoever owes. It closes for all dues that are on it; they "
        "stay owed. Poll the try: `cancelled` says that it is closed; if somebody had already "
        "paid, `paid` comes instead.",
        answer=shapes.AttemptShape,
        status=201,
        key="transaction",
        refusals=[NotFound],
        query=[PAYMENT, ATTEMPT],
    )
    def post(self, request: Request, payment_id: str, attempt_id: str) -> Response:
        charge.close_attempt(
            payment_id=payment_id,
            attempt_id=attempt_id,
            citizen_id=request.user.id,
            now=clock.now(),
        )
        return shown(request, payment_id, attempt_id, status=201)


def shown(request: Request, payment_id: str, attempt_id: str, *, status: int = 200) -> Response:
    """Return one try, and when to look again."""
    row = paying.attempt(request.user.id, payment_id, attempt_id, now=clock.now())
    if status == 200:
        told_attempts(request, [row])
    data = shapes.attempt(row, viewer_id=request.user.id)
    return http.answer(data, status=status, headers=shapes.poll(data["state"]))
