"""Large files in parts: announce, send parts in any order, see what is missing, complete.

A part is PUT with the `If-Match` of its upload. The version counts the upload's state, not its
parts, so parts sent side by side do not get in each other's way, and a part sent again is the same
part; once the upload is closed, a late part is told so.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import parsers, serializers
from rest_framework.response import Response

from common import clock, files, http, pages
from common.errors import NotFound
from common.http import Anyone, Body, IsCitizen, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import uploads
from dossiers.actions.uploads import Progress
from dossiers.api.drafts import client_id
from dossiers.models import Upload
from dossiers.queries import mine
from dossiers.rules import limits

Shape = serializers.Serializer[Any]
UPLOAD = path_parameter("upload_id", "The id that the phone made.")
PART = path_parameter("part_number", "From 1.", r"^[0-9]{1,4}$")
CONTENT_DIGEST = OpenApiParameter(
    name="Content-Digest",
    location=OpenApiParameter.HEADER,
    required=True,
    type={"type": "string", "maxLength": 300},
    description="SHA-256 of this part (RFC 9530): `sha-256=:<base64>:`.",
)


class KindShape(Shape):
    media_type = serializers.CharField()
    extension = serializers.CharField()
    kept_as = serializers.CharField(help_text="What it is turned into before it is kept.")


class LimitsShape(Shape):
    """Everything that a phone needs to know before it sends a byte."""

    media_types = KindShape(many=True)
    max_file_bytes = serializers.IntegerField(help_text="In one request, as a form.")
    max_upload_bytes = serializers.IntegerField(help_text="In parts.")
    part_bytes = serializers.IntegerField(help_text="Of each part but the last.")
    max_open_uploads = serializers.IntegerField()
    max_open_upload_bytes = serializers.IntegerField(help_text="Of all open uploads together.")
    upload_hours = serializers.IntegerField(help_text="How long an upload waits for its next part.")
    max_pixels = serializers.IntegerField(help_text="Width times height of a picture.")
    max_files = serializers.IntegerField(help_text="Of one draft.")
    max_total_bytes = serializers.IntegerField(help_text="Of one draft.")
    max_waiting_bytes = serializers.IntegerField(help_text="Of all drafts together.")


class KeptShape(Shape):
    """What was kept of an upload."""

    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    scan = serializers.ChoiceField(choices=["pending", "clean", "infected"])


class UploadShape(Shape):
    id = serializers.UUIDField()
    file_name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of what is sent.")
    state = serializers.ChoiceField(choices=["open", "complete", "refused"])
    refusal = serializers.CharField(help_text="Why it was refused: a code of ours, or empty.")
    part_bytes = serializers.IntegerField()
    part_count = serializers.IntegerField()
    missing = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of the parts still to send."
    )
    file = KeptShape(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class StartBody(Body):
    id = serializers.UUIDField(help_text="Made by the phone: a repeat finds the same upload.")
    file_name = serializers.CharField(max_length=500)
    size_bytes = serializers.IntegerField(min_value=1)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="Of the whole file, in hex.")
    media_type = serializers.CharField(
        required=False, max_length=100, help_text="If known: a wrong one is refused at once."
    )


class PartParser(parsers.BaseParser):
    """The bytes of one part; of a longer body no more is read than shows that it is too long."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return stream.read(limits.PART_BYTES + 1)


def rendered(progress: Progress) -> dict[str, Any]:
    row = progress.upload
    return {
        "id": str(row.client_id),
        "file_name": row.file_name,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256,
        "state": row.state,
        "refusal": row.refusal,
        "part_bytes": row.part_bytes,
        "part_count": progress.part_count,
        "missing": progress.missing,
        "file": None
        if row.file is None
        else {
            "media_type": row.file.media_type,
            "size": row.file.size,
            "sha256": row.file.sha256,
            "scan": row.file.verdict,
        },
        "version": row.version,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }


def answer(progress: Progress, *, status: int = 200) -> Response:
    return http.composed_answer(rendered(progress), status=status, version=progress.upload.version)


class UploadLimits(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "getUploadLimits",
        tag="files",
        summary="Read what files may be sent",
        answer=LimitsShape,
        public=True,
    )
    def get(self, request: Request) -> Response:
        found = {
            "media_types": [
                {"media_type": one.media_type, "extension": one.extension, "kept_as": one.kept_as}
                for one in files.KINDS.values()
            ],
            "max_file_bytes": limits.MAX_FILE_BYTES,
            "max_upload_bytes": limits.MAX_UPLOAD_BYTES,
            "part_bytes": limits.PART_BYTES,
            "max_open_uploads": limits.MAX_OPEN_UPLOADS,
            "max_open_upload_bytes": limits.MAX_OPEN_UPLOAD_BYTES,
            "upload_hours": limits.UPLOAD_HOURS,
            "max_pixels": files.MAX_PIXELS,
            "max_files": limits.MAX_FILES,
            "max_total_bytes": limits.MAX_TOTAL_BYTES,
            "max_waiting_bytes": limits.MAX_WAITING_BYTES,
        }
        return http.public_cache(http.answer(found), 3600)


