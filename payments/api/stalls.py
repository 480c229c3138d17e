"""Market stalls as a payer meets them: what the QR leads to, its image, and paying."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, documents, http
from common.errors import Invalid, NotFound
from common.http import Anyone, Body, IsCitizen, Money, Request, View
from common.openapi import operation, path_parameter
from payments.actions import stalls
from payments.api import open_app, shapes
from payments.models import Stall
from payments.queries import paying
from payments.queries import stalls as queries
from payments.rules import stalls as rules

Shape = serializers.Serializer[Any]
TAG = "stalls"
STALL = path_parameter("code", "The code in the stall's link.")


def link(stall: Stall) -> str:
    """Return what the QR says: an address that says which stall, never how much."""
    return f"{settings.PUBLIC_URL}/stalls/{stall.code}"


class StallShape(Shape):
    """What a payer needs to know before paying. The seller is not named."""

    code = serializers.CharField()
    number = serializers.CharField()
    market = serializers.CharField()
    goods = serializers.CharField()
    minimum = Money()
    maximum = Money()
    link = serializers.CharField(help_text="What the QR says.")
    is_demo = serializers.BooleanField()


class SaleBody(Body):
    amount_vnd = serializers.IntegerField(min_value=1, max_value=10**12)
    note = serializers.CharField(
        max_length=rules.MAX_NOTE, default="", allow_blank=True, help_text="For the seller."
    )


def stall(row: Stall) -> dict[str, Any]:
    return {
        "code": row.code,
        "number": row.number,
        "market": row.market.name,
        "goods": row.goods,
        "minimum": http.money(rules.MIN_SALE_VND),
        "maximum": http.money(rules.MAX_SALE_VND),
        "link": link(row),
        "is_demo": row.market.is_demo,
    }


class StallDetail(View):
    permission_classes = [Anyone]

    @operation(
        "getStall",
        tag=TAG,
        summary="Read what a stall's QR leads to",
        description="404 also for a stall that nobody sells at yet.",
        answer=StallShape,
        public=True,
        refusals=[NotFound],
        query=[STALL],
    )
    def get(self, request: Request, code: str) -> Response:
        return http.answer(stall(queries.open_stall(code)))


class StallQr(View):
    permission_classes = [Anyone]

    @operation(
        "downloadStallQr",
        tag=TAG,
        summary="Download a stall's QR",
        description="An SVG to print and put up. It holds the stall's link and nothing else.",
        binary="image/svg+xml",
        public=True,
        refusals=[NotFound],
        query=[STALL],
    )
    def get(self, request: Request, code: str) -> Any:
        svg = documents.qr_svg(link(queries.open_stall(code)))
        response = HttpResponse(svg, content_type="image/svg+xml")
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


class StallPayments(View):
    permission_classes = [IsCitizen]

    @operation(
        "openStallPayment",
        tag=TAG,
        summary="Open a payment to a stall",
        description=(
            "Then pay as any other payment: `POST /payments/{id}/attempts`. The seller sees "
            "initials and the note, and hears of it once the money is booked. Unpaid, it is "
            "dropped after an hour."
        ),
        body=SaleBody,
        answer=shapes.PaymentShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            Invalid,
            stalls.AmountOutOfRange,
            stalls.TooManyUnpaidSales,
            stalls.OwnStall,
        ],
        examples=[
            OpenApiExample(
                "vegetables",
                value={"amount_vnd": 45_000, "note": "Hai bó rau muống, một ký cà chua"},
                request_only=True,
            )
        ],
        query=[STALL],
    )
    def post(self, request: Request, code: str) -> Response:
        body = SaleBody(data=request.data)
        body.is_valid(raise_exception=True)
        payment_id = stalls.open_payment(
            code=code,
            citizen_id=str(request.user.pk),
            payer_name=request.user.full_name,
            amount_vnd=body.validated_data["amount_vnd"],
            note=body.validated_data["note"],
            now=clock.now(),
        )
        data = shapes.payment(
            paying.payment(request.user.id, payment_id, now=clock.now()), viewer_id=request.user.id
        )
        return http.answer(data, status=201, headers={"Location": f"/api/v1/payments/{payment_id}"})


@require_GET
def stall_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a browser whose QR it scanned. Paying needs the app: here nobody is signed in."""
    try:
        row = queries.open_stall(code)
    except NotFound:
        return open_app.page(
            request,
            title="Không có sạp này",
            words_vi="Hãy quét lại mã QR ở sạp, hoặc hỏi người bán.",
            words_en="There is no such stall. Scan its QR code again, or ask the seller.",
            status=404,
        )
    return open_app.page(
        request,
        title=f"Sạp {row.number}, {row.market.name}",
        about=row.goods,
        words_vi="Hãy mở ứng dụng Can Tho Smart và quét lại mã QR này để thanh toán.",
        words_en="Open the Can Tho Smart app and scan this QR code again to pay.",
    )
