"""The receipts that an agency issued: the cashier replaces and prints, the auditor looks."""

import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import money_desk
from dossiers.api.shapes import Shape
from dossiers.models import Seat
from dossiers.queries.offices import NotYourRole
from payments.actions import receipt_papers, receipts
from payments.queries import receipts as reads

TAG = "officer-money"
RECEIPT = path_parameter("receipt_id", "The receipt.")
NUMBER = path_parameter("number", "Number of the print.")
KINDS = ["original", "adjustment", "replacement"]


class DeskReceiptBriefShape(Shape):
    id = serializers.CharField()
    series = serializers.CharField()
    number = serializers.CharField(help_text="Seven digits.")


class DeskReceiptShape(Shape):
    """A receipt as the desk sees it."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    dossier_id = serializers.CharField(help_text="What was paid for.")
    series = serializers.CharField()
    number = serializers.CharField(help_text="Seven digits.")
    kind = serializers.ChoiceField(choices=KINDS)
    status = serializers.ChoiceField(choices=["standing", "replaced"])
    corrects = DeskReceiptBriefShape(allow_null=True)
    replaced_by = DeskReceiptBriefShape(allow_null=True)
    reason = serializers.CharField()
    issued_by = serializers.CharField(help_text="An officer's id, or `rule:…`.")
    payer_name = serializers.CharField()
    payer_address = serializers.CharField()
    payer_tax_code = serializers.CharField()
    title = serializers.CharField()
    total = Money()
    change = Money()
    method = serializers.CharField()
    issued_at = serializers.DateTimeField()
    is_demo = serializers.BooleanField()


class DeskPrintShape(Shape):
    receipt_id = serializers.CharField()
    number = serializers.IntegerField()


class ReplacementBody(Body):
    """Only who paid can be written anew; the sum changes when money moves, never here."""

    payer_name = serializers.CharField(required=False, min_length=2, max_length=200)
    payer_address = serializers.CharField(required=False, max_length=300, allow_blank=True)
    payer_tax_code = serializers.RegexField(
        r"^(\d{10}|\d{10}-\d{3}|\d{12}|)$", required=False, allow_blank=True, max_length=14
    )
    reason = serializers.CharField(min_length=5, max_length=400)


class ReceiptFilter(Body):
    kind = serializers.ChoiceField(required=False, choices=KINDS)
    series = serializers.CharField(required=False, max_length=40)
    number = serializers.IntegerField(required=False, min_value=1, max_value=9_999_999)
    payment_id = serializers.CharField(required=False, max_length=40)
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def wanted(values: dict[str, Any]) -> reads.Wanted:
    return reads.Wanted(
        kind=values.get("kind"),
        series=values.get("series"),
        number=values.get("number"),
        payment_id=values.get("payment_id"),
        start=_midnight(values.get("start")),
        end=_midnight(values.get("end")),
    )


def _midnight(day: datetime.date | None) -> datetime.datetime | None:
    return clock.midnight(day) if day else None


def brief(row: Any) -> dict[str, Any] | None:
    return row and {"id": row.id, "series": row.series, "number": f"{row.number:07d}"}


def shown(row: Any) -> dict[str, Any]:
    after = getattr(row, "replaced_by", None)
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "dossier_id": row.payment.reference,
        "series": row.series,
        "number": f"{row.number:07d}",
        "kind": row.kind,
        "status": "replaced" if after else "standing",
        "corrects": brief(row.corrects),
        "replaced_by": brief(after),
        "reason": row.reason,
        "issued_by": row.issued_by,
        "payer_name": row.payer_name,
        "payer_address": row.payer_address,
        "payer_tax_code": row.payer_tax_code,
        "title": row.title,
        "total": http.money(row.total_vnd),
        "change": http.money(row.change_vnd),
        "method": row.method,
        "issued_at": row.issued_at,
        "is_demo": row.collector["is_demo"],
    }


def one(seat: Seat, receipt_id: str, *, what: str) -> Any:
    """Return a receipt of the officer's agency, and leave a row for whose payment it is."""
    row = reads.one_at_desk(seat.agency_id, receipt_id, but=money_desk.own_accounts(seat))
    money_desk.look(seat=seat, citizen_ids=[row.payment.citizen_id], what=what, now=clock.now())
    return row


