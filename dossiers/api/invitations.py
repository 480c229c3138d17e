"""An invited officer's first steps: see the second factor, then set it with a password."""

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from citizens.actions import officers
from common import clock, http
from common.http import Anyone, Body, Request, View
from common.openapi import operation
from dossiers.actions import seats
from dossiers.api.shapes import Shape

CODE = "0123456789abcdefghjkmnpqrs"


class InvitationBody(Body):
    code = serializers.CharField(max_length=60, help_text="From the mail; used once.")


class AcceptBody(InvitationBody):
    password = serializers.CharField(
        max_length=128, trim_whitespace=False, help_text="At least 12 characters."
    )
    totp_code = serializers.CharField(max_length=10, help_text="Of the factor that was shown.")


class OfferShape(Shape):
    """The second factor to enrol. Shown to whoever holds the code, until it is confirmed."""

    email = serializers.CharField(help_text="What the officer signs in with.")
    totp_secret = serializers.CharField()
    totp_url = serializers.CharField(help_text="For the QR of an authenticator app.")
    expires_at = serializers.DateTimeField()


class AcceptedShape(Shape):
    officer_id = serializers.CharField()
    title = serializers.CharField()


class InvitationOffer(View):
    permission_classes = [Anyone]
    authentication_classes = []

    @operation(
        "openInvitation",
        tag="officers",
        summary="Open an invitation",
        description="Gives the second factor to enrol; the same one each time. The account stays "
        "shut until it is confirmed. A passkey may be added after the first sign-in.",
        body=InvitationBody,
        answer=OfferShape,
        status=201,
        key="transaction",
        public=True,
        refusals=[officers.InvitationUnknown, officers.InvitationClosed],
        examples=[OpenApiExample("code", value={"code": CODE}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        body = InvitationBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = officers.offer(code=body.validated_data["code"], now=clock.now())
        return http.answer(
            {
                "email": found.email,
                "totp_secret": found.totp_secret,
                "totp_url": found.totp_url,
                "expires_at": found.expires_at,
            },
            status=201,
            headers={"Cache-Control": "no-store"},
        )


class InvitationAccept(View):
    permission_classes = [Anyone]
    authentication_classes = []

    @operation(
        "acceptInvitation",
        tag="officers",
        summary="Accept an invitation",
        description="Sets the password and confirms the second factor in one act; then the "
        "account is open and signs in at `/api/auth/app/v1/auth/login`.",
        body=AcceptBody,
        answer=AcceptedShape,
        status=201,
        key="transaction",
        public=True,
        refusals=[
            officers.InvitationUnknown,
            officers.InvitationClosed,
            officers.CodeWrong,
        ],
        examples=[
            OpenApiExample(
                "accept",
                value={"code": CODE, "password": "mot-mat-khau-dai", "totp_code": "123456"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = AcceptBody(data=request.data)
        body.is_valid(raise_exception=True)
        seat = seats.accept(now=clock.now(), **body.validated_data)
        return http.answer({"officer_id": seat.user_id, "title": seat.title}, status=201)
