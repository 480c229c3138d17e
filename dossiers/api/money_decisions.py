"""Refund decisions at the money desk: cashiers decide, a second officer confirms large sums."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import FieldError, Invalid, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import money_desk, refund_decisions, refunds
from dossiers.api import money_shapes as shapes
from dossiers.queries import refunds as queries
from dossiers.queries.offices import NotYourRole
from dossiers.rules import refunds as rules
from payments.actions import disputes, refund
from payments.queries import refunds as payments

DECISION = path_parameter("decision_id", "Id of the refund decision.")
STATES = [state.value for state in rules.State]


class DecisionFilter(Body):
    state = serializers.ChoiceField(choices=STATES, required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class DecisionMoveBody(Body):
    move = serializers.ChoiceField(
        choices=list(rules.MOVES),
        help_text="`grant` (full or part) and `decline` by a cashier; `confirm` by a cashier or "
        "approver who did not propose it; `send_back` by either.",
    )
    expected_state = serializers.ChoiceField(choices=STATES)
    amount = serializers.IntegerField(
        required=False, min_value=1, help_text="For `grant`: đồng to give back."
    )
    refundable_believed = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="For `grant` and `confirm`: đồng that can be given back, as last read.",
    )
    legal_basis = serializers.CharField(
        required=False, min_length=3, max_length=300, help_text="Leave it out when there is none."
    )
    reason = shapes.reason()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Refuse what the move has no use for and what it lacks, so that nothing is dropped."""
        needs = {"grant": {"amount", "refundable_believed"}, "confirm": {"refundable_believed"}}
        may = {"grant": {"legal_basis"}, "decline": {"legal_basis"}}
        needed = needs.get(data["move"], set())
        given = {"amount", "refundable_believed", "legal_basis"} & set(data)
        wrong = (needed - given) | (given - needed - may.get(data["move"], set()))
        if wrong:
            raise Invalid(
                errors=[
                    FieldError(
                        "does_not_fit_the_move",
                        name,
                        f"Không dùng được hoặc còn thiếu cho bước {data['move']}",
                        f"Not used by, or missing for, {data['move']}",
                        pointer=f"/{name}",
                    )
                    for name in sorted(wrong)
                ]
            )
        return data


def whole(seat: Any, decision_id: str) -> dict[str, Any]:
    row = queries.decision(seat, decision_id)
    return shapes.decision(
        row,
        refundable_vnd=sum(sum_vnd for _, sum_vnd in queries.kept(row)),
        states=payments.states_of(one.refund_id for one in row.refunds.all()),
    )


class RefundDecisions(View):
    permission_classes = [IsOfficer]

    @operation(
        "listRefundDecisions",
        tag="officers",
        summary="List the refund decisions of my agency",
        description="The newest first. One opens by itself when a dossier that was paid ends "
        "without a result: refused (3) or stopped (8). No general rule says that the fee goes "
        "back, so an officer decides. Leaves one row for each person shown.",
        answer=shapes.DecisionBriefShape,
        paged=True,
        refusals=[Invalid, NotYourRole],
        query=[text_parameter("state", "How far it is.", STATES)],
    )
    def get(self, request: Request) -> Response:
        seat = money_desk.decision_reader(request.user.id, now=clock.now())
        state = http.query_of(DecisionFilter, request).get("state")

        def show(rows: list[Any]) -> list[dict[str, Any]]:
            refunds.shown(
                seat=seat,
                citizen_ids=[row.dossier.citizen_id for row in rows],
                what="refund_decision:list",
                now=clock.now(),
            )
            return [shapes.decision_brief(row) for row in rows]

        return pages.page(
            request,
            queries.decisions(seat, state=state),
            order=("-opened_at", "-id"),
            render=show,
        )


class RefundDecisionDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getRefundDecision",
        tag="officers",
        summary="Read a refund decision with its history and what became of it",
        answer=shapes.DecisionShape,
        refusals=[NotFound, NotYourRole],
        query=[DECISION],
    )
    def get(self, request: Request, decision_id: str) -> Response:
        seat = money_desk.decision_reader(request.user.id, now=clock.now())
        row = queries.decision(seat, decision_id)
        refunds.shown(
            seat=seat,
            citizen_ids=[str(row.dossier.citizen_id)],
            what="refund_decision:read",
            reference=row.dossier_id,
            now=clock.now(),
        )
        data = whole(seat, decision_id)
        return http.composed_answer(data, version=data["version"])


class RefundDecisionMoves(View):
    permission_classes = [IsOfficer]

    @operation(
        "moveRefundDecision",
        tag="officers",
        summary="Decide whether a fee goes back",
        description="A grant orders the refunds, the oldest payment first, and the citizen is told "
        "with the reason. Above the server's limit it waits as `proposed` until a second officer "
        "confirms (practice, no law was found); sent back it is open again, or withdrawn when only "
        "an officer had proposed it. 412 tells what can be given back now.",
        body=DecisionMoveBody,
        answer=shapes.DecisionShape,
        status=201,
        key="transaction",
        refusals=[
            Invalid,
            NotFound,
            NotYourRole,
            refund_decisions.DecisionChanged,
            refund_decisions.DecisionMoveNotAllowed,
            refund_decisions.SecondOfficerNeeded,
            refund.RefundableAmountStale,
            refund.RefundTooLarge,
            disputes.PaymentDisputed,
            refund.RefundKeyReused,
        ],
        examples=[
            OpenApiExample(
                "all of it",
                value={
                    "move": "grant",
                    "expected_state": "open",
                    "amount": 16_000,
                    "refundable_believed": 16_000,
                    "reason": "Hồ sơ bị từ chối trước khi phát sinh công việc",
                },
                request_only=True,
            ),
            OpenApiExample(
                "nothing",
                value={
                    "move": "decline",
                    "expected_state": "open",
                    "reason": "Việc thẩm định đã thực hiện xong trước khi rút hồ sơ",
                },
                request_only=True,
            ),
        ],
        query=[DECISION],
    )
    def post(self, request: Request, decision_id: str) -> Response:
        body = DecisionMoveBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        refund_decisions.move(
            user_id=request.user.id,
            decision_id=decision_id,
            name=given["move"],
            expected_state=given["expected_state"],
            reason=given["reason"],
            amount_vnd=given.get("amount"),
            refundable_believed_vnd=given.get("refundable_believed"),
            legal_basis=given.get("legal_basis"),
            now=clock.now(),
        )
        seat = money_desk.decision_reader(request.user.id, now=clock.now())
        data = whole(seat, decision_id)
        return http.answer(data, status=201, version=data["version"])