class OfficerReceipts(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerReceipts",
        tag=TAG,
        summary="List the receipts that my agency issued",
        description="Newest first. For its cashiers and auditors. Each person shown can see it.",
        answer=DeskReceiptShape,
        paged=True,
        refusals=[NotYourRole],
        query=[
            text_parameter("kind", "Kind of the receipt.", KINDS),
            text_parameter("series", "Series."),
            text_parameter("number", "Number in the series."),
            text_parameter("payment_id", "The payment."),
            *(
                OpenApiParameter(
                    name=name,
                    location=OpenApiParameter.QUERY,
                    type={"type": "string", "format": "date"},
                    description=told,
                )
                for name, told in (("start", "First day."), ("end", "Day after the last one."))
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        seat = money_desk.reader(request.user.id, now=now)
        values = http.query_of(ReceiptFilter, request)
        rows = reads.at_desk(seat.agency_id, wanted(values), but=money_desk.own_accounts(seat))

        def render(found: Any) -> list[dict[str, Any]]:
            citizen_ids = [row.payment.citizen_id for row in found]
            money_desk.look(seat=seat, citizen_ids=citizen_ids, what="receipt:list", now=now)
            return [shown(row) for row in found]

        return pages.page(request, rows, order=("-issued_at", "-series", "-number"), render=render)


class OfficerReceipt(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficerReceipt",
        tag=TAG,
        summary="Read a receipt that my agency issued",
        answer=DeskReceiptShape,
        refusals=[NotFound, NotYourRole],
        query=[RECEIPT],
    )
    def get(self, request: Request, receipt_id: str) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        return http.answer(shown(one(seat, receipt_id, what="receipt:read")))


class OfficerReceiptPaper(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOfficerReceipt",
        tag=TAG,
        summary="Download the signed PDF of a receipt",
        binary="application/pdf",
        refusals=[NotFound, NotYourRole],
        query=[RECEIPT],
    )
    def get(self, request: Request, receipt_id: str) -> Any:
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = one(seat, receipt_id, what="receipt:paper")
        data = receipt_papers.original(receipt_id=row.id, now=clock.now())
        return http.pdf(data, f"bien-lai-{row.number:07d}")


class OfficerReceiptReplacement(View):
    permission_classes = [IsOfficer]

    @operation(
        "replaceReceipt",
        tag=TAG,
        summary="Issue a receipt in the place of a wrong one",
        description="The old one stays and says what replaced it. The payer is told.",
        body=ReplacementBody,
        answer=DeskReceiptShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            receipts.ReceiptReplaced,
            receipts.ReceiptUnchanged,
            receipts.TooManyCorrections,
        ],
        examples=[
            OpenApiExample(
                "a company paid",
                value={
                    "payer_name": "Công ty TNHH Mẫu",
                    "payer_tax_code": "0100000000",
                    "reason": "Người nộp đề nghị ghi tên đơn vị",
                },
                request_only=True,
            )
        ],
        query=[RECEIPT],
    )
    def post(self, request: Request, receipt_id: str) -> Response:
        now = clock.now()
        body = ReplacementBody(data=request.data)
        body.is_valid(raise_exception=True)
        seat = money_desk.cashier(request.user.id, now=now)
        made = money_desk.replace_receipt(
            seat=seat,
            receipt_id=receipt_id,
            payer={name: value for name, value in body.validated_data.items() if name != "reason"},
            reason=body.validated_data["reason"],
            client_key=request.idempotency_key,
            now=now,
        )
        return http.answer(shown(reads.one_at_desk(seat.agency_id, made)), status=201)


class OfficerReceiptPrints(View):
    permission_classes = [IsOfficer]

    @operation(
        "printOfficerReceipt",
        tag=TAG,
        summary="Take a print of a receipt for somebody at the counter",
        description="A print is a copy: its number stands on it.",
        answer=DeskPrintShape,
        status=201,
        key="transaction",
        refusals=[NotFound, NotYourRole, receipt_papers.TooManyPrints],
        query=[RECEIPT],
    )
    def post(self, request: Request, receipt_id: str) -> Response:
        now = clock.now()
        seat = money_desk.cashier(request.user.id, now=now)
        number = money_desk.print_receipt(
            seat=seat, receipt_id=receipt_id, client_key=request.idempotency_key, now=now
        )
        return http.answer({"receipt_id": receipt_id, "number": number}, status=201)


class OfficerReceiptPrint(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOfficerReceiptPrint",
        tag=TAG,
        summary="Download a print of a receipt",
        binary="application/pdf",
        refusals=[NotFound, NotYourRole],
        query=[RECEIPT, NUMBER],
    )
    def get(self, request: Request, receipt_id: str, number: str) -> Any:
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = one(seat, receipt_id, what="receipt:print")
        if not (number.isdecimal() and number.isascii() and len(number) < 4):
            raise NotFound
        data = receipt_papers.copy(receipt=row, number=int(number))
        return http.pdf(data, f"bien-lai-{row.number:07d}-ban-in-{number}")
