"""My receipts and their papers; and what anybody with a code may know of one."""

import secrets
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, NotFound, TooManyRequests
from common.http import Anyone, Body, IsCitizen, Money, Request, View
from common.openapi import operation, path_parameter, text_parameter
from payments.actions import payers, receipt_papers
from payments.actions.receipts import is_confirmation
from payments.api import shapes
from payments.models import Receipt
from payments.queries import paying
from payments.queries import receipts as reads
from payments.rules import money, words

TAG = "payments"
PAYMENT = path_parameter("payment_id", "The payment.")
RECEIPT = path_parameter("receipt_id", "The receipt.")
NUMBER = path_parameter("number", "Number of the print.")
CODE = path_parameter("lookup_code", "The code on the receipt.")


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


class PrintShape(shapes.Shape):
    """A print of a receipt on paper: a copy."""

    receipt_id = serializers.CharField()
    number = serializers.IntegerField()


class PublicReceiptShape(shapes.Shape):
    """What anybody with the code may know: no name, no dossier."""

    series = serializers.CharField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Receipt.Kind.values)
    status = serializers.ChoiceField(choices=["standing", "replaced"])
    replaced_by = shapes.ReceiptBriefShape(allow_null=True)
    collector = shapes.CollectorShape()
    total = Money()
    issued_at = serializers.DateTimeField()
    is_demo = serializers.BooleanField()


def public(row: Receipt) -> dict[str, Any]:
    whole = shapes.receipt(row)
    return {str(name): whole[str(name)] for name in PublicReceiptShape().fields}


def _name(row: Receipt) -> str:
    return f"{'xac-nhan' if is_confirmation(row) else 'bien-lai'}-{row.number:07d}"


def original(row: Receipt) -> HttpResponse:
    data = receipt_papers.original(receipt_id=row.id, now=clock.now())
    return http.pdf(data, _name(row))


def reprint(row: Receipt, number: int) -> HttpResponse:
    data = receipt_papers.copy(receipt=row, number=number)
    return http.pdf(data, f"{_name(row)}-ban-in-{number}")


class ReceiptDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getReceipt",
        tag=TAG,
        summary="Read the receipt of a payment",
        description="The one that stands; 404 until it is settled. For whoever owed it and "
        "for whoever paid it: `payer_name` is who paid, `paid_for` whose due it was.",
        answer=shapes.ReceiptShape,
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        row = reads.standing_of(request.user.id, payment_id)
        told(request, [row])
        return http.answer(shapes.receipt(row))


