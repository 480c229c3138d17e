"""My payments, my tries to pay, my receipts. Owner only: to anybody else they do not exist."""

import hashlib
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import NotFound
from common.http import IsCitizen, Request, View
from common.openapi import operation, path_parameter
from payments import queries
from payments.actions import charge, receipts
from payments.api import shapes

TAG = "payments"
PAYMENT = path_parameter("payment_id", "The payment.")
ATTEMPT = path_parameter("attempt_id", "The try to pay.")


class Payments(View):
    permission_classes = [IsCitizen]

    @operation(
        "listPayments",
        tag=TAG,
        summary="List my payments",
        description="Newest first, owed and settled alike.",
        answer=shapes.PaymentShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.payments_of(str(request.user.pk)),
            order=("-created_at", "-id"),
            render=lambda rows: [shapes.payment(row) for row in rows],
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
        data = shapes.payment(queries.payment_of(str(request.user.pk), payment_id))
        return http.answer(data, headers=shapes.poll(data["state"]))


class Attempts(View):
    permission_classes = [IsCitizen]

    @operation(
        "startPaymentAttempt",
        tag=TAG,
        summary="Open the provider's page for a payment",
        description=(
            "Open `checkout_url` in a browser, then poll. The same key resumes the same try, also "
            "after a crash. A second device gets the page that is already open, or 409 while it "
            "is being opened. 503 means that no page was opened: repeat with the same key. With "
            "`bank_transfer` there is no page: `transfer` holds a VietQR code to scan."
        ),
        body=shapes.AttemptBody,
        answer=shapes.AttemptShape,
        status=201,
        key="durable",
        refusals=[
            NotFound,
            charge.PaymentNotOwed,
            charge.PaymentUnderReview,
            charge.AttemptInProgress,
            charge.ProviderUnreachable,
            charge.PaymentNotPossible,
            charge.ReturnUrlRefused,
            charge.MethodUnknown,
        ],
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
            citizen_id=str(request.user.pk),
            client_key=request.idempotency_key,  # type: ignore[attr-defined]
            return_url=body.validated_data.get("return_url"),
            method=body.validated_data.get("method"),
            now=clock.now(),
        )
        data = shapes.attempt(queries.attempt_of(str(request.user.pk), payment_id, attempt_id))
        address = f"/api/v1/payments/{payment_id}/attempts/{attempt_id}"
        headers = {"Location": address, **shapes.poll(data["state"])}
        return http.answer(data, status=201, headers=headers)


class AttemptDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getPaymentAttempt",
        tag=TAG,
        summary="Read one try to pay",
        answer=shapes.AttemptShape,
        refusals=[NotFound],
        query=[PAYMENT, ATTEMPT],
    )
    def get(self, request: Request, payment_id: str, attempt_id: str) -> Response:
        data = shapes.attempt(queries.attempt_of(str(request.user.pk), payment_id, attempt_id))
        return http.answer(data, headers=shapes.poll(data["state"]))


class ReceiptDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getReceipt",
        tag=TAG,
        summary="Read the receipt of a payment",
        description="404 until the payment is settled. A demonstration receipt.",
        answer=shapes.ReceiptShape,
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        return http.answer(shapes.receipt(queries.receipt_of(str(request.user.pk), payment_id)))


class ReceiptPaper(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadReceipt",
        tag=TAG,
        summary="Download the receipt as PDF",
        description="A rendition (bản thể hiện): the same bytes every time.",
        binary="application/pdf",
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Any:
        receipt = queries.receipt_of(str(request.user.pk), payment_id)
        data = receipts.paper(receipt)
        name = f"bien-lai-{receipt.number:07d}.pdf"
        response = HttpResponse(data, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["ETag"] = f'"{hashlib.sha256(data).hexdigest()}"'
        response["Cache-Control"] = "private, no-cache"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response
