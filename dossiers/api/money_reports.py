"""The settlement report of my agency, as JSON and as workbooks."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import Invalid, MfaRequired
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation
from dossiers.actions import money_desk, money_sheets
from dossiers.api.shapes import Shape
from dossiers.models import Seat
from dossiers.queries.offices import NotYourRole
from payments.reports import settlement

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Named as the query says it, and `from` is no name for an attribute.
DaysFilter: type[Body] = type(
    "DaysFilter", (Body,), {"from": serializers.DateField(), "to": serializers.DateField()}
)


def _day(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name=name,
        location=OpenApiParameter.QUERY,
        required=True,
        type={"type": "string", "format": "date"},
        description=description,
    )


DAYS = [
    _day("from", "First day, by the clock of Cần Thơ."),
    _day("to", f"Last day, included; {money_sheets.MAX_DAYS} days at most."),
]


class SettlementLineShape(Shape):
    """One phí or lệ phí. A refund names no line: it is taken from the lines in their order."""

    code = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField(help_text="`phi` (charge) or `le_phi` (fee).")
    count = serializers.IntegerField(help_text="Payments.")
    quantity = serializers.IntegerField(help_text="Copies.")
    collected = Money()
    refunded = Money()
    net = Money()


class SettlementMethodShape(Shape):
    method = serializers.ChoiceField(choices=["online", "bank", "cash", "other"])
    count = serializers.IntegerField()
    collected = Money()


class SettlementAccountShape(Shape):
    """One account of the agency in the ledger. Credits are positive."""

    account = serializers.CharField()
    name = serializers.CharField()
    opening = Money()
    debit = Money()
    credit = Money()
    closing = Money()


class SettlementShape(Shape):
    """Bảng kê thu phí, lệ phí. Every sum is a sum of ledger lines booked on those days."""

    agency_code = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    collected = Money()
    refunded = Money(help_text="Set aside to go back, less what was undone.")
    net = Money()
    provider_fees = Money(help_text="What payment providers kept.")
    suspense = Money(help_text="Held apart at the end of the last day.")
    disputed = Money(help_text="Taken back by banks and not returned, at the end of the last day.")
    open_discrepancies = serializers.IntegerField(help_text="Of those days, still open.")
    lines = SettlementLineShape(many=True)
    methods = SettlementMethodShape(many=True)
    accounts = SettlementAccountShape(many=True)


def shape(data: settlement.Settlement) -> dict[str, Any]:
    return {
        "agency_code": data.agency_code,
        "first_day": data.first,
        "last_day": data.last,
        "collected": http.money(data.collected_vnd),
        "refunded": http.money(data.refunded_vnd),
        "net": http.money(data.net_vnd),
        "provider_fees": http.money(data.provider_fees_vnd),
        "suspense": http.money(data.suspense_vnd),
        "disputed": http.money(data.disputed_vnd),
        "open_discrepancies": data.open_discrepancies,
        "lines": [
            {
                "code": one.code,
                "label": one.label,
                "kind": one.kind,
                "count": one.count,
                "quantity": one.quantity,
                "collected": http.money(one.collected_vnd),
                "refunded": http.money(one.refunded_vnd),
                "net": http.money(one.net_vnd),
            }
            for one in data.lines
        ],
        "methods": [
            {
                "method": one.method,
                "count": one.count,
                "collected": http.money(one.collected_vnd),
            }
            for one in data.methods
        ],
        "accounts": [
            {
                "account": one.account,
                "name": one.name,
                "opening": http.money(one.opening_vnd),
                "debit": http.money(one.debit_vnd),
                "credit": http.money(one.credit_vnd),
                "closing": http.money(one.closing_vnd),
            }
            for one in data.accounts
        ],
    }


def _asked(request: Request) -> tuple[Seat, date, date, datetime]:
    now = clock.now()
    wanted = http.query_of(DaysFilter, request)
    first, last = money_sheets.checked(wanted["from"], wanted["to"])
    return money_desk.reader(request.user.id, now=now), first, last, now


def _workbook(request: Request, make: Callable[..., bytes], name: str) -> Any:
    seat, first, last, now = _asked(request)
    # The same content gives the same bytes, whenever it is asked for: hence no time of making.
    made_at = datetime(first.year, first.month, first.day, tzinfo=now.tzinfo)
    data = make(seat=seat, first=first, last=last, now=made_at)
    response = HttpResponse(data, content_type=XLSX)
    file_name = f"{name}-{first:%Y%m%d}-{last:%Y%m%d}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["ETag"] = f'"{hashlib.sha256(data).hexdigest()}"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


class SettlementReport(View):
    permission_classes = [IsOfficer]

    @operation(
        "getSettlementReport",
        tag="officers",
        summary="Read what my agency collected and gave back",
        description="For its cashiers and auditors. Days are days in Cần Thơ; a payment belongs "
        "to the day on which it was booked.",
        answer=SettlementShape,
        refusals=[NotYourRole, MfaRequired, Invalid],
        query=DAYS,
    )
    def get(self, request: Request) -> Response:
        seat, first, last, _ = _asked(request)
        return http.answer(shape(settlement.settlement(seat.agency_id, first, last)))


class SettlementWorkbook(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadSettlementReport",
        tag="officers",
        summary="Download the settlement report as a workbook",
        binary=XLSX,
        refusals=[NotYourRole, MfaRequired, Invalid],
        query=DAYS,
    )
    def get(self, request: Request) -> Any:
        return _workbook(request, money_sheets.settlement_book, "bang-ke-thu")


class DiscrepancyWorkbook(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadDiscrepancies",
        tag="officers",
        summary="Download the discrepancies of a range of days as a workbook",
        description=f"{money_sheets.MAX_ROWS} rows at most.",
        binary=XLSX,
        refusals=[NotYourRole, MfaRequired, Invalid, money_sheets.ExportTooLong],
        query=DAYS,
    )
    def get(self, request: Request) -> Any:
        return _workbook(request, money_sheets.discrepancy_book, "chenh-lech")


class ReceiptWorkbook(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadReceiptBook",
        tag="officers",
        summary="Download the receipts issued and the numbers used as a workbook",
        description="In the manner of a report on receipts used; a demonstration, no tax "
        f"document. No payer is named. {money_sheets.MAX_ROWS} receipts at most.",
        binary=XLSX,
        refusals=[NotYourRole, MfaRequired, Invalid, money_sheets.ExportTooLong],
        query=DAYS,
    )
    def get(self, request: Request) -> Any:
        return _workbook(request, money_sheets.receipt_book, "bien-lai")
