"""Files going out: as an attachment, never rendered by a browser, never cached by one."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, files, http
from common.errors import MfaRequired, NotFound
from common.http import Anyone, IsCitizen, IsOfficer, Request, View
from common.models import StoredFile
from common.openapi import operation, path_parameter
from dossiers.actions import links, papers
from dossiers.actions.links import Link, Way
from dossiers.api.drafts import client_id
from dossiers.queries import mine

DRAFT = path_parameter("draft_id", "The id that the phone made.")
DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
DOCUMENT = path_parameter("document_id", "Id of the paper.")
ATTACHMENT = path_parameter("attachment_id", "Id of the attachment.")
TYPES = sorted({kind.kept_as for kind in files.KINDS.values()})
UNREAD = [files.FileNotScanned, files.FileInfected]


class LinkShape(serializers.Serializer[Any]):
    """An address that a browser or viewer can open without a token of its own."""

    url = serializers.CharField(help_text="For whoever asked, for this file; for five minutes.")
    expires_at = serializers.DateTimeField()


def download(stored: StoredFile, name: str, *, cache_control: str = "private, no-cache") -> Any:
    """Return the bytes under a safe name (RFC 6266). Errors: FileNotScanned; FileInfected."""
    response = HttpResponse(files.read(stored), content_type=stored.media_type)
    plain = f"tep.{files.extension(stored.media_type)}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response["ETag"] = f'"{stored.sha256}"'
    response["Cache-Control"] = cache_control
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Referrer-Policy"] = "no-referrer"
    return response


def link(made: Link) -> Response:
    return http.answer(
        {"url": f"{settings.PUBLIC_URL}/files/{made.token}", "expires_at": made.expires_at},
        status=201,
    )


class Followed(View):
    """The address behind a link: no sign-in, the link itself says whose it is."""

    permission_classes = [Anyone]
    authentication_classes: list[Any] = []
    cache_control = "no-store"

    @operation(
        "followFileLink",
        tag="files",
        summary="Download a file by its link",
        description="Each use is logged; an officer's leaves a row in the citizen's access log. "
        "`410` once the five minutes are over: ask for another link.",
        binary=TYPES,
        refusals=[NotFound, links.LinkExpired, *UNREAD],
        query=[path_parameter("token", "From `url`.")],
        public=True,
    )
    def get(self, request: Request, token: str) -> Any:
        opened = links.follow(token=token, now=clock.now())
        return download(opened.file, opened.name, cache_control="no-store")


class DraftFile(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadDraftFile",
        tag="drafts",
        summary="Download a file of a draft",
        binary=TYPES,
        refusals=[NotFound, *UNREAD],
        query=[DRAFT, ATTACHMENT],
    )
    def get(self, request: Request, draft_id: str, attachment_id: str) -> Any:
        opened = links.draft_file(
            user_id=request.user.id,
            client_id=client_id(draft_id),
            attachment_id=attachment_id,
            now=clock.now(),
        )
        return download(opened.file, opened.name)


class DraftFileLinks(View):
    permission_classes = [IsCitizen]

    @operation(
        "linkDraftFile",
        tag="drafts",
        summary="Get a short-lived link to a file of a draft",
        answer=LinkShape,
        status=201,
        key="transaction",
        refusals=[NotFound, *UNREAD],
        query=[DRAFT, ATTACHMENT],
    )
    def post(self, request: Request, draft_id: str, attachment_id: str) -> Response:
        made = links.make(
            user_id=request.user.id,
            way=Way.DRAFT,
            parent_id=str(client_id(draft_id)),
            file_id=attachment_id,
            now=clock.now(),
        )
        return link(made)


class DossierFile(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadDossierFile",
        tag="dossiers",
        summary="Download a file that I sent with a dossier",
        binary=TYPES,
        refusals=[NotFound, *UNREAD],
        query=[DOSSIER, ATTACHMENT],
    )
    def get(self, request: Request, dossier_id: str, attachment_id: str) -> Any:
        row = mine.dossier_attachment(request.user.id, dossier_id, attachment_id)
        return download(row.file, row.file_name)


class DossierFileLinks(View):
    permission_classes = [IsCitizen]

    @operation(
        "linkDossierFile",
        tag="dossiers",
        summary="Get a short-lived link to a file that I sent",
        answer=LinkShape,
        status=201,
        key="transaction",
        refusals=[NotFound, *UNREAD],
        query=[DOSSIER, ATTACHMENT],
    )
    def post(self, request: Request, dossier_id: str, attachment_id: str) -> Response:
        made = links.make(
            user_id=request.user.id,
            way=Way.DOSSIER,
            parent_id=dossier_id,
            file_id=attachment_id,
            now=clock.now(),
        )
        return link(made)


class DocumentLinks(View):
    permission_classes = [IsCitizen]

    @operation(
        "linkDocument",
        tag="dossiers",
        summary="Get a short-lived link to a paper of a dossier",
        answer=LinkShape,
        status=201,
        key="durable",
        refusals=[NotFound],
        query=[DOSSIER, DOCUMENT],
    )
    def post(self, request: Request, dossier_id: str, document_id: str) -> Response:
        row = mine.document(request.user.id, dossier_id, document_id)
        papers.make(document_id=row.id, now=clock.now())
        made = links.make(
            user_id=request.user.id,
            way=Way.DOCUMENT,
            parent_id=dossier_id,
            file_id=document_id,
            now=clock.now(),
        )
        return link(made)


class OfficerFile(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOfficerFile",
        tag="officers",
        summary="Download a file of a dossier of my agency",
        description="Leaves a row in the citizen's access log. Nobody opens a file that was not "
        "scanned yet: `409` with `Retry-After`.",
        binary=TYPES,
        refusals=[NotFound, MfaRequired, *UNREAD],
        query=[DOSSIER, ATTACHMENT],
    )
    def get(self, request: Request, dossier_id: str, attachment_id: str) -> Any:
        opened = links.officer_file(
            user_id=request.user.id,
            dossier_id=dossier_id,
            attachment_id=attachment_id,
            now=clock.now(),
        )
        return download(opened.file, opened.name)


class OfficerFileLinks(View):
    permission_classes = [IsOfficer]

    @operation(
        "linkOfficerFile",
        tag="officers",
        summary="Get a short-lived link to a file of a dossier of my agency",
        description="Using it, not getting it, leaves a row in the citizen's access log.",
        answer=LinkShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, *UNREAD],
        query=[DOSSIER, ATTACHMENT],
    )
    def post(self, request: Request, dossier_id: str, attachment_id: str) -> Response:
        made = links.make(
            user_id=request.user.id,
            way=Way.OFFICER,
            parent_id=dossier_id,
            file_id=attachment_id,
            now=clock.now(),
        )
        return link(made)
