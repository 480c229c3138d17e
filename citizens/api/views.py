"""The citizen's own: account, consents, facts, who looked, inbox, sign-ins."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.response import Response

from citizens import queries, rules
from citizens.actions import consents, identity, inbox, sessions, vault
from citizens.api import shapes
from citizens.models import Message, User, VaultAccess, VaultField
from common import clock, facts, http, pages
from common.errors import MfaRequired, NotFound
from common.http import HasInbox, IsCitizen, IsSignedIn, Request, View
from common.openapi import operation, path_parameter


def me_of(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "kind": user.kind,
        "full_name": user.full_name,
        "id_number_masked": rules.mask_number(user.id_number),
        "phone_masked": rules.mask_phone(user.phone),
        "phone_verified": user.phone_verified,
        "email": user.email,
        "assurance_level": user.assurance_level,
        "language": user.language,
        "has_password": user.has_usable_password(),
        "missing": list(
            rules.missing_of(
                is_citizen=user.is_citizen,
                phone_verified=user.phone_verified,
                level=user.assurance_level,
            )
        ),
        "is_demo": user.is_demo,
        "version": user.version,
    }


class Me(View):
    permission_classes = [IsSignedIn]

    @operation("getMe", tag="me", summary="Read my account", answer=shapes.MeShape)
    def get(self, request: Request) -> Response:
        return http.answer(me_of(request.user), version=request.user.version)

    @operation(
        "updateMe",
        tag="me",
        summary="Change my account",
        body=shapes.MeBody,
        answer=shapes.MeShape,
        match=True,
        examples=[OpenApiExample("english", value={"language": "en"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        expected = http.expected_version(request)
        body = shapes.MeBody(data=request.data)
        body.is_valid(raise_exception=True)
        user = identity.change_profile(
            user_id=request.user.id, expected_version=expected, **body.validated_data
        )
        return http.answer(me_of(user), version=user.version)


class Password(View):
    permission_classes = [IsSignedIn]

    @operation(
        "dropPassword",
        tag="me",
        summary="Take the password off my account",
        description="For who forgot it: sign in by a code or VNeID, call this within 5 minutes, "
        "then set a new one at `/api/auth/app/v1/account/password/change`. All other sign-ins end.",
        status=204,
        match=True,
        refusals=[sessions.SignInNotFresh],
    )
    def delete(self, request: Request) -> Response:
        sessions.drop_password(
            user_id=request.user.id,
            expected_version=http.expected_version(request),
            session_key=request.auth.session_key,
            ways=request.auth.ways,
            now=clock.now(),
        )
        return Response(status=204)


def consents_of(user_id: str) -> dict[str, Any]:
    english = http.language() == "en"
    return {
        "items": [
            {
                "purpose": state.purpose.key,
                "text": state.purpose.en if english else state.purpose.vi,
                "text_version": state.purpose.text_version,
                "granted": state.granted,
                "decided_at": state.decided_at,
                "decided_text_version": state.text_version,
            }
            for state in queries.consents_of(user_id)
        ]
    }


class Consents(View):
    permission_classes = [IsCitizen]

    @operation(
        "listConsents",
        tag="me",
        summary="Read what I agreed to",
        description="Every purpose with the words to read. Nothing is granted beforehand.",
        answer=shapes.ConsentsShape,
    )
    def get(self, request: Request) -> Response:
        return http.answer(consents_of(request.user.id))

    @operation(
        "decideConsent",
        tag="me",
        summary="Agree, or take it back",
        description="A withdrawal empties the very next prefilled answer.",
        body=shapes.ConsentBody,
        answer=shapes.ConsentsShape,
        status=201,
        key="transaction",
        refusals=[consents.ConsentTextOld],
        examples=[
            OpenApiExample(
                "agree",
                value={"purpose": "prefill", "decision": "grant", "text_version": "2026-1"},
                request_only=True,
            ),
            OpenApiExample(
                "take back",
                value={"purpose": "prefill", "decision": "withdraw", "text_version": "2026-1"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        body = shapes.ConsentBody(data=request.data)
        body.is_valid(raise_exception=True)
        consents.decide(
            user_id=request.user.id, channel="app", now=clock.now(), **body.validated_data
        )
        return http.answer(consents_of(request.user.id), status=201)


def fact_of(row: VaultField) -> dict[str, Any]:
    fact = facts.FACTS[row.key]
    value = rules.mask_number(row.value) if fact.kind == "id_number" else row.value
    return {
        "key": row.key,
        "label": fact.en if http.language() == "en" else fact.vi,
        "value": value,
        "source": row.source,
        "source_ref": row.source_ref,
        "verified": row.verified,
        "recorded_at": row.recorded_at,
        "version": row.version,
    }


class Vault(View):
    permission_classes = [IsCitizen]

    @operation(
        "listFacts",
        tag="me",
        summary="Read what is known of me",
        answer=shapes.FactShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.facts_of(request.user.id),
            order=("key",),
            render=lambda rows: [fact_of(row) for row in rows],
        )


class Fact(View):
    permission_classes = [IsCitizen]

    @operation(
        "forgetFact",
        tag="me",
        summary="Remove a fact about me",
        status=204,
        match=True,
        refusals=[NotFound, vault.FactLocked],
        query=[path_parameter("key", "Key of the fact, such as person.phone.")],
    )
    def delete(self, request: Request, key: str) -> Response:
        vault.forget(
            citizen_id=request.user.id, key=key, expected_version=http.expected_version(request)
        )
        return Response(status=204)


def access_of(row: VaultAccess) -> dict[str, Any]:
    return {
        "reader": row.reader_label,
        "what": row.what,
        "purpose": row.purpose,
        "reference": row.reference,
        "at": row.at,
    }


class AccessLog(View):
    permission_classes = [IsCitizen]

    @operation(
        "listAccesses",
        tag="me",
        summary="Read who looked at my data",
        answer=shapes.AccessShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.accesses_of(request.user.id),
            order=("-id",),
            render=lambda rows: [access_of(row) for row in rows],
        )


def message_of(row: Message) -> dict[str, Any]:
    english = http.language() == "en"
    return {
        "id": row.id,
        "kind": row.kind,
        "title": row.title_en if english else row.title_vi,
        "body": row.body_en if english else row.body_vi,
        "reference": row.reference,
        "created_at": row.created_at,
        "read_at": row.read_at,
    }


class Inbox(View):
    permission_classes = [HasInbox]

    @operation(
        "listMessages",
        tag="me",
        summary="Read my inbox",
        description="A citizen's about their dossiers, an officer's about promises that run out.",
        answer=shapes.MessageShape,
        paged=True,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.messages_of(request.user.id),
            order=("-created_at", "-id"),
            render=lambda rows: [message_of(row) for row in rows],
        )


class MessageRead(View):
    permission_classes = [HasInbox]

    @operation(
        "markMessageRead",
        tag="me",
        summary="Mark a message as read",
        answer=shapes.MessageShape,
        key="transaction",
        refusals=[NotFound, MfaRequired],
        query=[path_parameter("message_id", "Id of the message.")],
    )
    def post(self, request: Request, message_id: str) -> Response:
        message = inbox.mark_read(
            citizen_id=request.user.id, message_id=message_id, now=clock.now()
        )
        return http.answer(message_of(message))
