"""What officers note for each other."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import MfaRequired, NotFound
from common.http import IsOfficer, Request, View
from common.openapi import operation
from dossiers.actions import desk as looking
from dossiers.actions import moves, notes
from dossiers.actions.who import NotYourRole
from dossiers.api import officer_render, officer_shapes
from dossiers.api.officer_work import DOSSIER, SeenBody
from dossiers.queries import desk, offices, opinions


class NoteBody(SeenBody):
    text = serializers.CharField(max_length=notes.MAX_LENGTH)
    audience = serializers.ChoiceField(
        choices=["agency", "dossier"],
        default="agency",
        help_text="`dossier`: also the other agencies of the dossier. Never the citizen.",
    )


class OfficerNotes(View):
    permission_classes = [IsOfficer]

    @operation(
        "listNotes",
        tag="officers",
        summary="List the notes on a dossier that I may read",
        description="The newest first. Leaves a row in the citizen's access log.",
        answer=officer_shapes.NoteShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.of_agency(seat, dossier_id)
        looking.shown(seat=seat, dossier=row, now=clock.now(), what="dossier:notes")
        return pages.page(
            request,
            opinions.notes(seat, dossier_id),
            order=("-at", "-id"),
            render=lambda rows: [officer_render.note(one) for one in rows],
        )

    @operation(
        "writeNote",
        tag="officers",
        summary="Write a note on a dossier for colleagues",
        description="It cannot be changed or deleted afterwards, and no citizen ever reads it.",
        body=NoteBody,
        answer=officer_shapes.NoteShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, NotYourRole, moves.StateChanged, notes.TooManyNotes],
        examples=[
            OpenApiExample(
                "for my agency",
                value={"text": "Đã gọi điện, hẹn bổ sung bản chính chiều nay", "expected_state": 4},
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = NoteBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = notes.write(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            now=clock.now(),
            **body.validated_data,
        )
        return http.answer(officer_render.note(made), status=201)
