"""The way back of a result: chosen, handed over, confirmed."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import MfaRequired, NotFound
from common.http import Body, IsCitizen, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import delivery, moves, processing
from dossiers.actions.who import NotYourRole
from dossiers.api import render, shapes
from dossiers.models import Delivery
from dossiers.queries import mine
from dossiers.rules.states import MoveNotAllowed

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
WAYS = ["app", "post", "counter"]
STATES = ["waiting", "ready", "sent", "returned"]


class DeliveryEventShape(shapes.Shape):
    """One thing that happened to the result on its way."""

    kind = serializers.ChoiceField(
        choices=["handed_over", "delivered", "sent_back", "acknowledged", "taken_back"]
    )
    way = serializers.ChoiceField(choices=WAYS)
    taken_by = serializers.CharField()
    taker_name = serializers.CharField()
    proof = serializers.CharField()
    signed = serializers.BooleanField()
    tracking_number = serializers.CharField()
    at = serializers.DateTimeField()


class DeliveryShape(shapes.Shape):
    """The way chosen and how far the result is; apart from the official state."""

    way = serializers.ChoiceField(choices=WAYS)
    address = serializers.DictField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="For `If-Match` when the way is changed.")
    events = DeliveryEventShape(many=True)


class ReportBody(Body):
    outcome = serializers.ChoiceField(choices=["delivered", "sent_back"])


def shown(row: Delivery) -> dict[str, Any]:
    """Return a delivery with what happened to it, for whom it belongs to and for the desk."""
    return {
        "way": row.way,
        "address": row.address,
        "state": row.state,
        "acknowledged_at": row.acknowledged_at,
        "version": row.version,
        "events": [
            {
                "kind": one.kind,
                "way": one.way,
                "taken_by": one.taken_by,
                "taker_name": one.taker_name,
                "proof": one.proof,
                "signed": one.signed,
                "tracking_number": one.tracking_number,
                "at": one.at,
            }
            for one in mine.delivery_events(row.dossier_id)
        ],
    }


class DossierDelivery(View):
    permission_classes = [IsCitizen]

    @operation(
        "getDelivery",
        tag="dossiers",
        summary="Read how the result comes back",
        answer=DeliveryShape,
        refusals=[NotFound],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        row = mine.delivery(request.user.id, dossier_id)
        return http.answer(shown(row), version=row.version)

    @operation(
        "chooseDelivery",
        tag="dossiers",
        summary="Choose how the result comes back",
        description="In the app, by public post, or at the counter; until it is handed over.",
        body=shapes.DeliveryBody,
        answer=DeliveryShape,
        match=True,
        refusals=[NotFound, delivery.TooLateToChoose],
        examples=[
            OpenApiExample(
                "by post",
                value={
                    "way": "post",
                    "address": {
                        "name": "Nguyễn Thị Lan",
                        "phone": "+84900000001",
                        "line": "12 Nguyễn Trãi",
                        "ward_code": "31135",
                        "province_code": "92",
                    },
                },
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def put(self, request: Request, dossier_id: str) -> Response:
        expected = http.expected_version(request)
        body = shapes.DeliveryBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = delivery.choose(
            citizen_id=request.user.id,
            dossier_id=dossier_id,
            expected_version=expected,
            way=body.validated_data["way"],
            address=body.validated_data.get("address"),
            now=clock.now(),
        )
        return http.answer(shown(row), version=row.version)


class Acknowledgement(View):
    permission_classes = [IsCitizen]

    @operation(
        "acknowledgeResult",
        tag="dossiers",
        summary="Confirm that the result arrived",
        description="For a result in the app this is the hand-over: the dossier closes. For one "
        "by post or from the counter the receipt is noted.",
        body=Body,
        answer=shapes.DossierShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            delivery.NothingToAcknowledge,
            moves.NotByApp,
            moves.FeeUnpaid,
            MoveNotAllowed,
        ],
        examples=[OpenApiExample("received", value={}, request_only=True)],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        Body(data=request.data).is_valid(raise_exception=True)
        delivery.acknowledge(citizen_id=request.user.id, dossier_id=dossier_id, now=clock.now())
        row = mine.dossier(request.user.id, dossier_id)
        return http.answer(render.dossier(row, mine.dues(row.id)), status=201, version=row.version)


class DeliveryReports(View):
    permission_classes = [IsOfficer]

    @operation(
        "reportDelivery",
        tag="officers",
        summary="Say what the post did with a result",
        description="Delivered, or sent back. The official state stays; after it was sent back, "
        "`recall_hand_over` lets the result be handed over again.",
        body=ReportBody,
        answer=DeliveryShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, NotYourRole, delivery.NotOnItsWay],
        examples=[OpenApiExample("delivered", value={"outcome": "delivered"}, request_only=True)],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = ReportBody(data=request.data)
        body.is_valid(raise_exception=True)
        dossier = processing.report_delivery(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            outcome=body.validated_data["outcome"],
            now=clock.now(),
        )
        row = mine.delivery(dossier.citizen_id, dossier.id)
        return http.answer(shown(row), status=201, version=row.version)
