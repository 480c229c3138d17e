"""Handing a draft to a representative, and acting as one."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from citizens.actions.consents import ConsentTextOld
from common import clock, http, pages
from common.errors import AssuranceTooLow, FieldError, Invalid, NotFound
from common.http import Body, IsCitizen, Request, StrictJSONParser, View, has_assurance
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import drafts, handover, papers
from dossiers.actions.attachments import TooManyFiles
from dossiers.api import files, render, shapes
from dossiers.api.attachments import FormParser
from dossiers.api.drafts import client_id
from dossiers.api.files import DRAFT
from dossiers.models import Representation, RepresentationEvent
from dossiers.queries import mine
from dossiers.queries import representation as query
from dossiers.rules import handover as rules
from dossiers.rules import limits

TAG = "representations"
ROLES = ["principal", "representative", "invited"]
REPRESENTATION = path_parameter("representation_id", "Id of the representation.")
DOCUMENT = path_parameter("document_id", "Id of the paper.")
Shape = serializers.Serializer[Any]


class RepresentationShape(Shape):
    """Who acts for whom, on which draft, until when."""

    id = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES, help_text="As whom you see it.")
    state = serializers.ChoiceField(choices=["invited", "active", "refused", "ended"])
    basis = serializers.ChoiceField(choices=["authorisation", "guardian", "parent"])
    draft_id = serializers.CharField()
    dossier_id = serializers.CharField(allow_null=True, help_text="Once it was filed.")
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    principal_name = serializers.CharField()
    representative_name = serializers.CharField(allow_null=True, help_text="Once accepted.")
    invited = serializers.CharField(
        allow_null=True, help_text="The address as the principal gave it, masked; theirs alone."
    )
    shares_prefill = serializers.BooleanField(
        help_text="The principal lets prefilled values be shown."
    )
    share_text = serializers.CharField(help_text="What sharing means; show it word for word.")
    share_text_version = serializers.CharField(help_text="Send it back to agree to that text.")
    version = serializers.IntegerField()
    invited_at = serializers.DateTimeField()
    answer_until = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RepresentationEventShape(Shape):
    """One thing that was done: by whom, on which version; names of fields, never values."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=RepresentationEvent.Kind.values)
    by = serializers.ChoiceField(choices=["principal", "representative", "system"])
    draft_version = serializers.IntegerField(allow_null=True)
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    at = serializers.DateTimeField()


class InviteBody(Body):
    phone = serializers.RegexField(r"^\+84[0-9]{9}$", required=False)
    id_number = serializers.RegexField(r"^[0-9]{12}$", required=False)
    basis = serializers.ChoiceField(
        choices=["authorisation", "guardian", "parent"], default="authorisation"
    )
    shares_prefill = serializers.BooleanField(required=False, default=False)
    share_text_version = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=20
    )
    valid_until = serializers.DateTimeField(
        required=False, default=None, allow_null=True, help_text="90 days if not said; 365 at most."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("phone" in attrs) == ("id_number" in attrs):
            raise Invalid(
                errors=[
                    FieldError(
                        "required",
                        "phone",
                        "Nêu số điện thoại hoặc số định danh, một trong hai",
                        "Name a phone or a personal number, one of them",
                        pointer="/phone",
                    )
                ]
            )
        return attrs


class InvitationAnswerBody(Body):
    accept = serializers.BooleanField(help_text="Never ticked beforehand.")


class ShareBody(Body):
    shares_prefill = serializers.BooleanField()
    share_text_version = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=20
    )


class RoleFilter(Body):
    role = serializers.ChoiceField(required=False, choices=ROLES)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class ProofBody(Body):
    file = serializers.FileField(help_text="PDF, JPEG, PNG or HEIC, by content; 10 MiB.")


