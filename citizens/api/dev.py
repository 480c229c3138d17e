"""Comforts of development: sign in by name, read the codes that were "sent".

Mounted only when `APP_ENV` is dev or test; not part of the published document.
"""

from allauth.account.internal.flows.login import record_authentication
from allauth.headless import app_settings
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from citizens.api import shapes
from citizens.models import DevMessage, User
from common.errors import NotFound
from common.http import Anyone, Request, View


@extend_schema(exclude=True)
class SignIn(View):
    permission_classes = [Anyone]
    authentication_classes = []

    def post(self, request: Request) -> Response:
        """Sign in a demonstration person: the same tokens as a real sign-in."""
        if not settings.DEVELOPMENT:
            raise NotFound
        body = shapes.DevSignInBody(data=request.data)
        body.is_valid(raise_exception=True)
        who = body.validated_data["who"]
        user = User.objects.filter(is_demo=True, email=f"{who}@demo.invalid").first()
        if user is None:
            raise NotFound
        plain = request._request
        plain.session = SessionStore()
        login(plain, user, backend="django.contrib.auth.backends.ModelBackend")
        if user.is_officer:
            record_authentication(plain, user, "password")
            record_authentication(plain, user, "mfa", type="totp")
        else:
            record_authentication(plain, user, "dev")
        plain.session.save()
        plain.user = user
        UserSession.objects.create_from_request(plain)
        tokens = app_settings.TOKEN_STRATEGY.create_access_token_payload(plain)
        return Response({"user_id": user.id, **tokens})


@extend_schema(exclude=True)
class Outbox(View):
    permission_classes = [Anyone]
    authentication_classes = []

    def get(self, request: Request) -> Response:
        """Return what was "sent" to an address, newest first."""
        if not settings.DEVELOPMENT:
            raise NotFound
        rows = DevMessage.objects.filter(to=request.query_params.get("to", "")).order_by("-id")[:5]
        return Response({"items": [{"text": row.text, "at": row.at} for row in rows]})
