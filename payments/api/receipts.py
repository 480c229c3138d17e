"""My receipts: of what I owed, and of what I paid for somebody else."""

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, NotFound
from common.http import Body, IsCitizen, Request, View
from common.openapi import operation, text_parameter
from payments.actions import payers, receipts
from payments.api import shapes
from payments.api.citizen import PAYMENT, TAG
from payments.models import Receipt
from payments.queries import paying
from payments.rules import money


class ReceiptFilter(Body):
    year = serializers.IntegerField(required=False, min_value=2000, max_value=2200)
    agency = serializers.CharField(required=False, max_length=60)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def told(request: Request, rows: list[Receipt]) -> None:
    """Leave a row for everybody else who is named on receipts about to be shown."""
    me = request.user.id
    if any({row.payment.citizen_id, row.payer_id or me} != {me} for row in rows):
        payers.receipts_shown(
            receipts=rows, reader_id=me, reader_name=request.user.full_name, now=clock.now()
        )


class Receipts(View):
    permission_classes = [IsCitizen]

    @operation(
        "listReceipts",
        tag=TAG,
        summary="List my receipts",
        description="Newest first: of what I owed, whoever paid it, and of what I paid for others. "
        "Somebody else who is named on one can see that I read it.",
        answer=shapes.ReceiptShape,
        paged=True,
        refusals=[Invalid],
        query=[
            text_parameter("year", "Issued in this year, by the clocks of Cần Thơ.", max_length=4),
            text_parameter("agency", "`agency_code` of the collecting agency.", max_length=60),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(ReceiptFilter, request)
        year = wanted.get("year")

        def show(rows: list[Receipt]) -> list[dict[str, Any]]:
            told(request, rows)
            return [shapes.receipt(row) for row in rows]

        return pages.page(
            request,
            paying.receipts(
                start=datetime(year, 1, 1, tzinfo=money.HCM) if year else None,
                end=datetime(year + 1, 1, 1, tzinfo=money.HCM) if year else None,
                agency=wanted.get("agency"),
            ),
            order=("-issued_at", "-id"),
            render=show,
            ways=paying.receipt_ways(request.user.id),
        )


class ReceiptDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getReceipt",
        tag=TAG,
        summary="Read the receipt of a payment",
        description="404 until the payment is settled. For whoever owed it, and for whoever paid "
        "it: `payer_name` is who paid, `paid_for` whose due it was. A demonstration receipt.",
        answer=shapes.ReceiptShape,
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        row = paying.receipt(request.user.id, payment_id)
        told(request, [row])
        return http.answer(shapes.receipt(row))


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
        row = paying.receipt(request.user.id, payment_id)
        told(request, [row])
        data = receipts.paper(row)
        name = f"bien-lai-{row.number:07d}.pdf"
        response = HttpResponse(data, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["ETag"] = f'"{hashlib.sha256(data).hexdigest()}"'
        response["Cache-Control"] = "private, no-cache"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response
