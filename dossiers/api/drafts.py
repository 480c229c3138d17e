"""Drafts: a form that already knows the citizen."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import AssuranceTooLow, Invalid, NotFound, StaleVersion, TooManyRequests
from common.http import Body, IsCitizen, Request, StrictJSONParser, View, has_assurance
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import drafts, handover, intake
from dossiers.actions.carrying import FormChanged
from dossiers.actions.representing import ProofMissing
from dossiers.api import conflicts, render, shapes
from dossiers.api.conflicts import AutosaveThrottle
from dossiers.models import Draft
from dossiers.queries import mine
from services.queries import UnknownService

DRAFT = path_parameter("draft_id", "The id that the phone made.")


def client_id(text: str) -> uuid.UUID:
    """Return the draft's id; anything that is no UUID does not exist."""
    try:
        return uuid.UUID(text)
    except ValueError as failure:
        raise NotFound from failure


class DraftFilter(Body):
    role = serializers.ChoiceField(required=False, choices=["own", "representative"])
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class Drafts(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDrafts",
        tag="drafts",
        summary="List my drafts",
        description="My own ones and those I write as a representative. Whoever handed one to me "
        "sees in the access log that I looked.",
        answer=shapes.DraftBriefShape,
        paged=True,
        refusals=[Invalid],
        query=[text_parameter("role", "As whom.", ["own", "representative"])],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(DraftFilter, request)

        def show(rows: list[Draft]) -> list[dict[str, Any]]:
            handover.list_shown(rows=rows, reader_id=request.user.id, now=clock.now())
            return [render.draft_brief(row, request.user.id) for row in rows]

        return pages.page(
            request,
            mine.drafts(request.user.id, wanted.get("role")),
            order=("-updated_at", "-id"),
            render=show,
        )

    @operation(
        "createDraft",
        tag="drafts",
        summary="Start a draft",
        description="The answer holds what is already known, where it comes from, and everything "
        "that is still missing, as JSON pointers. The same `id` again returns the same draft. A "
        "second open draft of one service is refused with the `draft_id` of the first, unless "
        "`another` asks for it.",
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
            drafts.DraftExists,
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
            another=body.validated_data["another"],
            now=clock.now(),
        )
        return http.composed_answer(
            render.draft(composed), status=201, version=composed.draft.version
        )


class DraftDetail(View):
    permission_classes = [IsCitizen]
    throttle_classes = [AutosaveThrottle]

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
        description="The last writer never wins by being last: a stale `If-Match` is answered by "
        "412 with what both sides changed since, field by field (`base`, `yours`, `theirs`), and "
        "what overrules nobody. With `merge` that part is saved if it is all of it.",
        body=shapes.DraftChangeBody,
        answer=shapes.DraftShape,
        match=True,
        refusals=[
            NotFound,
            drafts.DraftClosed,
            drafts.HandedOver,
            drafts.DraftTooLarge,
            TooManyRequests,
        ],
        problems={412: conflicts.ConflictProblemSerializer},
        query=[DRAFT],
        examples=[
            conflicts.EXAMPLE,
            OpenApiExample(
                "two copies",
                value={"answers": {"so_ban_sao": 2}, "receiving_agency": "ttpvhcc-31135"},
                request_only=True,
            ),
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
            change=drafts.Change(**body.validated_data),
            now=clock.now(),
        )
        return http.composed_answer(render.draft(composed), version=composed.draft.version)

    @operation(
        "discardDraft",
        tag="drafts",
        summary="Throw a draft away",
        status=204,
        match=True,
        refusals=[NotFound, drafts.DraftClosed, drafts.HandedOver],
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
            drafts.HandedOver,
            ProofMissing,
            FormChanged,
            UnknownService,
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
        row = mine.dossier(dossier.citizen_id, dossier.id)
        return http.answer(
            render.dossier(row, mine.dues(row.id)),
            status=201,
            version=row.version,
            headers={"Location": f"/api/v1/dossiers/{row.id}"},
        )
