"""Reconciliation at the money desk: the days compared, what did not fit, and what it was."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import day_parameter, operation, path_parameter, text_parameter
from dossiers.actions import money_books, money_desk
from dossiers.api.shapes import Shape
from dossiers.queries.offices import NotYourRole
from payments.actions import discrepancies as working
from payments.reports import discrepancies

DISCREPANCY = path_parameter("discrepancy_id", "Id of the discrepancy.")
RESOLUTIONS = [one.value for one in working.Resolution]


class RunShape(Shape):
    """One day of one provider. The sums of a whole statement are the city centre's to see."""

    id = serializers.CharField()
    provider = serializers.CharField()
    day = serializers.DateField(help_text="By the clock of Cần Thơ.")
    state = serializers.ChoiceField(choices=discrepancies.RUN_STATES)
    tries = serializers.IntegerField()
    their_lines = serializers.IntegerField(help_text="Lines in the provider's statement.")
    their_net = Money(allow_null=True, help_text="Null but at the city's centre.")
    our_net = Money(allow_null=True, help_text="What the ledger says of the same lines.")
    open_discrepancies = serializers.IntegerField(help_text="Of my agency, still open.")
    tried_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)


class FiguresShape(Shape):
    """What one side says of a line. Signed: what left the city's account is negative."""

    amount = Money()
    fee = Money(help_text="What the provider kept.")


class DiscrepancyEventShape(Shape):
    what = serializers.ChoiceField(choices=discrepancies.EVENTS)
    by = serializers.CharField(help_text="The office; `rule:reconcile` for a comparison.")
    resolution = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True)
    theirs = FiguresShape(allow_null=True)
    ours = FiguresShape(allow_null=True)
    at = serializers.DateTimeField()


class DiscrepancyShape(Shape):
    """One line on which the provider's statement and the ledger do not agree."""

    id = serializers.CharField()
    provider = serializers.CharField()
    day = serializers.DateField()
    kind = serializers.ChoiceField(choices=discrepancies.KINDS)
    differs = serializers.ListField(
        child=serializers.CharField(),
        help_text="`amount`, `fee`, `kind`, `currency`; or where it stands twice.",
    )
    state = serializers.ChoiceField(choices=discrepancies.STATES)
    overdue = serializers.BooleanField(help_text="Open for too many working days.")
    line_id = serializers.CharField(help_text="The provider's id of the line.")
    line_kind = serializers.CharField(help_text="The provider's word for it; may be empty.")
    source_id = serializers.CharField(help_text="What the line is about, at the provider.")
    currency = serializers.CharField()
    payment_id = serializers.CharField(allow_null=True)
    reference = serializers.CharField(allow_null=True, help_text="The dossier.")
    theirs = FiguresShape(allow_null=True, help_text="Null: the provider knows nothing of it.")
    ours = FiguresShape(allow_null=True, help_text="Null: the ledger knows nothing of it.")
    resolution = serializers.CharField(allow_null=True)
    found_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class DiscrepancyDetailShape(DiscrepancyShape):
    history = DiscrepancyEventShape(many=True, help_text="Oldest first; never rewritten.")


class RunFilter(Body):
    state = serializers.ChoiceField(required=False, choices=discrepancies.RUN_STATES)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class DiscrepancyFilter(Body):
    state = serializers.ChoiceField(required=False, choices=discrepancies.STATES)
    kind = serializers.ChoiceField(required=False, choices=discrepancies.KINDS)
    day = serializers.DateField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class ResolutionBody(Body):
    kind = serializers.ChoiceField(
        choices=RESOLUTIONS, help_text="`note` keeps it open; all others close it."
    )
    note = serializers.CharField(min_length=10, max_length=1000, help_text="Why; never rewritten.")


def figures(amount_vnd: int | None, fee_vnd: int | None) -> dict[str, Any] | None:
    if amount_vnd is None:
        return None
    return {"amount": http.money(amount_vnd), "fee": http.money(fee_vnd or 0)}


def sides(data: dict[str, int | None]) -> dict[str, Any]:
    return {
        "theirs": figures(data.get("their_amount_vnd"), data.get("their_fee_vnd")),
        "ours": figures(data.get("our_amount_vnd"), data.get("our_fee_vnd")),
    }


def brief(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "provider": row.provider,
        "day": row.day_on,
        "kind": row.kind,
        "differs": row.differs,
        "state": row.state,
        "overdue": row.state == "open" and row.alarmed_at is not None,
        "line_id": row.line_id,
        "line_kind": row.line_kind,
        "source_id": row.source_id,
        "currency": row.currency,
        "payment_id": row.payment_id,
        "reference": row.payment.reference if row.payment else None,
        **sides(vars(row)),
        "resolution": row.resolution or None,
        "found_at": row.found_at,
        "closed_at": row.closed_at,
        "version": row.version,
    }


