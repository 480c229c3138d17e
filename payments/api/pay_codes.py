"""Letting somebody else pay: a code of one's own due, and what whoever holds it may do."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import NotFound, TooManyRequests
from common.http import IsCitizen, Money, Request, View
from common.openapi import operation, path_parameter
from payments.actions import charge, pay_codes
from payments.api import citizen, open_app, shapes
from payments.models import PayCode
from payments.queries import paying
from payments.rules import showing, words

CODE = path_parameter("code", "The code that the owner gave.")
LOOKS_A_MINUTE = 20


class CodeThrottle(http.Throttle):
    """Nobody who holds a code needs more; whoever tries codes is slowed down."""

    name, calls = "pay_code", LOOKS_A_MINUTE


class PayCodeShape(shapes.Shape):
    """A code for somebody else. Show it as a QR code of `url`, or send the link."""

    code = serializers.CharField()
    url = serializers.CharField(help_text="Opens the app; holds nothing but the code.")
    version = serializers.IntegerField(help_text="For `If-Match`.")
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class CodeShownShape(shapes.Shape):
    """What a code shows: what to pay, and for whom, masked. Nothing else of the dossier."""

    title = serializers.CharField()
    agency_code = serializers.CharField()
    agency_name = serializers.CharField(allow_null=True)
    owner_name = serializers.CharField(help_text="Masked.")
    state = shapes.ShownField()
    can_pay = serializers.BooleanField()
    amount = Money()
    lines = shapes.PaymentLineShape(many=True)
    expires_at = serializers.DateTimeField(help_text="When the code runs out.")


def code_of(row: PayCode) -> dict[str, Any]:
    return {
        "code": row.code,
        "url": f"{settings.PUBLIC_URL}/pay/{row.code}",
        "version": row.version,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
    }


class PaymentCode(View):
    permission_classes = [IsCitizen]

    @operation(
        "getPayCode",
        tag=citizen.TAG,
        summary="Read the code with which somebody else may pay my due",
        description="404 without a live one.",
        answer=PayCodeShape,
        refusals=[NotFound],
        query=[citizen.PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        row = paying.code_of(request.user.id, payment_id, now=clock.now())
        return http.answer(code_of(row), version=row.version)

    @operation(
        "makePayCode",
        tag=citizen.TAG,
        summary="Make a code with which somebody else may pay my due",
        description="Good for 24 hours, for one due. A new one replaces the one before it. Only "
        "whoever owes makes one.",
        answer=PayCodeShape,
        status=201,
        key="transaction",
        refusals=[NotFound, charge.PaymentNotOwed],
        query=[citizen.PAYMENT],
    )
    def post(self, request: Request, payment_id: str) -> Response:
        row = pay_codes.make(payment_id=payment_id, citizen_id=request.user.id, now=clock.now())
        return http.answer(code_of(row), status=201, version=row.version)

    @operation(
        "revokePayCode",
        tag=citizen.TAG,
        summary="Take a code back",
        description="A page that somebody opened with it is closed; money that was already on its "
        "way is still recorded.",
        status=204,
        match=True,
        refusals=[NotFound],
        query=[citizen.PAYMENT],
    )
    def delete(self, request: Request, payment_id: str) -> Response:
        pay_codes.revoke(
            payment_id=payment_id,
            citizen_id=request.user.id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class CodeDetail(View):
    permission_classes = [IsCitizen]
    throttle_classes = [CodeThrottle]

    @operation(
        "readPayCode",
        tag=citizen.TAG,
        summary="See what a code asks to be paid",
        description="Unknown, taken back and run out look the same: 404. Its owner can see that "
        "you looked. At most 20 looks a minute.",
        answer=CodeShownShape,
        refusals=[NotFound, TooManyRequests],
        query=[CODE],
    )
    def get(self, request: Request, code: str) -> Response:
        found = pay_codes.look(code=code, citizen_id=request.user.id, now=clock.now())
        data = {
            "title": found.payment.title,
            "agency_code": found.payment.agency_code,
            "agency_name": found.agency_name,
            "owner_name": words.masked_name(found.payment.payer_name),
            "state": found.state.value,
            "can_pay": showing.may_pay(found.state),
            "amount": http.money(found.payment.amount_vnd),
            "lines": [shapes.line(one) for one in found.payment.lines],
            "expires_at": found.row.expires_at,
        }
        return http.answer(data, headers=shapes.poll(found.state.value))


class CodeAttempts(View):
    permission_classes = [IsCitizen]
    throttle_classes = [CodeThrottle]

    @operation(
        "payByCode",
        tag=citizen.TAG,
        summary="Open the provider's page for somebody else's due",
        description="From your own account. The receipt names you as who paid and the owner as for "
        "whom; both can read it. Poll the try at `Location`.",
        body=shapes.AttemptBody,
        answer=shapes.AttemptShape,
        status=201,
        key="durable",
        refusals=[*citizen.STARTING, TooManyRequests],
        examples=[
            OpenApiExample(
                "back to the app", value={"return_url": "canthosmart://paid"}, request_only=True
            )
        ],
        query=[CODE],
    )
    def post(self, request: Request, code: str) -> Response:
        body = shapes.AttemptBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = pay_codes.start_attempt(
            code=code,
            citizen_id=request.user.id,
            client_key=request.idempotency_key,
            now=clock.now(),
            **body.validated_data,
        )
        data = shapes.attempt(row, viewer_id=request.user.id)
        address = f"/api/v1/payments/{row.payment_id}/attempts/{row.id}"
        return http.answer(
            data, status=201, headers={"Location": address, **shapes.poll(data["state"])}
        )


@require_GET
def pay_page(request: HttpRequest, code: str) -> HttpResponse:
    """Say what to do with a link that a browser opened. Nothing is looked up here."""
    return open_app.page(
        request,
        title="Nộp thay một khoản phí, lệ phí",
        words_vi="Hãy mở liên kết này bằng ứng dụng Can Tho Smart trên điện thoại, đăng nhập bằng "
        "tài khoản của bạn rồi xem số tiền trước khi nộp.",
        words_en="Open this link in the Can Tho Smart app and sign in with your own account: it "
        "shows the sum before you pay.",
    )