def shown(row: Representation, viewer_id: str) -> dict[str, Any]:
    role = "invited"
    if row.principal_id == viewer_id:
        role = "principal"
    elif row.representative_id == viewer_id:
        role = "representative"
    return {
        "id": row.id,
        "role": role,
        "state": row.state,
        "basis": row.basis,
        "draft_id": str(row.draft.client_id),
        "dossier_id": row.dossier_id,
        "service_code": row.draft.service_code,
        "service_name": row.draft.service_version.name_vi,
        "principal_name": row.principal.full_name,
        "representative_name": row.representative.full_name if row.representative else None,
        "invited": row.invited_hint if role == "principal" else None,
        "shares_prefill": row.shares_prefill,
        "share_text": rules.SHARE_EN if http.language() == "en" else rules.SHARE_VI,
        "share_text_version": rules.SHARE_TEXT_VERSION,
        "version": row.version,
        "invited_at": row.invited_at,
        "answer_until": row.answer_until,
        "accepted_at": row.accepted_at,
        "valid_until": row.valid_until,
        "ended_at": row.ended_at,
    }


def answer(request: Request, representation_id: str, status: int = 200) -> Response:
    row = query.one(request.user.id, representation_id)
    return http.answer(shown(row, request.user.id), status=status, version=row.version)


class HandOver(View):
    permission_classes = [has_assurance(2)]

    @operation(
        "handOverDraft",
        tag=TAG,
        summary="Hand a draft to a representative",
        description="By phone or personal number. The answer is the same whether or not anybody "
        "signs in with it. You stay the owner and see every change; until they accept you go on "
        "writing, afterwards they write and you read, until you take it back.",
        body=InviteBody,
        answer=RepresentationShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            AssuranceTooLow,
            drafts.DraftClosed,
            handover.AlreadyOffered,
            handover.TooManyInvitations,
            ConsentTextOld,
        ],
        examples=[
            OpenApiExample(
                "by phone",
                value={"phone": "+84900000002", "basis": "authorisation"},
                request_only=True,
            )
        ],
        query=[DRAFT],
    )
    def post(self, request: Request, draft_id: str) -> Response:
        body = InviteBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"phone": "", "id_number": "", **body.validated_data}
        row = handover.invite(
            citizen_id=request.user.id, client_id=client_id(draft_id), now=clock.now(), **given
        )
        return answer(request, row.id, 201)


class Representations(View):
    permission_classes = [IsCitizen]

    @operation(
        "listRepresentations",
        tag=TAG,
        summary="List who acts for me, whom I act for, and who asks me to",
        answer=RepresentationShape,
        paged=True,
        refusals=[Invalid],
        query=[text_parameter("role", "As whom.", ROLES)],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(RoleFilter, request)
        return pages.page(
            request,
            query.mine(request.user.id, wanted.get("role")),
            order=("-invited_at", "-id"),
            render=lambda rows: [shown(row, request.user.id) for row in rows],
        )


class RepresentationDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getRepresentation",
        tag=TAG,
        summary="Read a representation or an invitation",
        answer=RepresentationShape,
        refusals=[NotFound],
        query=[REPRESENTATION],
    )
    def get(self, request: Request, representation_id: str) -> Response:
        return answer(request, representation_id)

    @operation(
        "shareWithRepresentative",
        tag=TAG,
        summary="Let prefilled values be shown to my representative, or no longer",
        description="Agree by the version of the text that was shown. Withdrawing empties the very "
        "next answer.",
        body=ShareBody,
        answer=RepresentationShape,
        match=True,
        refusals=[NotFound, handover.RepresentationOver, ConsentTextOld],
        examples=[OpenApiExample("no longer", value={"shares_prefill": False}, request_only=True)],
        query=[REPRESENTATION],
    )
    def patch(self, request: Request, representation_id: str) -> Response:
        expected = http.expected_version(request)
        body = ShareBody(data=request.data)
        body.is_valid(raise_exception=True)
        handover.share(
            citizen_id=request.user.id,
            representation_id=representation_id,
            expected_version=expected,
            now=clock.now(),
            **body.validated_data,
        )
        return answer(request, representation_id)


class RepresentationAnswer(View):
    permission_classes = [has_assurance(2)]

    @operation(
        "answerInvitation",
        tag=TAG,
        summary="Accept or refuse to represent somebody",
        body=InvitationAnswerBody,
        answer=RepresentationShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            AssuranceTooLow,
            handover.RepresentationOver,
            drafts.DraftIdTaken,
            drafts.TooManyDrafts,
        ],
        examples=[OpenApiExample("accept", value={"accept": True}, request_only=True)],
        query=[REPRESENTATION],
    )
    def post(self, request: Request, representation_id: str) -> Response:
        body = InvitationAnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        handover.answer(
            citizen_id=request.user.id,
            representation_id=representation_id,
            accept=body.validated_data["accept"],
            now=clock.now(),
        )
        return answer(request, representation_id, 201)