class ReceiptPaper(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadReceipt",
        tag=TAG,
        summary="Download the receipt as PDF",
        description="The signed original (of a demonstration authority): the same bytes always.",
        binary="application/pdf",
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Any:
        row = reads.standing_of(request.user.id, payment_id)
        told(request, [row])
        return original(row)


class PaymentReceipts(View):
    permission_classes = [IsCitizen]

    @operation(
        "listReceiptsOfPayment",
        tag=TAG,
        summary="List every receipt of a payment",
        description="The original, what adjusted it (money that went back) and what replaced it.",
        answer=shapes.ReceiptShape,
        paged=True,
        refusals=[NotFound],
        query=[PAYMENT],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        def show(rows: list[Receipt]) -> list[dict[str, Any]]:
            told(request, rows)
            return [shapes.receipt(row) for row in rows]

        rows = reads.of_payment(request.user.id, payment_id)
        if not rows.exists():
            paying.payment(request.user.id, payment_id, now=clock.now())  # nobody's is not found
        return pages.page(
            request,
            rows,
            order=("-issued_at", "-number"),
            render=show,
        )


class PaymentReceiptPaper(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadReceiptOfPayment",
        tag=TAG,
        summary="Download one of the receipts of a payment",
        binary="application/pdf",
        refusals=[NotFound],
        query=[PAYMENT, RECEIPT],
    )
    def get(self, request: Request, payment_id: str, receipt_id: str) -> Any:
        row = reads.one_of(request.user.id, payment_id, receipt_id)
        told(request, [row])
        return original(row)


class ReceiptPrints(View):
    permission_classes = [IsCitizen]

    @operation(
        "printReceipt",
        tag=TAG,
        summary="Take a print of a receipt",
        description="A print is a copy: its number stands on it. The file itself is the original.",
        answer=PrintShape,
        status=201,
        key="transaction",
        refusals=[NotFound, receipt_papers.TooManyPrints],
        query=[PAYMENT, RECEIPT],
    )
    def post(self, request: Request, payment_id: str, receipt_id: str) -> Response:
        number = receipt_papers.print_mine(
            citizen_id=str(request.user.id),
            payment_id=payment_id,
            receipt_id=receipt_id,
            client_key=request.idempotency_key,  # type: ignore[attr-defined]
            now=clock.now(),
        )
        return http.answer({"receipt_id": receipt_id, "number": number}, status=201)


class ReceiptPrint(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadReceiptPrint",
        tag=TAG,
        summary="Download a print of a receipt",
        binary="application/pdf",
        refusals=[NotFound],
        query=[PAYMENT, RECEIPT, NUMBER],
    )
    def get(self, request: Request, payment_id: str, receipt_id: str, number: str) -> Any:
        if not (number.isdecimal() and number.isascii() and len(number) < 4):
            raise NotFound
        row = reads.one_of(request.user.id, payment_id, receipt_id)
        told(request, [row])
        return reprint(row, int(number))


# --- for whoever holds the paper ----------------------------------------------------------------


class ReceiptThrottle(http.AddressThrottle):
    """A code cannot be guessed; trying them by the thousand only costs us."""

    name, calls = "receipt", 30


class PublicReceipt(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []
    throttle_classes = [ReceiptThrottle]
    cache_control = "no-store"

    @operation(
        "lookUpReceipt",
        tag=TAG,
        summary="See whether a receipt is on record",
        description="By the code on the receipt, which its QR code holds. Never a name.",
        answer=PublicReceiptShape,
        public=True,
        refusals=[NotFound, TooManyRequests],
        query=[CODE],
    )
    def get(self, request: Request, lookup_code: str) -> Response:
        return http.answer(public(reads.by_code(lookup_code)))


TOLD = {
    ("original", "standing"): ("Biên lai có hiệu lực", "This receipt stands"),
    ("replacement", "standing"): (
        "Biên lai thay thế, có hiệu lực",
        "A replacement; this receipt stands",
    ),
    ("adjustment", "standing"): ("Biên lai điều chỉnh", "An adjustment of another receipt"),
}
REPLACED = ("Đã được thay thế bằng biên lai khác", "Replaced by another receipt")


def page_of(row: Receipt, *, english: bool) -> dict[str, Any]:
    shown = public(row)
    told = TOLD.get((shown["kind"], shown["status"]), REPLACED)
    return {
        **shown,
        "told": told[1 if english else 0],
        "sum": words.dong(row.change_vnd or row.total_vnd),
        "issued": f"{row.issued_at.astimezone(money.HCM):%H:%M %d/%m/%Y}",
    }


@require_safe
def receipt_page(request: HttpRequest, lookup_code: str) -> HttpResponse:
    """Show the page behind the QR code of a receipt; readable on a phone, no script."""
    language = "en" if request.GET.get("lang") == "en" else "vi"
    nonce = secrets.token_urlsafe(16)
    shown: dict[str, Any] = {"language": language, "nonce": nonce, "path": request.path}
    try:
        row = reads.by_code(lookup_code)
    except NotFound:
        response = render_page(request, "payments/receipt.html", shown, status=404)
    else:
        shown["receipt"] = page_of(row, english=language == "en")
        response = render_page(request, "payments/receipt.html", shown)
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = language
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
