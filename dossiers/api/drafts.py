"""Drafts: a form that already knows the citizen."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import parsers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import AssuranceTooLow, NotFound, StaleVersion
from common.http import IsCitizen, Request, StrictJSONParser, View, has_assurance
from common.openapi import operation, path_parameter
from dossiers.actions import drafts, intake
from dossiers.api import files, render, shapes
from dossiers.queries import mine
from services.queries import UnknownService

DRAFT = path_parameter("draft_id", "The id that the phone made.")
ATTACHMENT = path_parameter("attachment_id", "Id of the attachment.")


def client_id(text: str) -> uuid.UUID:
    """Return the draft's id; anything that is no UUID does not exist."""
    try:
        return uuid.UUID(text)
    except ValueError as failure:
        raise NotFound from failure


class Drafts(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDrafts",
        tag="drafts",
        summary="List my drafts",
        answer=shapes.DraftBriefShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            mine.drafts(request.user.id),
            order=("-updated_at", "-id"),
            render=lambda rows: [render.draft_brief(row) for row in rows],
        )

    @operation(
        "createDraft",
        tag="drafts",
        summary="Start a draft",
        description="The answer holds what is already known, where it comes from, and everything "
        "that is still missing, as JSON pointers. The same `id` again returns the same draft.",
        body=shapes.DraftBody,
        answer=shapes.DraftShape,
        status=201,
        key="transaction",
        refusals=[
            UnknownService,
            drafts.NotOnline,
            drafts.NoFormYet,
            drafts.TooManyDrafts,
            drafts.DraftIdTaken,
        ],
        examples=[
            OpenApiExample(
                "extract",
                value={
                    "id": "0b8f6f0e-3c1d-4a55-9a55-6f1f0a3f7f10",
                    "service_code": "2.000635",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = shapes.DraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        composed = drafts.start(
            citizen_id=request.user.id,
            client_id=body.validated_data["id"],
            service_code=body.validated_data["service_code"],
            now=clock.now(),
        )
        return http.composed_answer(
            render.draft(composed), status=201, version=composed.draft.version
        )


class DraftDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getDraft",
        tag="drafts",
        summary="Read a draft",
        description="Composed anew at each read: a withdrawn consent empties it at once.",
        answer=shapes.DraftShape,
        refusals=[NotFound],
        query=[DRAFT],
    )
    def get(self, request: Request, draft_id: str) -> Response:
        composed = drafts.look(
            citizen_id=request.user.id, client_id=client_id(draft_id), now=clock.now()
        )
        return http.composed_answer(render.draft(composed), version=composed.draft.version)

    @operation(
        "saveDraft",
        tag="drafts",
        summary="Save what changed",
        body=shapes.DraftChangeBody,
        answer=shapes.DraftShape,
        match=True,
        refusals=[NotFound, drafts.DraftClosed],
        query=[DRAFT],
        examples=[
            OpenApiExample(
                "two copies",
                value={"answers": {"so_ban_sao": 2}, "receiving_agency": "ttpvhcc-31135"},
                request_only=True,
            )
        ],
    )
    def patch(self, request: Request, draft_id: str) -> Response:
        expected = http.expected_version(request)
        body = shapes.DraftChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        composed = drafts.save(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            expected_version=expected,
            answers=body.validated_data["answers"],
            reset=body.validated_data["reset"],
            confirmed=body.validated_data["confirmed"],
            receiving_agency=body.validated_data.get("receiving_agency"),
            now=clock.now(),
        )
        return http.composed_answer(render.draft(composed), version=composed.draft.version)

    @operation(
        "discardDraft",
        tag="drafts",
        summary="Throw a draft away",
        status=204,
        match=True,
        refusals=[NotFound, drafts.DraftClosed],
        query=[DRAFT],
    )
    def delete(self, request: Request, draft_id: str) -> Response:
        drafts.discard(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class DraftAttachments(View):
    permission_classes = [IsCitizen]
    parser_classes = [parsers.MultiPartParser]

    @operation(
        "attachFile",
        tag="drafts",
        summary="Attach a file",
        description="The type is read from the bytes. Limits are in `upload_limits` of the draft.",
        body=shapes.UploadBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=[NotFound, drafts.DraftClosed, drafts.TooManyFiles],
        query=[DRAFT],
    )
    def post(self, request: Request, draft_id: str) -> Response:
        body = shapes.UploadBody(data=request.data)
        body.is_valid(raise_exception=True)
        upload = body.validated_data["file"]
        made = drafts.attach(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            client_key=request.idempotency_key,
            paper_key=body.validated_data["paper_key"],
            file_name=upload.name,
            data=read_limited(upload),
            now=clock.now(),
        )
        return http.answer(render.attachment(made), status=201)


def read_limited(upload: Any) -> bytes:
    """Return the bytes of an upload, one more than allowed at most."""
    data: bytes = upload.read(drafts.MAX_FILE_BYTES + 1)
    return data


class DraftReuse(View):
    permission_classes = [IsCitizen]

    @operation(
        "reusePaper",
        tag="drafts",
        summary="Reuse an accepted paper",
        body=shapes.ReuseBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="transaction",
        refusals=[NotFound, drafts.DraftClosed, drafts.TooManyFiles],
        examples=[
            OpenApiExample(
                "identity paper",
                value={
                    "paper_key": "000.00.00.G15-KQ004946",
                    "paper_id": "pap_01k9m3v0x2f4h6j8k0m2n4p6q8",
                },
                request_only=True,
            )
        ],
        query=[DRAFT],
    )
    def post(self, request: Request, draft_id: str) -> Response:
        body = shapes.ReuseBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = drafts.reuse(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            now=clock.now(),
            **body.validated_data,
        )
        return http.answer(render.attachment(made), status=201)


class DraftAttachment(View):
    permission_classes = [IsCitizen]

    @operation(
        "detachFile",
        tag="drafts",
        summary="Take a file off a draft",
        status=204,
        match=True,
        refusals=[NotFound, drafts.DraftClosed],
        query=[DRAFT, ATTACHMENT],
    )
    def delete(self, request: Request, draft_id: str, attachment_id: str) -> Response:
        drafts.detach(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            attachment_id=attachment_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class DraftAttachmentContent(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadDraftFile",
        tag="drafts",
        summary="Download a file of a draft",
        binary="application/octet-stream",
        refusals=[NotFound],
        query=[DRAFT, ATTACHMENT],
    )
    def get(self, request: Request, draft_id: str, attachment_id: str) -> Any:
        row = mine.attachment(request.user.id, client_id(draft_id), attachment_id)
        return files.download(row.file, row.file_name)


class Submit(View):
    permission_classes = [has_assurance(2)]
    parser_classes = [StrictJSONParser]

    @operation(
        "submitDraft",
        tag="drafts",
        summary="Submit a draft",
        description="One transaction gives the dossier, its code, the fee owed and the "
        "acknowledgement. Repeat it with the same key as often as needed: one dossier.",
        body=shapes.SubmitBody,
        answer=shapes.DossierShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            drafts.DraftClosed,
            StaleVersion,
            intake.PrefillChanged,
            intake.PrefillAged,
            intake.AgencyMissing,
            AssuranceTooLow,
        ],
        examples=[
            OpenApiExample(
                "what was seen, the result in the app",
                value={"version": 2, "delivery": {"way": "app"}},
                request_only=True,
            )
        ],
        query=[DRAFT],
    )
    def post(self, request: Request, draft_id: str) -> Response:
        body = shapes.SubmitBody(data=request.data)
        body.is_valid(raise_exception=True)
        delivery = body.validated_data.get("delivery") or {"way": "app"}
        dossier = intake.submit(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            expected_version=body.validated_data.get("version"),
            way=delivery["way"],
            address=delivery.get("address"),
            now=clock.now(),
        )
        row = mine.dossier(request.user.id, dossier.id)
        return http.answer(
            render.dossier(row, mine.dues(row.id)),
            status=201,
            version=row.version,
            headers={"Location": f"/api/v1/dossiers/{row.id}"},
        )
