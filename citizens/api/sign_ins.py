"""The citizen's sign-ins, and the phones that may be woken."""

import uuid
from typing import Any

from allauth.usersessions.models import UserSession
from drf_spectacular.utils import OpenApiExample
from rest_framework.response import Response

from citizens import queries
from citizens.actions import devices, sessions
from citizens.api import shapes
from citizens.models import Device
from common import clock, http, pages
from common.errors import NotFound
from common.http import IsCitizen, IsSignedIn, Request, View
from common.openapi import operation, path_parameter

INSTALLATION = path_parameter(
    "installation_id", "A UUID that the app made for itself when it was installed."
)


def session_of(row: UserSession, current: str) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "user_agent": row.user_agent,
        "signed_in_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "is_current": row.session_key == current,
        "version": 1,
    }


class Sessions(View):
    permission_classes = [IsSignedIn]

    @operation(
        "listSessions",
        tag="me",
        summary="Read my sign-ins",
        answer=shapes.SessionShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            UserSession.objects.filter(user=request.user),
            order=("-id",),
            render=lambda rows: [session_of(row, request.auth.session_key) for row in rows],
        )


class SessionDetail(View):
    permission_classes = [IsSignedIn]

    @operation(
        "endSession",
        tag="me",
        summary="Sign a device out",
        description="It holds at once, also for access tokens that are still young.",
        status=204,
        match=True,
        refusals=[NotFound],
        query=[path_parameter("session_id", "Id of the sign-in.", r"^[0-9]+$")],
    )
    def delete(self, request: Request, session_id: str) -> Response:
        sessions.end(
            user_id=request.user.id,
            session_id=session_id,
            expected_version=http.expected_version(request),
        )
        return Response(status=204)


def device_of(row: Device) -> dict[str, Any]:
    return {
        "installation_id": str(row.installation_id),
        "platform": row.platform,
        "app_version": row.app_version,
        "updated_at": row.updated_at,
        "version": row.version,
    }


def installation(text: str) -> uuid.UUID:
    """Return the UUID of an address. Errors: NotFound."""
    try:
        return uuid.UUID(text)
    except ValueError as failure:
        raise NotFound from failure


class Devices(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDevices",
        tag="me",
        summary="Read which phones are woken",
        answer=shapes.DeviceShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.devices_of(request.user.id),
            order=("-id",),
            render=lambda rows: [device_of(row) for row in rows],
        )


class DeviceDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "registerDevice",
        tag="me",
        summary="Have this phone woken",
        description='`If-Match: "0"` for an installation that is new, else the version that was '
        "read. A push holds an id and a kind, never personal data. Signing out removes the phone.",
        body=shapes.DeviceBody,
        answer=shapes.DeviceShape,
        match=True,
        refusals=[NotFound],
        query=[INSTALLATION],
        examples=[
            OpenApiExample(
                "android",
                value={"platform": "android", "token": "fcm-token", "app_version": "1.4.2"},
                request_only=True,
            )
        ],
    )
    def put(self, request: Request, installation_id: str) -> Response:
        expected = http.expected_version(request)
        body = shapes.DeviceBody(data=request.data)
        body.is_valid(raise_exception=True)
        device = devices.register(
            user_id=request.user.id,
            session_key=request.auth.session_key,
            installation_id=installation(installation_id),
            expected_version=expected,
            now=clock.now(),
            **body.validated_data,
        )
        return http.answer(device_of(device), version=device.version)

    @operation(
        "removeDevice",
        tag="me",
        summary="Have this phone woken no more",
        status=204,
        match=True,
        refusals=[NotFound],
        query=[INSTALLATION],
    )
    def delete(self, request: Request, installation_id: str) -> Response:
        devices.remove(
            user_id=request.user.id,
            installation_id=installation(installation_id),
            expected_version=http.expected_version(request),
        )
        return Response(status=204)
