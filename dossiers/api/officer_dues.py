"""What a dossier owes, at the desk: read, and corrected while it is being asked for."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import MfaRequired, NotFound
from common.http import Body, IsOfficer, Money, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import dues, moves, work
from dossiers.actions.who import NotYourAgency, NotYourRole
from dossiers.api import desk_shapes, officer_shapes
from dossiers.queries import offices
from dossiers.rules.states import MoveNotAllowed
from payments.actions import charge
from payments.queries.dues import DeskPayment

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
MAX_LINES = 20


class DueShape(officer_shapes.Shape):
    """One due of a dossier, also a cancelled one."""

    payment_id = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["owed", "free", "paid", "cancelled", "refunded"])
    amount = Money()
    paid = Money()
    refunded = Money()
    replaces = serializers.CharField(allow_null=True, help_text="The wrong due it stands for.")


class DuesShape(officer_shapes.Shape):
    """What a dossier owes and owed, newest first."""

    dues = DueShape(many=True)


class CorrectionBody(Body):
    """The whole due as it should be. Without lines nothing is owed."""

    payment_id = serializers.CharField(max_length=40, help_text="The due that is wrong.")
    lines = serializers.ListField(child=desk_shapes.DueLineBody(), max_length=MAX_LINES)
    reason = serializers.CharField(max_length=2000)
    expected_state = serializers.IntegerField(
        min_value=1, max_value=10, help_text="The state the officer saw; 409 when it moved on."
    )


def due_of(row: DeskPayment) -> dict[str, Any]:
    return {
        "payment_id": row.id,
        "title": row.title,
        "state": row.state,
        "amount": http.money(row.amount_vnd),
        "paid": http.money(row.paid_vnd),
        "refunded": http.money(row.refunded_vnd),
        "replaces": row.replaces_id,
    }


class OfficerDues(View):
    permission_classes = [IsOfficer]

    @operation(
        "listDossierDues",
        tag="officers",
        summary="Read what a dossier owes and owed",
        description="For an agency whose part in the dossier shows its money. Leaves a row in the "
        "citizen's access log.",
        answer=DuesShape,
        refusals=[NotFound, MfaRequired, offices.NoDossierRole],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        found = dues.read(officer_id=request.user.id, dossier_id=dossier_id, now=clock.now())
        return http.answer({"dues": [due_of(row) for row in found]})

    @operation(
        "correctDossierDues",
        tag="officers",
        summary="Correct what a dossier owes",
        description="By reception in state 1, and by whoever asked for the money in state 6. The "
        "wrong due is cancelled, its page closed, the right one opened in its place; late money "
        "goes back by itself. The state stays, unless nothing is owed any more in state 6: then "
        "the dossier goes on. 409 `payment_not_owed` when it was paid meanwhile: that is a refund.",
        body=CorrectionBody,
        answer=DuesShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            MfaRequired,
            offices.NoDossierRole,
            NotYourRole,
            NotYourAgency,
            moves.StateChanged,
            MoveNotAllowed,
            work.AssignedToAnother,
            work.LockedByAnother,
            charge.PaymentNotOwed,
            charge.PaymentUnderReview,
            charge.DueUnchanged,
        ],
        examples=[
            OpenApiExample(
                "one copy, not two",
                value={
                    "payment_id": "pay_01kb0000000000000000000001",
                    "lines": [
                        {
                            "code": "trich_luc",
                            "label_vi": "Lệ phí cấp bản sao trích lục hộ tịch",
                            "kind": "le_phi",
                            "quantity": 1,
                            "unit_vnd": 8000,
                        }
                    ],
                    "reason": "Người nộp chỉ cần một bản sao",
                    "expected_state": 1,
                },
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = CorrectionBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        values["lines"] = [
            {**line, "amount_vnd": line["quantity"] * line["unit_vnd"]} for line in values["lines"]
        ]
        found = dues.correct(
            officer_id=request.user.id, dossier_id=dossier_id, now=clock.now(), **values
        )
        return http.answer({"dues": [due_of(row) for row in found]}, status=201)