class Uploads(View):
    permission_classes = [IsCitizen]

    @operation(
        "listUploads",
        tag="files",
        summary="List my uploads",
        description="For a phone that lost track of them: each says which parts are missing.",
        answer=UploadShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        def show(rows: list[Upload]) -> list[dict[str, Any]]:
            return [
                rendered(Progress(row, tuple(part.number for part in row.parts.all())))
                for row in rows
            ]

        return pages.page(
            request, mine.uploads(request.user.id), order=("-created_at", "-id"), render=show
        )

    @operation(
        "startUpload",
        tag="files",
        summary="Announce a file that comes in parts",
        description="Size, and type when given, are refused here, before a byte was sent. The same "
        "`id` again returns the same upload. Then `PUT` each part of `missing`, in any order.",
        body=StartBody,
        answer=UploadShape,
        status=201,
        key="transaction",
        refusals=[
            files.FileTooLarge,
            files.FileTypeRefused,
            uploads.UploadIdTaken,
            uploads.TooManyUploads,
        ],
        examples=[
            OpenApiExample(
                "a photo of 3 MB",
                value={
                    "id": "5f0c7c1e-8f0e-4a52-9a53-1d8ce1f4a201",
                    "file_name": "giấy khai sinh.heic",
                    "size_bytes": 3_145_728,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "media_type": "image/heic",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = StartBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        progress = uploads.start(
            citizen_id=request.user.id,
            client_id=values["id"],
            file_name=values["file_name"],
            size_bytes=values["size_bytes"],
            sha256=values["sha256"],
            media_type=values.get("media_type"),
            now=clock.now(),
        )
        return answer(progress, status=201)


class UploadDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getUpload",
        tag="files",
        summary="See how far an upload is",
        answer=UploadShape,
        refusals=[NotFound],
        query=[UPLOAD],
    )
    def get(self, request: Request, upload_id: str) -> Response:
        return answer(uploads.look(citizen_id=request.user.id, client_id=client_id(upload_id)))

    @operation(
        "cancelUpload",
        tag="files",
        summary="Give an upload up",
        description="What was attached from it stays attached.",
        status=204,
        match=True,
        refusals=[NotFound],
        query=[UPLOAD],
    )
    def delete(self, request: Request, upload_id: str) -> Response:
        uploads.cancel(
            citizen_id=request.user.id,
            client_id=client_id(upload_id),
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class UploadPart(View):
    permission_classes = [IsCitizen]
    parser_classes = [PartParser]

    @operation(
        "putUploadPart",
        tag="files",
        summary="Send one part",
        description="Raw bytes, exactly `part_bytes` of them, the rest in the last part. In any "
        "order, side by side, and again as often as an answer is lost. `If-Match` is any ETag of "
        "the upload since it was started: parts do not make it stale.",
        answer=UploadShape,
        match=True,
        raw=True,
        refusals=[
            NotFound,
            uploads.UploadClosed,
            uploads.NoSuchPart,
            uploads.PartSizeWrong,
            uploads.DigestMissing,
            uploads.DigestWrong,
        ],
        query=[UPLOAD, PART, CONTENT_DIGEST],
    )
    def put(self, request: Request, upload_id: str, part_number: str) -> Response:
        expected = http.expected_version(request)
        if not (part_number.isascii() and part_number.isdigit() and len(part_number) < 5):
            raise NotFound
        data = request.data
        progress = uploads.put_part(
            citizen_id=request.user.id,
            client_id=client_id(upload_id),
            expected_version=expected,
            number=int(part_number),
            data=data if isinstance(data, bytes) else b"",
            content_digest=request.headers.get("Content-Digest"),
            now=clock.now(),
        )
        return answer(progress)


class UploadCompletion(View):
    permission_classes = [IsCitizen]

    @operation(
        "completeUpload",
        tag="files",
        summary="Check and keep the whole file",
        description="Then attach it by its `upload_id`. A file that may not be kept is refused for "
        "good and its bytes are removed.",
        answer=UploadShape,
        status=201,
        key="durable",
        refusals=[
            NotFound,
            uploads.UploadClosed,
            uploads.UploadIncomplete,
            uploads.UploadChecksumWrong,
            *files.REFUSALS,
        ],
        query=[UPLOAD],
    )
    def post(self, request: Request, upload_id: str) -> Response:
        progress = uploads.complete(
            citizen_id=request.user.id, client_id=client_id(upload_id), now=clock.now()
        )
        return answer(progress, status=201)
