"""The citizen after submission: follow, answer, withdraw, download."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import parsers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import NotFound
from common.http import IsCitizen, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import delivery, drafts, moves, papers, supplements
from dossiers.api import files, render, shapes
from dossiers.api.drafts import read_limited
from dossiers.queries import mine
from dossiers.rules.states import MoveNotAllowed

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
DOCUMENT = path_parameter("document_id", "Id of the paper.")


class Dossiers(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDossiers",
        tag="dossiers",
        summary="List my dossiers",
        answer=shapes.DossierBriefShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            mine.dossiers(request.user.id),
            order=("-submitted_at", "-id"),
            render=lambda rows: [render.dossier_brief(row) for row in rows],
        )


class DossierDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getDossier",
        tag="dossiers",
        summary="Read a dossier with everything its screen shows",
        answer=shapes.DossierShape,
        refusals=[NotFound],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        row = mine.dossier(request.user.id, dossier_id)
        return http.answer(render.dossier(row, mine.dues(row.id)))


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
        description="Only the fields that were asked for may change. Add files first, at "
        "`/dossiers/{dossier_id}/attachments`.",
        body=shapes.SupplementBody,
        answer=shapes.DossierShape,
        status=201,
        key="transaction",
        refusals=[NotFound, supplements.NothingAsked, supplements.SupplementEmpty],
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
        supplements.answer(
            citizen_id=request.user.id,
            dossier_id=dossier_id,
            now=clock.now(),
            **body.validated_data,
        )
        row = mine.dossier(request.user.id, dossier_id)
        return http.answer(render.dossier(row, mine.dues(row.id)), status=201, version=row.version)


class SupplementAttachments(View):
    permission_classes = [IsCitizen]
    parser_classes = [parsers.MultiPartParser]

    @operation(
        "attachSupplementFile",
        tag="dossiers",
        summary="Add a file that was asked for",
        body=shapes.UploadBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=[NotFound, supplements.NothingAsked, drafts.TooManyFiles],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = shapes.UploadBody(data=request.data)
        body.is_valid(raise_exception=True)
        upload = body.validated_data["file"]
        made = supplements.attach(
            citizen_id=request.user.id,
            dossier_id=dossier_id,
            client_key=request.idempotency_key,
            paper_key=body.validated_data["paper_key"],
            file_name=upload.name,
            data=read_limited(upload),
            now=clock.now(),
        )
        return http.answer(render.attachment(made), status=201)


class Withdrawal(View):
    permission_classes = [IsCitizen]

    @operation(
        "withdrawDossier",
        tag="dossiers",
        summary="Ask to stop the procedure",
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
        supplements.withdraw(
            citizen_id=request.user.id,
            dossier_id=dossier_id,
            reason=body.validated_data["reason"],
            now=clock.now(),
        )
        row = mine.dossier(request.user.id, dossier_id)
        return http.answer(render.dossier(row, mine.dues(row.id)), status=201, version=row.version)
