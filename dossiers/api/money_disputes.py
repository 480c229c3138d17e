"""Disputes at the money desk: what payers' banks took back, and what was done about it."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import money_books, money_desk
from dossiers.api.shapes import Shape
from dossiers.queries.offices import NotYourRole
from payments.actions import disputes
from payments.reports import disputes as shown

DISPUTE = path_parameter("dispute_id", "Id of the dispute.")


class DisputeEventShape(Shape):
    what = serializers.ChoiceField(choices=shown.EVENTS)
    state = serializers.ChoiceField(choices=shown.STATES, help_text="The state after it.")
    amount = Money(allow_null=True)
    by = serializers.CharField(help_text="The office, or the provider.")
    note = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class DisputeShape(Shape):
    """A payer's bank takes money back and decides later. The payment itself stays paid."""

    id = serializers.CharField()
    payment_id = serializers.CharField()
    reference = serializers.CharField(help_text="The dossier.")
    provider = serializers.CharField()
    provider_dispute_id = serializers.CharField()
    state = serializers.ChoiceField(choices=shown.STATES)
    reason = serializers.CharField(help_text="The provider's code; may be empty.")
    amount = Money()
    withdrawn = Money(help_text="Taken from the city's account so far.")
    returned = Money(help_text="Given back to it.")
    fee = Money(help_text="What the provider kept for it.")
    answer_by = serializers.DateTimeField(
        allow_null=True, help_text="Until when the bank takes evidence."
    )
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class DisputeDetailShape(DisputeShape):
    history = DisputeEventShape(many=True, help_text="Oldest first; never rewritten.")


class DisputeFilter(Body):
    state = serializers.ChoiceField(required=False, choices=shown.STATES)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class DisputeNoteBody(Body):
    text = serializers.CharField(min_length=10, max_length=1000)


def brief(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "reference": row.payment.reference,
        "provider": row.provider,
        "provider_dispute_id": row.provider_dispute_id,
        "state": row.state,
        "reason": row.reason,
        "amount": http.money(row.amount_vnd),
        "withdrawn": http.money(row.withdrawn_vnd),
        "returned": http.money(row.returned_vnd),
        "fee": http.money(row.fee_vnd),
        "answer_by": row.answer_by,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "version": row.version,
    }


def whole(row: Any) -> dict[str, Any]:
    return {
        **brief(row),
        "history": [
            {
                "what": one.what,
                "state": one.state,
                "amount": http.money(one.amount_vnd) if one.amount_vnd else None,
                "by": one.by_label or one.by,
                "note": one.note or None,
                "at": one.at,
            }
            for one in shown.history(row)
        ],
    }


class Disputes(View):
    permission_classes = [IsOfficer]

    @operation(
        "listDisputes",
        tag="officers",
        summary="List the disputes about my agency's payments",
        description="Newest first. For the agency's cashiers and auditors.",
        answer=DisputeShape,
        paged=True,
        refusals=[NotYourRole, MfaRequired, Invalid],
        query=[text_parameter("state", "Only these.", enum=list(shown.STATES))],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(DisputeFilter, request)
        seat = money_desk.reader(request.user.id, now=clock.now())
        return pages.page(
            request,
            shown.of_agencies(money_books.scope(seat), state=wanted.get("state")),
            order=("-opened_at", "-id"),
            render=lambda rows: [brief(row) for row in rows],
        )


class DisputeDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getDispute",
        tag="officers",
        summary="Read one dispute with its history",
        answer=DisputeDetailShape,
        refusals=[NotFound, NotYourRole, MfaRequired],
        query=[DISPUTE],
    )
    def get(self, request: Request, dispute_id: str) -> Response:
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = shown.dispute(money_books.scope(seat), dispute_id)
        return http.composed_answer(whole(row), version=row.version)


class DisputeNotes(View):
    permission_classes = [IsOfficer]

    @operation(
        "noteDispute",
        tag="officers",
        summary="Write down what was done about a dispute",
        description="For the agency's cashier; evidence itself is given at the provider.",
        body=DisputeNoteBody,
        answer=DisputeDetailShape,
        status=201,
        key="transaction",
        refusals=[NotFound, NotYourRole, MfaRequired, disputes.DisputeNotesFull],
        query=[DISPUTE],
        examples=[
            OpenApiExample(
                "evidence sent",
                value={"text": "Đã gửi biên lai và kết quả giải quyết cho cổng thanh toán."},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, dispute_id: str) -> Response:
        body = DisputeNoteBody(data=request.data)
        body.is_valid(raise_exception=True)
        money_books.note_dispute(
            user_id=request.user.id,
            dispute_id=dispute_id,
            text=body.validated_data["text"],
            now=clock.now(),
        )
        seat = money_desk.reader(request.user.id, now=clock.now())
        row = shown.dispute(money_books.scope(seat), dispute_id)
        return http.composed_answer(whole(row), version=row.version, status=201)
