"""Files coming in: with the request, or by naming an upload that was sent in parts."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import parsers, serializers
from rest_framework.response import Response

from common import clock, files, http
from common.errors import NotFound
from common.http import Body, IsCitizen, Request, StrictJSONParser, View
from common.openapi import operation
from dossiers.actions import attachments, supplements, uploads
from dossiers.actions.attachments import Sent
from dossiers.actions.drafts import DraftClosed, HandedOver
from dossiers.api import render, shapes
from dossiers.api.drafts import client_id
from dossiers.api.files import ATTACHMENT, DOSSIER, DRAFT
from dossiers.rules import limits

FORM_BYTES = 64 * 1024  # what a form has besides its file


class FileForm(Body):
    """A form with one small file in it."""

    paper_key = serializers.CharField(max_length=200)
    file = serializers.FileField(help_text="PDF, JPEG, PNG or HEIC, by content; 10 MiB.")


class UploadedBody(Body):
    """A file that was sent in parts before."""

    paper_key = serializers.CharField(max_length=200)
    upload_id = serializers.UUIDField(help_text="Of an upload that is `complete`.")


class ReuseBody(Body):
    paper_key = serializers.CharField(max_length=200)
    paper_id = serializers.CharField(max_length=60)


class FormParser(parsers.MultiPartParser):
    """A form whose announced length is looked at before any of it is read."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        meta = (parser_context or {})["request"].META
        length = int(meta.get("CONTENT_LENGTH") or 0)
        if length > limits.MAX_FILE_BYTES + FORM_BYTES:
            raise files.FileTooLarge(size_bytes=length, limit_bytes=limits.MAX_FILE_BYTES)
        return super().parse(stream, media_type, dict(parser_context or {}))


def sent(request: Request) -> tuple[str, Sent]:
    """Return which paper is meant and what was sent for it."""
    if request.FILES or request.content_type.startswith("multipart/"):
        form = FileForm(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        # One byte more than allowed is enough to know.
        data = file.read(limits.MAX_FILE_BYTES + 1)
        return form.validated_data["paper_key"], Sent(file_name=file.name, data=data)
    body = UploadedBody(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data["paper_key"], Sent(upload_id=body.validated_data["upload_id"])


FROM_UPLOAD = OpenApiExample(
    "an upload in parts",
    value={
        "paper_key": "000.00.00.G15-KQ004946",
        "upload_id": "5f0c7c1e-8f0e-4a52-9a53-1d8ce1f4a201",
    },
    request_only=True,
    media_type="application/json",
)
REFUSED = [uploads.UploadNotComplete, uploads.UploadClosed, attachments.TooManyFiles]


class DraftAttachments(View):
    permission_classes = [IsCitizen]
    parser_classes = [FormParser, StrictJSONParser]

    @operation(
        "attachFile",
        tag="drafts",
        summary="Attach a file",
        description="A small file in a form, or the `upload_id` of a large one sent in parts. The "
        "type is read from the bytes. A picture is turned upright, freed of its location and "
        "everything else about it, and kept as JPEG or PNG. Limits: `GET /upload-limits`.",
        body=UploadedBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="durable",
        multipart=FileForm,
        refusals=[NotFound, DraftClosed, HandedOver, attachments.TooMuchWaiting, *REFUSED],
        examples=[FROM_UPLOAD],
        query=[DRAFT],
    )
    def post(self, request: Request, draft_id: str) -> Response:
        paper_key, what = sent(request)
        made = attachments.attach(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            client_key=request.idempotency_key,
            paper_key=paper_key,
            sent=what,
            now=clock.now(),
        )
        return http.answer(render.attachment(made), status=201)


class DraftReuse(View):
    permission_classes = [IsCitizen]

    @operation(
        "reusePaper",
        tag="drafts",
        summary="Reuse an accepted paper",
        body=ReuseBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="transaction",
        refusals=[NotFound, DraftClosed, HandedOver, attachments.TooManyFiles, files.FileInfected],
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
        body = ReuseBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = attachments.reuse(
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
        refusals=[NotFound, DraftClosed, HandedOver],
        query=[DRAFT, ATTACHMENT],
    )
    def delete(self, request: Request, draft_id: str, attachment_id: str) -> Response:
        attachments.detach(
            citizen_id=request.user.id,
            client_id=client_id(draft_id),
            attachment_id=attachment_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class SupplementAttachments(View):
    permission_classes = [IsCitizen]
    parser_classes = [FormParser, StrictJSONParser]

    @operation(
        "attachSupplementFile",
        tag="dossiers",
        summary="Add a file that was asked for",
        description="A small file in a form, or the `upload_id` of a large one sent in parts.",
        body=UploadedBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="durable",
        multipart=FileForm,
        refusals=[NotFound, supplements.NothingAsked, *REFUSED],
        examples=[FROM_UPLOAD],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        paper_key, what = sent(request)
        made = attachments.attach_supplement(
            user_id=request.user.id,
            dossier_id=dossier_id,
            client_key=request.idempotency_key,
            paper_key=paper_key,
            sent=what,
            now=clock.now(),
        )
        return http.answer(render.attachment(made), status=201)