def whole(row: Any) -> dict[str, Any]:
    return {
        **brief(row),
        "history": [
            {
                "what": one.what,
                "by": one.by_label or one.by,
                "resolution": one.resolution or None,
                "note": one.note or None,
                **sides(one.figures),
                "at": one.at,
            }
            for one in discrepancies.history(row)
        ],
    }


def run(row: Any, *, totals: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "provider": row.provider,
        "day": row.day_on,
        "state": row.state,
        "tries": row.tries,
        "their_lines": row.their_lines,
        "their_net": http.money(row.their_net_vnd) if totals else None,
        "our_net": http.money(row.our_net_vnd) if totals else None,
        "open_discrepancies": row.open_here,
        "tried_at": row.tried_at,
        "done_at": row.done_at,
    }


class ReconciliationRuns(View):
    permission_classes = [IsOfficer]

    @operation(
        "listReconciliationRuns",
        tag="officers",
        summary="List the days compared with the providers' statements",
        description="Newest first. For the agency's cashiers and auditors. A day whose provider "
        "gave no statement stays `unanswered` and is tried again.",
        answer=RunShape,
        paged=True,
        refusals=[NotYourRole, MfaRequired, Invalid],
        query=[text_parameter("state", "Only these.", enum=list(discrepancies.RUN_STATES))],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(RunFilter, request)
        seat = money_desk.reader(request.user.id, now=clock.now())
        totals = money_books.sees_totals(seat)
        return pages.page(
            request,
            discrepancies.runs(money_books.scope(seat), state=wanted.get("state")),
            order=("-day_on", "-id"),
            render=lambda rows: [run(row, totals=totals) for row in rows],
        )


class Discrepancies(View):
    permission_classes = [IsOfficer]

    @operation(
        "listDiscrepancies",
        tag="officers",
        summary="List what did not fit between statements and ledger",
        description="Newest day first. For the cashiers and auditors of the payment's agency; "
        "what belongs to no payment is the city centre's. Nothing is mended silently.",
        answer=DiscrepancyShape,
        paged=True,
        refusals=[NotYourRole, MfaRequired, Invalid],
        query=[
            text_parameter("state", "Only these.", enum=list(discrepancies.STATES)),
            text_parameter("kind", "Only these.", enum=list(discrepancies.KINDS)),
            day_parameter("day", "Only of that day's statement."),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(DiscrepancyFilter, request)
        seat = money_desk.reader(request.user.id, now=clock.now())
        return pages.page(
            request,
            discrepancies.discrepancies(
                money_books.scope(seat),
                state=wanted.get("state"),
                kind=wanted.get("kind"),
                day=wanted.get("day"),
            ),
            order=("-day_on", "-id"),
            render=lambda rows: [brief(row) for row in rows],
        )


class DiscrepancyDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getDiscrepancy",
        tag="officers",
        summary="Read one discrepancy with its history",
        answer=DiscrepancyDetailShape,
        refusals=[NotFound, NotYourRole, MfaRequired],
        query=[DISCREPANCY],
    )
    def get(self, request: Request, discrepancy_id: str) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = discrepancies.discrepancy(money_books.scope(seat), discrepancy_id)
        return http.composed_answer(whole(row), version=row.version)


class DiscrepancyResolution(View):
    permission_classes = [IsOfficer]

    @operation(
        "resolveDiscrepancy",
        tag="officers",
        summary="Say what a discrepancy was",
        description="For the agency's cashier. Of two who resolve it at once one gets 409. It "
        "changes no ledger line; a later comparison that finds other figures opens it again.",
        body=ResolutionBody,
        answer=DiscrepancyDetailShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            NotYourRole,
            MfaRequired,
            working.DiscrepancyClosed,
            working.HistoryFull,
        ],
        query=[DISCREPANCY],
        examples=[
            OpenApiExample(
                "the provider put it right",
                value={
                    "kind": "corrected_there",
                    "note": "Cổng thanh toán đã sửa sao kê, có công văn kèm theo.",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, discrepancy_id: str) -> Response:
        body = ResolutionBody(data=request.data)
        body.is_valid(raise_exception=True)
        money_books.resolve(
            user_id=request.user.id,
            discrepancy_id=discrepancy_id,
            resolution=body.validated_data["kind"],
            note=body.validated_data["note"],
            now=clock.now(),
        )
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = discrepancies.discrepancy(money_books.scope(seat), discrepancy_id)
        return http.composed_answer(whole(row), version=row.version, status=201)
