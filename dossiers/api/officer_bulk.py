"""One move on many dossiers, and what became of each."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import MfaRequired, NotFound, Refusal
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import bulk_moves
from dossiers.actions.who import NotYourRole
from dossiers.api.officer_shapes import Shape
from dossiers.models import BulkItem, BulkJob
from dossiers.queries import work

JOB = path_parameter("bulk_id", "Id of the bulk move.")


class BulkItemBody(Body):
    dossier_id = serializers.CharField(max_length=40)
    expected_state = serializers.IntegerField(
        min_value=1, max_value=10, help_text="The state the officer saw."
    )


class BulkBody(Body):
    move = serializers.ChoiceField(choices=list(bulk_moves.MOVES))
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    items = BulkItemBody(many=True, allow_empty=False, help_text="At most 200, each once.")


class BulkCountsShape(Shape):
    """How many items have which outcome."""

    pending = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.IntegerField()


class BulkJobShape(Shape):
    """A bulk move of mine; `done` once each item has its outcome."""

    id = serializers.CharField()
    move = serializers.CharField()
    state = serializers.ChoiceField(choices=["running", "done"])
    counts = BulkCountsShape()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class BulkItemShape(Shape):
    """What became of one dossier; `code` and `title` say why it was refused."""

    position = serializers.IntegerField()
    dossier_id = serializers.CharField()
    expected_state = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["pending", "done", "refused"])
    code = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    worked_at = serializers.DateTimeField(allow_null=True)


def job(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "move": row.move,
        "state": row.state,
        "counts": {"pending": row.pending, "done": row.done, "refused": row.refused},
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def item(row: BulkItem) -> dict[str, Any]:
    refusal = Refusal.registry.get(row.code)
    english = http.language() == "en"
    return {
        "position": row.position,
        "dossier_id": row.dossier_id,
        "expected_state": row.expected_state,
        "outcome": row.outcome,
        "code": row.code or None,
        "title": (refusal.title_en if english else refusal.title_vi) if refusal else None,
        "worked_at": row.worked_at,
    }


class BulkMoves(View):
    permission_classes = [IsOfficer]

    @operation(
        "startBulkMove",
        tag="officers",
        summary="Make one move on many dossiers",
        description="Taken down at once and worked off in the background, each dossier on its own "
        "as by `moveDossier`: what is refused for one does not stop the others. Look at "
        "`getBulkMove` and `listBulkItems` for what became of each.",
        body=BulkBody,
        answer=BulkJobShape,
        status=201,
        key="transaction",
        refusals=[MfaRequired, NotYourRole, bulk_moves.TooManyItems],
        examples=[
            OpenApiExample(
                "sign",
                value={
                    "move": "sign",
                    "items": [{"dossier_id": "dos_01k9m3v0x2", "expected_state": 4}],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = BulkBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        made: BulkJob = bulk_moves.start(
            officer_id=request.user.id,
            move=values["move"],
            reason=values["reason"],
            items=[(one["dossier_id"], one["expected_state"]) for one in values["items"]],
            now=clock.now(),
        )
        return http.answer(job(work.bulk_job(request.user.id, made.id)), status=201)

    @operation(
        "listBulkMoves",
        tag="officers",
        summary="List my bulk moves",
        description="The newest first.",
        answer=BulkJobShape,
        paged=True,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            work.bulk_jobs(request.user.id),
            order=("-created_at", "-id"),
            render=lambda rows: [job(row) for row in rows],
        )


class BulkMove(View):
    permission_classes = [IsOfficer]

    @operation(
        "getBulkMove",
        tag="officers",
        summary="Read how far a bulk move of mine is",
        answer=BulkJobShape,
        refusals=[NotFound, MfaRequired],
        query=[JOB],
    )
    def get(self, request: Request, bulk_id: str) -> Response:
        return http.answer(job(work.bulk_job(request.user.id, bulk_id)))


class BulkItems(View):
    permission_classes = [IsOfficer]

    @operation(
        "listBulkItems",
        tag="officers",
        summary="List what became of each dossier of a bulk move of mine",
        answer=BulkItemShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[JOB],
    )
    def get(self, request: Request, bulk_id: str) -> Response:
        return pages.page(
            request,
            work.bulk_items(request.user.id, bulk_id),
            order=("position",),
            render=lambda rows: [item(row) for row in rows],
        )
