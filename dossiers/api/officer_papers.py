"""Papers for officers: forms 06 and 07 on demand, decision templates, the proposal as a draft."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import desk_papers, moves
from dossiers.api import files
from dossiers.api.shapes import Shape
from dossiers.models import DecisionTemplate
from dossiers.queries import decisions, desk, offices

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
DOCUMENT = path_parameter("document_id", "Id of the paper.")


class ControlSlip(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadControlSlip",
        tag="officers",
        summary="Form 06: how a dossier went",
        description="Phiếu kiểm soát quá trình giải quyết hồ sơ, drawn from the timeline: which "
        "office gave it to which, when, on time or late. Leaves a row in the citizen's access log.",
        binary="application/pdf",
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Any:
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.dossier(seat, dossier_id)
        data = desk_papers.control_slip(seat=seat, dossier=row, now=clock.now())
        return http.pdf(data, f"phieu-kiem-soat-{row.code}")


class Proposal(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadProposal",
        tag="officers",
        summary="See the decision before it is signed",
        description="What signing would issue now, with DỰ THẢO across the page and no signature. "
        "Leaves a row in the citizen's access log.",
        binary="application/pdf",
        refusals=[NotFound, MfaRequired, moves.NothingProposed],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Any:
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.dossier(seat, dossier_id)
        data = desk_papers.proposal(seat=seat, dossier=row, now=clock.now())
        return http.pdf(data, f"du-thao-{row.code}")


class OfficerDocument(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOfficerDocument",
        tag="officers",
        summary="Download a paper issued on a dossier of my agency",
        description="A slip to be printed for somebody at the counter, a letter, the result. Made "
        "at once where the worker did not come to it yet. Leaves a row in the citizen's access "
        "log.",
        binary="application/pdf",
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER, DOCUMENT],
    )
    def get(self, request: Request, dossier_id: str, document_id: str) -> Any:
        stored, title = desk_papers.issued(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            document_id=document_id,
            now=clock.now(),
        )
        return files.download(stored, f"{title}.pdf")


class EntryShape(Shape):
    name = serializers.CharField()
    title_vi = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    max_length = serializers.IntegerField()  # type: ignore[assignment]


class DecisionTemplateShape(Shape):
    """Words that a decision may be written with; name its key in `propose`."""

    key = serializers.CharField()
    procedure_code = serializers.CharField(
        allow_null=True, help_text="Null: it fits every procedure."
    )
    kind = serializers.ChoiceField(choices=["approve", "reject"])
    title_vi = serializers.CharField()
    body = serializers.ListField(child=serializers.CharField(), help_text="With {places}.")
    entries = EntryShape(many=True, help_text="What the handler enters, as `values`.")
    version = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]


def template(row: DecisionTemplate) -> dict[str, Any]:
    return {
        "key": row.key,
        "procedure_code": row.procedure_code or None,
        "kind": row.kind,
        "title_vi": row.title_vi,
        "body": row.body,
        "entries": row.entries,
        "version": row.version,
        "source": row.source,
    }


class DecisionTemplates(View):
    permission_classes = [IsOfficer]

    @operation(
        "listDecisionTemplates",
        tag="officers",
        summary="List the templates a dossier may be decided with",
        answer=DecisionTemplateShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        code = offices.visible(seat).filter(id=dossier_id).values_list("service_code", flat=True)
        found = code.first()
        if found is None:
            raise NotFound
        return pages.page(
            request,
            decisions.usable(found),
            order=("key",),
            render=lambda rows: [template(row) for row in rows],
        )


# Named as the query says it, and `from` is no name for an attribute.
BookFilter: type[Body] = type(
    "BookFilter", (Body,), {"from": serializers.DateField(), "to": serializers.DateField()}
)


def day_parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name=name,
        location=OpenApiParameter.QUERY,
        required=True,
        type={"type": "string", "format": "date"},
        description=description,
    )


class DossierBook(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadDossierBook",
        tag="officers",
        summary="Form 07: the book of dossiers my agency received",
        description=f"Sổ theo dõi hồ sơ of a range of days, {desk_papers.MAX_BOOK_DAYS} days and "
        f"{desk_papers.MAX_BOOK_ROWS} dossiers at most. It shows names: one row for each person "
        "shown in that person's access log.",
        binary="application/pdf",
        refusals=[MfaRequired, Invalid, desk_papers.BookTooLong],
        query=[
            day_parameter("from", "First day of reception."),
            day_parameter("to", "Last day of reception, included."),
        ],
    )
    def get(self, request: Request) -> Any:
        wanted = http.query_of(BookFilter, request)
        seat = offices.seat(request.user.id, now=clock.now())
        data = desk_papers.dossier_book(
            seat=seat, start=wanted["from"], end=wanted["to"], now=clock.now()
        )
        return http.pdf(data, f"so-theo-doi-{wanted['from']:%Y%m%d}-{wanted['to']:%Y%m%d}")
