"""The officer's desk: the dossiers of one's own agency."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import desk as looking
from dossiers.actions import moves, processing
from dossiers.actions.processing import Act
from dossiers.actions.who import NotYourRole
from dossiers.api import files, render, shapes
from dossiers.models import Dossier, Seat
from dossiers.queries import desk, offices
from dossiers.rules import deadlines
from dossiers.rules.deadlines import CalendarMissing
from dossiers.rules.states import MoveNotAllowed, State
from payments import queries as payments

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")


def brief(row: Dossier, dues: payments.Dues | None) -> dict[str, Any]:
    late = deadlines.is_late(
        State(row.state), row.due_at, row.finished_at, clock.now(), row.missed_at
    )
    return {
        **render.dossier_brief(row),
        "applicant_name": row.applicant_name,
        "late": late,
        "fee_open": dues is not None and dues.open,
    }


def detail(row: Dossier, seat: Seat) -> dict[str, Any]:
    dues = payments.status_of([row.id]).get(row.id)
    return {
        **brief(row, dues),
        "answers": row.answers,
        "provenance": row.provenance,
        "fee": render.fee(row.fee_quote),
        "owed": http.money(dues.owed_vnd if dues else 0),
        "paid": http.money(dues.paid_vnd if dues else 0),
        "promises": render.promises(row),
        "missed_at": row.missed_at,
        "timeline": [render.event(one) for one in row.timeline.all()],
        "documents": [render.document(one) for one in row.documents.all()],
        "attachments": [render.attachment(one) for one in row.attachments.all()],
        "supplements": [render.supplement(one) for one in row.supplements.all()],
        "moves": desk.moves(seat, row),
        **desk.extension(seat, row, clock.now()),
    }


class QueueFilter(Body):
    state = serializers.IntegerField(required=False, min_value=1, max_value=10)
    role = serializers.ChoiceField(required=False, choices=["receiving", "competent"])
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class Queue(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerDossiers",
        tag="officers",
        summary="List the dossiers of my agency",
        description="Leaves one row for each person shown in that person's access log.",
        answer=shapes.OfficerDossierShape,
        paged=True,
        refusals=[MfaRequired, Invalid],
        query=[
            text_parameter("state", "Official state.", [str(code) for code in range(1, 11)]),
            text_parameter("role", "As which agency.", ["receiving", "competent"]),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(QueueFilter, request)
        seat = offices.seat(request.user.id)

        def show(rows: list[Dossier]) -> list[dict[str, Any]]:
            looking.list_shown(seat=seat, dossiers=rows, now=clock.now())
            dues = payments.status_of([row.id for row in rows])
            return [brief(row, dues.get(row.id)) for row in rows]

        return pages.page(
            request,
            desk.queue(
                seat,
                state=wanted.get("state"),
                role=wanted.get("role"),
            ),
            order=("submitted_at", "id"),
            render=show,
        )


class OfficerDossier(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficerDossier",
        tag="officers",
        summary="Read a dossier of my agency",
        description="Leaves a row in the citizen's access log.",
        answer=shapes.OfficerDetailShape,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id)
        row = desk.dossier(seat, dossier_id)
        looking.shown(seat=seat, dossier=row, now=clock.now())
        return http.answer(detail(row, seat))


class OfficerMoves(View):
    permission_classes = [IsOfficer]

    @operation(
        "moveDossier",
        tag="officers",
        summary="Make a move on a dossier",
        description="One listed edge of the official states. `expected_state` is the state the "
        "officer saw: 409 when the dossier moved on meanwhile.",
        body=shapes.MoveBody,
        answer=shapes.OfficerDetailShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            moves.StateChanged,
            MoveNotAllowed,
            moves.FeeUnpaid,
            moves.AppraisalTooLate,
            moves.NothingProposed,
            CalendarMissing,
        ],
        examples=[
            OpenApiExample(
                "receive", value={"move": "receive", "expected_state": 1}, request_only=True
            ),
            OpenApiExample(
                "ask for a supplement",
                value={
                    "move": "request_supplement",
                    "expected_state": 4,
                    "reason": "Ảnh căn cước bị mờ, đề nghị chụp lại",
                    "papers": ["000.00.00.G15-KQ004946"],
                },
                request_only=True,
            ),
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = shapes.MoveBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        values["lines"] = [
            {**line, "amount_vnd": line["quantity"] * line["unit_vnd"]} for line in values["lines"]
        ]
        processing.act(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            act=Act(**values),
            now=clock.now(),
        )
        seat = offices.seat(request.user.id)
        row = desk.dossier(seat, dossier_id)
        return http.answer(detail(row, seat), status=201, version=row.version)


class OfficerAttachment(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOfficerFile",
        tag="officers",
        summary="Download a file of a dossier of my agency",
        description="Leaves a row in the citizen's access log.",
        binary="application/octet-stream",
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER, path_parameter("attachment_id", "Id of the attachment.")],
    )
    def get(self, request: Request, dossier_id: str, attachment_id: str) -> Any:
        seat = offices.seat(request.user.id)
        row = desk.dossier(seat, dossier_id)
        chosen = next((one for one in row.attachments.all() if one.id == attachment_id), None)
        if chosen is None:
            raise NotFound
        looking.shown(seat=seat, dossier=row, now=clock.now(), what=f"file:{chosen.paper_key}")
        return files.download(chosen.file, chosen.file_name)
