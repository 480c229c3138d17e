"""The citizen after submission: follow, answer, withdraw, download."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, NotFound
from common.http import Body, IsCitizen, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import delivery, moves, papers, supplements
from dossiers.api import files, render, shapes
from dossiers.queries import mine
from dossiers.rules import states
from dossiers.rules.states import MoveNotAllowed

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
DOCUMENT = path_parameter("document_id", "Id of the paper.")


STATE_KEYS = {name.key: state for state, name in states.NAMES.items()}


class ListFilter(Body):
    state = serializers.ChoiceField(required=False, choices=list(STATE_KEYS))
    status = serializers.ChoiceField(required=False, choices=["open", "closed"])
    service_code = serializers.RegexField(r"^[0-9]\.[0-9]{6}$", required=False)
    needs_action = serializers.ChoiceField(required=False, choices=["true", "false"])
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def wanted(query: dict[str, Any]) -> mine.Wanted:
    return mine.Wanted(
        state=STATE_KEYS.get(query.get("state", "")),
        open=query["status"] == "open" if "status" in query else None,
        service_code=query.get("service_code"),
        needs_action=query["needs_action"] == "true" if "needs_action" in query else None,
        start=clock.midnight(query["start"]) if "start" in query else None,
        end=clock.midnight(query["end"]) if "end" in query else None,
    )


def day_parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name=name,
        location=OpenApiParameter.QUERY,
        type={"type": "string", "format": "date"},
        description=description,
    )


class Dossiers(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDossiers",
        tag="dossiers",
        summary="List my dossiers",
        description="Newest first, each with what it needs from me now. Filters add up; an "
        "unknown filter or value is refused.",
        answer=shapes.ListedDossierShape,
        paged=True,
        refusals=[Invalid],
        query=[
            text_parameter("state", "Key of an official state.", list(STATE_KEYS)),
            text_parameter("status", "Whether it may still move.", ["open", "closed"]),
            text_parameter("service_code", "Code of the procedure."),
            text_parameter("needs_action", "Whether I have to do something.", ["true", "false"]),
            day_parameter("start", "First day of submission."),
            day_parameter("end", "Day after the last one."),
        ],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            mine.dossiers(request.user.id, wanted(http.query_of(ListFilter, request))),
            order=("-submitted_at", "-id"),
            render=lambda rows: [render.listed(one) for one in mine.listed(rows)],
        )


def whole(citizen_id: str, dossier_id: str, *, status: int = 200) -> Response:
    """Return a dossier as its screen shows it, with an ETag that any part of it changes."""
    row = mine.dossier(citizen_id, dossier_id)
    data = render.dossier(row, mine.dues(row.id))
    return http.composed_answer(data, version=row.version, status=status)


class DossierDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getDossier",
        tag="dossiers",
        summary="Read a dossier with everything its screen shows",
        description="One call for the whole screen: state and what it means, what happens next, "
        "what is needed from me now, when the result may be expected, timeline, papers, money. "
        "The ETag changes with any part of it, also when only money came in.",
        answer=shapes.DossierShape,
        refusals=[NotFound],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        return whole(request.user.id, dossier_id)


class Timeline(View):
    permission_classes = [IsCitizen]

    @operation(
        "listTimeline",
        tag="dossiers",
        summary="Read the timeline",
        answer=shapes.EventShape,
        paged=True,
        refusals=[NotFound],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        return pages.page(
            request,
            mine.timeline(request.user.id, dossier_id),
            order=("seq",),
            render=lambda rows: [render.event(row) for row in rows],
        )


class Documents(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDocuments",
        tag="dossiers",
        summary="List the papers of a dossier",
        answer=shapes.DocumentShape,
        paged=True,
        refusals=[NotFound],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        return pages.page(
            request,
            mine.documents(request.user.id, dossier_id),
            order=("event_seq", "id"),
            render=lambda rows: [render.document(row) for row in rows],
        )


class DocumentContent(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadDocument",
        tag="dossiers",
        summary="Download a paper of a dossier",
        description="Results carry a PAdES signature (of a demonstration authority). One whose "
        "fee falls due with it is given once that is paid. A revoked one stays and is named so.",
        binary="application/pdf",
        refusals=[NotFound, moves.FeeUnpaid],
        query=[DOSSIER, DOCUMENT],
    )
    def get(self, request: Request, dossier_id: str, document_id: str) -> Any:
        row = mine.document(request.user.id, dossier_id, document_id)
        delivery.refuse_unpaid(row, clock.now())
        if row.file is None:
            papers.make(document_id=row.id, now=clock.now())
            row = mine.document(request.user.id, dossier_id, document_id)
        if row.file is None:
            raise NotFound
        revoked = " (đã thu hồi)" if row.revoked_at else ""
        return files.download(row.file, f"{row.title_vi}{revoked}.pdf")


class Supplements(View):
    permission_classes = [IsCitizen]

    @operation(
        "answerSupplement",
        tag="dossiers",
        summary="Answer a supplement request",
        description="Once and whole: what was saved at `/dossiers/{dossier_id}/supplement`, with "
        "`answers` over it. Add files first, at `/dossiers/{dossier_id}/attachments`. All that is "
        "still missing is said at once. Also open to a representative whose right lasts; the "
        "citizen sees it.",
        body=shapes.SupplementBody,
        answer=shapes.DossierShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            supplements.NothingAsked,
            supplements.SupplementEmpty,
            supplements.SupplementIncomplete,
        ],
        examples=[
            OpenApiExample(
                "a corrected field",
                value={"answers": {"nyc_dien_thoai": "+84987654321"}, "message": "Đã sửa"},
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = shapes.SupplementBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = supplements.answer(
            user_id=request.user.id,
            dossier_id=dossier_id,
            now=clock.now(),
            **body.validated_data,
        )
        return whole(found.citizen_id, found.id, status=201)


class Withdrawal(View):
    permission_classes = [IsCitizen]

    @operation(
        "withdrawDossier",
        tag="dossiers",
        summary="Ask to stop the procedure",
        description="Also open to a representative whose right lasts; the citizen is told at once.",
        body=shapes.WithdrawalBody,
        answer=shapes.DossierShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MoveNotAllowed],
        examples=[
            OpenApiExample(
                "with a reason",
                value={"reason": "Tôi không còn nhu cầu"},
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = shapes.WithdrawalBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = supplements.withdraw(
            user_id=request.user.id,
            dossier_id=dossier_id,
            reason=body.validated_data["reason"],
            now=clock.now(),
        )
        return whole(found.citizen_id, found.id, status=201)
