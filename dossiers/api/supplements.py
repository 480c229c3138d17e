"""A supplement request as a form of its own: the asked fields and papers, saved as one goes."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http
from common.errors import NotFound, TooManyRequests
from common.http import Body, IsCitizen, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import drafts, supplements
from dossiers.actions.supplements import Supplement
from dossiers.api import conflicts, render, shapes
from dossiers.api.conflicts import AutosaveThrottle

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
Shape = serializers.Serializer[Any]


class AskedPaperShape(Shape):
    key = serializers.CharField()
    component_code = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    complete = serializers.BooleanField(help_text="There is a file for it.")
    attachments = shapes.AttachmentShape(many=True)


class SupplementDraftShape(Shape):
    """What was asked for, how far the answer is, and what is still missing."""

    request_id = serializers.CharField()
    round = serializers.IntegerField()
    message = serializers.CharField(help_text="What the office wrote.")
    requested_at = serializers.DateTimeField()
    schema = serializers.DictField(help_text="The dossier's form, cut to the asked fields.")
    answers = serializers.DictField(help_text="The asked fields as they would be sent.")
    given = serializers.ListField(
        child=serializers.CharField(), help_text="Asked fields that were answered so far."
    )
    reply = serializers.CharField(help_text="What you write to the office.")
    papers = AskedPaperShape(many=True)
    failures = shapes.FailureShape(many=True)
    complete = serializers.BooleanField(help_text="It can be sent.")
    upload_limits = shapes.UploadLimitsShape()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class SupplementChangeBody(Body):
    answers = serializers.DictField(
        required=False, default=dict, help_text="Only what changed; null empties a field."
    )
    reset = serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        default=list,
        max_length=100,
        help_text="Fields that are not answered yet after all.",
    )
    message = serializers.CharField(required=False, allow_blank=True, max_length=2000)


def shown(found: Supplement) -> dict[str, Any]:
    return {
        "request_id": found.request.id,
        "round": found.request.round,
        "message": found.request.message,
        "requested_at": found.request.requested_at,
        "schema": found.schema,
        "answers": found.answers,
        "given": list(found.given),
        "reply": found.message,
        "papers": [
            {
                "key": paper.key,
                "component_code": paper.component_code,
                "name": paper.name,
                "complete": any(file.paper_key == paper.key for file in found.files),
                "attachments": [
                    render.attachment(file) for file in found.files if file.paper_key == paper.key
                ],
            }
            for paper in found.papers
        ],
        "failures": [render.failure(item) for item in found.failures],
        "complete": not found.failures,
        "upload_limits": render.upload_limits(),
        "version": found.version,
        "updated_at": found.updated_at,
    }


class SupplementDraft(View):
    permission_classes = [IsCitizen]
    throttle_classes = [AutosaveThrottle]

    @operation(
        "getSupplement",
        tag="dossiers",
        summary="Read what I am asked to supply",
        description="Only the asked fields and papers are open. It is kept as you go and sent with "
        "`POST /dossiers/{dossier_id}/supplements`, once and whole. Also open to a representative "
        "whose right lasts; the citizen sees it.",
        answer=SupplementDraftShape,
        refusals=[NotFound, supplements.NothingAsked],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        found = supplements.look(user_id=request.user.id, dossier_id=dossier_id, now=clock.now())
        return http.composed_answer(shown(found), version=found.version)

    @operation(
        "saveSupplement",
        tag="dossiers",
        summary="Save what I have so far",
        body=SupplementChangeBody,
        answer=SupplementDraftShape,
        match=True,
        refusals=[NotFound, supplements.NothingAsked, drafts.DraftTooLarge, TooManyRequests],
        problems={412: conflicts.ConflictProblemSerializer},
        examples=[
            OpenApiExample(
                "a corrected telephone number",
                value={"answers": {"nyc_dien_thoai": "+84987654321"}},
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def patch(self, request: Request, dossier_id: str) -> Response:
        expected = http.expected_version(request)
        body = SupplementChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = supplements.save(
            user_id=request.user.id,
            dossier_id=dossier_id,
            expected_version=expected,
            answers=body.validated_data["answers"],
            reset=body.validated_data["reset"],
            message=body.validated_data.get("message"),
            now=clock.now(),
        )
        return http.composed_answer(shown(found), version=found.version)