class RepresentationEnd(View):
    permission_classes = [IsCitizen]

    @operation(
        "endRepresentation",
        tag=TAG,
        summary="Take a draft back, or give it back",
        description="From then on the representative sees neither the draft nor the dossier.",
        answer=RepresentationShape,
        status=201,
        key="transaction",
        refusals=[NotFound],
        query=[REPRESENTATION],
    )
    def post(self, request: Request, representation_id: str) -> Response:
        handover.end(
            citizen_id=request.user.id, representation_id=representation_id, now=clock.now()
        )
        return answer(request, representation_id, 201)


class RepresentationProof(View):
    permission_classes = [IsCitizen]
    parser_classes = [FormParser]

    @operation(
        "attachAuthorisation",
        tag=TAG,
        summary="Attach what proves the right to act",
        description="The written authorisation, or what shows a parent's or guardian's right. "
        "Either side may bring it; the office gets it with the dossier, which is not filed "
        "without.",
        body=ProofBody,
        answer=shapes.AttachmentShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=[NotFound, handover.RepresentationOver, TooManyFiles],
        query=[REPRESENTATION],
    )
    def post(self, request: Request, representation_id: str) -> Response:
        body = ProofBody(data=request.data)
        body.is_valid(raise_exception=True)
        upload = body.validated_data["file"]
        made = handover.prove(
            citizen_id=request.user.id,
            representation_id=representation_id,
            client_key=request.idempotency_key,
            file_name=upload.name,
            data=upload.read(limits.MAX_FILE_BYTES + 1),
            now=clock.now(),
        )
        return http.answer(render.attachment(made), status=201)


class RepresentationEvents(View):
    permission_classes = [IsCitizen]

    @operation(
        "listRepresentationEvents",
        tag=TAG,
        summary="Read who did what under a representation",
        description="Every version that the representative saved is here, with the fields changed.",
        answer=RepresentationEventShape,
        paged=True,
        refusals=[NotFound],
        query=[REPRESENTATION],
    )
    def get(self, request: Request, representation_id: str) -> Response:
        return pages.page(
            request,
            query.events(request.user.id, representation_id),
            order=("-id",),
            render=lambda rows: [
                {
                    "id": str(row.id),
                    "kind": row.kind,
                    "by": row.by,
                    "draft_version": row.draft_version,
                    "fields": row.fields,
                    "at": row.at,
                }
                for row in rows
            ],
        )


class RepresentedDossier(View):
    permission_classes = [IsCitizen]
    parser_classes = [StrictJSONParser]

    @operation(
        "getRepresentedDossier",
        tag=TAG,
        summary="Follow the dossier that I filed for somebody",
        description="As long as the representation lasts. Its citizen sees that you looked.",
        answer=shapes.DossierShape,
        refusals=[NotFound],
        query=[REPRESENTATION],
    )
    def get(self, request: Request, representation_id: str) -> Response:
        acting = handover.look_at_dossier(
            citizen_id=request.user.id, representation_id=representation_id, now=clock.now()
        )
        row = mine.dossier(acting.principal_id, acting.dossier_id or "")
        return http.answer(render.dossier(row, mine.dues(row.id)))


class RepresentedDocument(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadRepresentedDocument",
        tag=TAG,
        summary="Download a paper of the dossier that I filed for somebody",
        binary="application/pdf",
        refusals=[NotFound],
        query=[REPRESENTATION, DOCUMENT],
    )
    def get(self, request: Request, representation_id: str, document_id: str) -> Any:
        acting = handover.look_at_dossier(
            citizen_id=request.user.id, representation_id=representation_id, now=clock.now()
        )
        row = mine.document(acting.principal_id, acting.dossier_id or "", document_id)
        if row.file is None:
            papers.make(document_id=row.id, now=clock.now())
            row = mine.document(acting.principal_id, acting.dossier_id or "", document_id)
        if row.file is None:
            raise NotFound
        return files.download(row.file, f"{row.title_vi}.pdf")
