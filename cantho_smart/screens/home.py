"""The first screen of the app, in one call, and the papers of a person."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from citizens import queries as citizens
from common import http, pages
from common.http import IsCitizen, Request, View
from common.openapi import operation
from dossiers.queries import home as dossiers

Shape = serializers.Serializer[Any]


class HomeDraftShape(Shape):
    id = serializers.UUIDField()
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    updated_at = serializers.DateTimeField()


class HomeDossierShape(Shape):
    id = serializers.CharField()
    code = serializers.CharField()
    service_name = serializers.CharField()
    state_code = serializers.IntegerField()
    state_name = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    fee_open = serializers.BooleanField()


class HomeNeedShape(Shape):
    """One thing to do now, and on which dossier."""

    dossier_id = serializers.CharField()
    dossier_code = serializers.CharField()
    service_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["supplement", "pay", "collect"])
    text = serializers.CharField()
    deadline = serializers.DateTimeField(allow_null=True)
    reference = serializers.CharField()
    link = serializers.CharField()


class HomeShape(Shape):
    """What a citizen sees first: what to do now, open drafts, latest dossiers, unread messages."""

    full_name = serializers.CharField()
    assurance_level = serializers.IntegerField()
    unread_messages = serializers.IntegerField(help_text="At most 100.")
    drafts = HomeDraftShape(many=True)
    dossiers = HomeDossierShape(many=True)
    needs = HomeNeedShape(many=True, help_text="Of all my dossiers, the oldest first.")


class Home(View):
    permission_classes = [IsCitizen]

    @operation("getHome", tag="me", summary="Read my first screen", answer=HomeShape)
    def get(self, request: Request) -> Response:
        part = dossiers.home_of(request.user.id, english=http.language() == "en")
        return http.answer(
            {
                "full_name": request.user.full_name,
                "assurance_level": request.user.assurance_level,
                "unread_messages": citizens.unread(request.user.id),
                "drafts": part.drafts,
                "dossiers": part.dossiers,
                "needs": part.needs,
            }
        )


class AcceptedPaperShape(Shape):
    """A paper that an agency accepted; it need not be handed in again."""

    id = serializers.CharField()
    component_code = serializers.CharField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    source_ref = serializers.CharField(help_text="The dossier that it was accepted in.")
    accepted_at = serializers.DateTimeField()


class AcceptedPapers(View):
    permission_classes = [IsCitizen]

    @operation(
        "listAcceptedPapers",
        tag="me",
        summary="Read my accepted papers",
        answer=AcceptedPaperShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            citizens.papers_of(request.user.id),
            order=("-accepted_at", "-id"),
            render=lambda rows: [
                {
                    "id": row.id,
                    "component_code": row.component_code,
                    "name": row.name,
                    "media_type": row.file.media_type,
                    "source_ref": row.source_ref,
                    "accepted_at": row.accepted_at,
                }
                for row in rows
            ],
        )
