"""The till: a cashier's day in sums, closed and handed in; the days of an agency."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import MfaRequired, NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import money_desk, money_till
from dossiers.api.money_counter import MAX_VND, REFERENCE, TAG, TakingShape, shown
from dossiers.api.shapes import Shape
from dossiers.queries.offices import NotYourRole
from payments.actions import till, till_slips
from payments.queries import till as reads

DAY = path_parameter("day_id", "The cashier's day.")


class TillClosingBody(Body):
    counted_vnd = serializers.IntegerField(
        min_value=0, max_value=MAX_VND, help_text="The cash that lies there, whole đồng."
    )
    note = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=1000,
        help_text="Why, when it is not what the book says.",
    )


class HandInBody(Body):
    reference = serializers.RegexField(REFERENCE, help_text="Of the paying-in slip.")


class TillSumsShape(Shape):
    count = serializers.IntegerField(help_text="Takings, also those that were reversed.")
    taken = Money()
    reversed = Money()
    paid_out = Money(help_text="Refunds.")
    left = Money()


class HandInShape(Shape):
    amount = Money()
    reference = serializers.CharField()
    at = serializers.DateTimeField()


class TillDayShape(Shape):
    """One day of one cashier, by the clock of Cần Thơ."""

    id = serializers.CharField()
    agency_code = serializers.CharField()
    cashier = serializers.CharField(help_text="The office, never a name.")
    day = serializers.DateField()
    state = serializers.ChoiceField(choices=["open", "closed"])
    cash = TillSumsShape()
    transfer = TillSumsShape()
    expected = Money(help_text="Cash by the book: takings less reversals and refunds paid out.")
    counted = Money(allow_null=True)
    difference = Money(allow_null=True, help_text="Counted less expected; it stays in the ledger.")
    note = serializers.CharField(allow_blank=True)
    handed_in = HandInShape(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class MyTillShape(Shape):
    today = serializers.DateField()
    till = TillDayShape(allow_null=True, help_text="The open day, else today's; null before any.")


class DaysFilter(Body):
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def sums(one: reads.Sums) -> dict[str, Any]:
    return {
        "count": one.count,
        "taken": http.money(one.taken_vnd),
        "reversed": http.money(one.reversed_vnd),
        "paid_out": http.money(one.paid_out_vnd),
        "left": http.money(one.left_vnd),
    }


def days(rows: list[Any]) -> list[dict[str, Any]]:
    found = reads.totals(rows)
    return [day(row, found[row.id]) for row in rows]


def day(row: Any, total: reads.Totals) -> dict[str, Any]:
    closed = row.closed_at is not None
    expected = row.expected_vnd if closed else total.cash.left_vnd
    paid_in = getattr(row, "hand_in", None)
    return {
        "id": row.id,
        "agency_code": row.agency_code,
        "cashier": row.cashier_label,
        "day": row.day_on,
        "state": "closed" if closed else "open",
        "cash": sums(total.cash),
        "transfer": sums(total.transfer),
        "expected": http.money(expected),
        "counted": http.money(row.counted_vnd) if closed else None,
        "difference": http.money(row.counted_vnd - expected) if closed else None,
        "note": row.note,
        "handed_in": {
            "amount": http.money(paid_in.amount_vnd),
            "reference": paid_in.reference,
            "at": paid_in.handed_in_at,
        }
        if paid_in
        else None,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
    }


class MyTill(View):
    permission_classes = [IsOfficer]

    @operation(
        "getMyTill",
        tag=TAG,
        summary="Read my till of today",
        answer=MyTillShape,
        refusals=[NotYourRole, MfaRequired],
    )
    def get(self, request: Request) -> Response:
        seat = money_desk.cashier(request.user.id, now=clock.now())
        row = reads.current(seat.user_id, clock.today())
        return http.answer({"today": clock.today(), "till": days([row])[0] if row else None})


class TillClosing(View):
    permission_classes = [IsOfficer]

    @operation(
        "closeMyTill",
        tag=TAG,
        summary="Count the cash and close my day",
        description="A difference needs a note, is booked, and stays visible. A closed day takes "
        "nothing more; the next taking belongs to the next day.",
        body=TillClosingBody,
        answer=TillDayShape,
        status=201,
        key="transaction",
        refusals=[NotYourRole, MfaRequired, till.NoTillOpen],
        examples=[
            OpenApiExample("it fits", value={"counted_vnd": 24000}, request_only=True),
            OpenApiExample(
                "something is missing",
                value={"counted_vnd": 23000, "note": "Trả nhầm tiền thừa cho một người nộp"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        body = TillClosingBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        seat = money_desk.cashier(request.user.id, now=now)
        row = till.close(cashier_id=seat.user_id, now=now, **body.validated_data)
        return http.answer(days([row])[0], status=201)


class TillDays(View):
    permission_classes = [IsOfficer]

    @operation(
        "listTillDays",
        tag=TAG,
        summary="List the till days of my agency",
        description="Newest first: a cashier's own, all of them for auditors and administrators.",
        answer=TillDayShape,
        paged=True,
        refusals=[NotYourRole, MfaRequired],
    )
    def get(self, request: Request) -> Response:
        http.query_of(DaysFilter, request)
        seat, whose = money_till.scope(request.user.id, now=clock.now())
        found = reads.days(seat.agency_id, cashier_id=whose)
        return pages.page(request, found, order=("-day_on", "-id"), render=days)


class TillTakings(View):
    permission_classes = [IsOfficer]

    @operation(
        "listTillTakings",
        tag=TAG,
        summary="List what was taken on a till day",
        description="Newest first. Each person shown can see it.",
        answer=TakingShape,
        paged=True,
        refusals=[NotFound, NotYourRole, MfaRequired],
        query=[DAY],
    )
    def get(self, request: Request, day_id: str) -> Response:
        http.query_of(DaysFilter, request)
        now = clock.now()
        seat, whose = money_till.scope(request.user.id, now=now)
        row = reads.day(seat.agency_id, day_id, cashier_id=whose)

        def show(rows: list[Any]) -> list[dict[str, Any]]:
            seen = [one.attempt.payment.citizen_id for one in rows]
            money_desk.look(seat=seat, citizen_ids=seen, what="payment:till", now=now)
            return [shown(one) for one in rows]

        found = reads.takings(row, but=money_desk.own_accounts(seat))
        return pages.page(request, found, order=("-taken_at", "-attempt_id"), render=show)


class TillSlip(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadTillSlip",
        tag=TAG,
        summary="Download the slip of a till day",
        description="Sums in figures and words, and the receipts given; no payer is named. Of an "
        "open day it says that it is provisional.",
        binary="application/pdf",
        refusals=[NotFound, NotYourRole, MfaRequired],
        query=[DAY],
    )
    def get(self, request: Request, day_id: str) -> Any:
        seat, whose = money_till.scope(request.user.id, now=clock.now())
        row = reads.day(seat.agency_id, day_id, cashier_id=whose)
        return http.pdf(till_slips.slip(row), f"bang-ke-thu-{row.day_on:%Y%m%d}")


class TillHandIn(View):
    permission_classes = [IsOfficer]

    @operation(
        "handInTill",
        tag=TAG,
        summary="Record that I handed the cash of a closed day in",
        description="All that was counted, to the treasury or a bank, by the slip's reference.",
        body=HandInBody,
        answer=TillDayShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            MfaRequired,
            till.TillDayOpen,
            till.HandedInBefore,
            till.NothingToHandIn,
        ],
        query=[DAY],
        examples=[
            OpenApiExample("to the treasury", value={"reference": "GNT-0001"}, request_only=True)
        ],
    )
    def post(self, request: Request, day_id: str) -> Response:
        body = HandInBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        seat = money_desk.cashier(request.user.id, now=now)
        till.hand_in(
            cashier_id=seat.user_id,
            day_id=day_id,
            reference=body.validated_data["reference"],
            now=now,
        )
        row = reads.day(seat.agency_id, day_id, cashier_id=seat.user_id)
        return http.answer(days([row])[0], status=201)
