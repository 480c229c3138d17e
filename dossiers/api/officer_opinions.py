"""Opinions: asked by the agency that decides, answered by the others."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common import files as stored
from common.errors import MfaRequired, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import desk as looking
from dossiers.actions import moves, opinions
from dossiers.actions.who import NotYourRole
from dossiers.api import files, officer_render, officer_shapes
from dossiers.api.attachments import FormParser
from dossiers.api.officer_work import DOSSIER, SeenBody
from dossiers.models import Opinion
from dossiers.queries import offices
from dossiers.queries import opinions as asked
from dossiers.rules import limits
from dossiers.rules.calendar import CalendarMissing
from dossiers.rules.states import MoveNotAllowed

OPINION = path_parameter("opinion_id", "Id of the request for an opinion.")
STATES = [str(state) for state in Opinion.State]


def _keys(limit: int, length: int, **more: Any) -> Any:
    return serializers.ListField(
        child=serializers.CharField(max_length=length), max_length=limit, **more
    )


class AskBody(SeenBody):
    agencies = _keys(opinions.MAX_AGENCIES, 60, min_length=1)
    question = serializers.CharField(max_length=4000)
    working_days = serializers.IntegerField(
        min_value=1, max_value=opinions.MAX_WORKING_DAYS, help_text="Time to answer."
    )
    applicant = serializers.BooleanField(default=False, help_text="Show who the applicant is.")
    fields = _keys(100, 100, required=False, default=list, help_text="Answers to show.")
    papers = _keys(50, 200, required=False, default=list, help_text="Papers to show.")
    silence_basis = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=300,
        help_text="The law by which silence counts as agreement; empty where none does.",
    )


class AskedShape(officer_shapes.Shape):
    """The requests that were made, one an agency."""

    opinions = officer_shapes.OpinionShape(many=True)


class AnswerBody(Body):
    stance = serializers.ChoiceField(choices=["agree", "disagree", "comment"])
    text = serializers.CharField(required=False, default="", allow_blank=True, max_length=4000)


class OpinionWithdrawalBody(Body):
    reason = serializers.CharField(max_length=2000)


class OpinionFileBody(Body):
    file = serializers.FileField(help_text="PDF, JPEG, PNG or HEIC, by content; 10 MiB.")


class OpinionFilter(Body):
    state = serializers.ChoiceField(required=False, choices=STATES)
    late = serializers.ChoiceField(required=False, choices=["true"])
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class DossierOpinions(View):
    permission_classes = [IsOfficer]

    @operation(
        "listDossierOpinions",
        tag="officers",
        summary="List the opinions asked on a dossier of my agency",
        description="Leaves a row in the citizen's access log.",
        answer=officer_shapes.OpinionShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        rows = asked.of_dossier(seat, dossier_id)

        def show(found: list[Opinion]) -> list[dict[str, Any]]:
            looking.list_shown(
                seat=seat,
                dossiers=[row.dossier for row in found],
                now=clock.now(),
                what="opinion:list",
            )
            return [officer_render.opinion(row, clock.now()) for row in found]

        return pages.page(request, rows, order=("asked_at", "id"), render=show)

    @operation(
        "askOpinions",
        tag="officers",
        summary="Ask other agencies for their opinion",
        description="At the same time, each with the parts of the dossier that it may see. The "
        "state and the clock of the dossier stay. The citizen sees who was asked and that an "
        "answer came, not what. A decision is refused while somebody has not answered, unless it "
        "says `without_opinions` and why. Silence is agreement only where `silence_basis` names "
        "the law.",
        body=AskBody,
        answer=AskedShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            moves.StateChanged,
            MoveNotAllowed,
            opinions.AskedAlready,
            CalendarMissing,
        ],
        examples=[
            OpenApiExample(
                "two agencies",
                value={
                    "agencies": ["so-tu-phap", "cong-an-31135"],
                    "question": "Đề nghị xác minh thông tin đã đăng ký",
                    "working_days": 2,
                    "fields": ["noi_da_dang_ky"],
                    "expected_state": 4,
                },
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = AskBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = opinions.ask(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            now=clock.now(),
            **body.validated_data,
        )
        seat = offices.seat(request.user.id, now=clock.now())
        rows = asked.of_dossier(seat, dossier_id).order_by("id")
        found = {row.id: row for row in rows.filter(id__in=[one.id for one in made])}
        shown = [officer_render.opinion(found[one.id], clock.now()) for one in made]
        return http.answer({"opinions": shown}, status=201)


class Opinions(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOpinions",
        tag="officers",
        summary="List what other agencies ask of mine",
        description="The first due first. Leaves one row for each person in that person's access "
        "log.",
        answer=officer_shapes.OpinionBriefShape,
        paged=True,
        refusals=[MfaRequired],
        query=[
            text_parameter("state", "State of the request.", STATES),
            text_parameter("late", "Only those open beyond their time.", ["true"]),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(OpinionFilter, request)
        seat = offices.seat(request.user.id, now=clock.now())
        now = clock.now()

        def show(found: list[Opinion]) -> list[dict[str, Any]]:
            looking.list_shown(
                seat=seat,
                dossiers=[row.dossier for row in found],
                now=now,
                what="opinion:list",
            )
            return [officer_render.opinion_brief(row, now) for row in found]

        return pages.page(
            request,
            asked.asked_of(
                seat, state=wanted.get("state"), late_at=now if wanted.get("late") else None
            ),
            order=("due_at", "id"),
            render=show,
        )


def _detail(request: Request, opinion_id: str, *, status: int = 200) -> Response:
    seat = offices.seat(request.user.id, now=clock.now())
    row = asked.one(seat, opinion_id)
    body = officer_render.opinion_detail(
        row, asked.shown_files(row), clock.now(), asked=row.asked_agency_id == seat.agency_id
    )
    return http.answer(body, status=status)


class OpinionDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOpinion",
        tag="officers",
        summary="Read a request for an opinion with the shared parts",
        description="For the asked agency and for the agencies of the dossier. Leaves a row in "
        "the citizen's access log.",
        answer=officer_shapes.OpinionDetailShape,
        refusals=[NotFound, MfaRequired],
        query=[OPINION],
    )
    def get(self, request: Request, opinion_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        row = asked.one(seat, opinion_id)
        looking.shown(seat=seat, dossier=row.dossier, now=clock.now(), what="opinion:read")
        return _detail(request, opinion_id)


class OpinionAnswer(View):
    permission_classes = [IsOfficer]

    @operation(
        "answerOpinion",
        tag="officers",
        summary="Give my agency's opinion",
        description="Once, by a handler or an approver. Put a file first, at "
        "`/officer/opinions/{opinion_id}/file`. Late is still an answer.",
        body=AnswerBody,
        answer=officer_shapes.OpinionDetailShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, NotYourRole, opinions.OpinionClosed],
        examples=[
            OpenApiExample(
                "agree", value={"stance": "agree", "text": "Thông tin khớp"}, request_only=True
            )
        ],
        query=[OPINION],
    )
    def post(self, request: Request, opinion_id: str) -> Response:
        body = AnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        opinions.answer(
            officer_id=request.user.id,
            opinion_id=opinion_id,
            now=clock.now(),
            **body.validated_data,
        )
        return _detail(request, opinion_id, status=201)


class OpinionWithdrawal(View):
    permission_classes = [IsOfficer]

    @operation(
        "withdrawOpinion",
        tag="officers",
        summary="Take back a request for an opinion of my agency",
        body=OpinionWithdrawalBody,
        answer=officer_shapes.OpinionDetailShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, NotYourRole, opinions.OpinionClosed],
        examples=[OpenApiExample("with a reason", value={"reason": "Hỏi nhầm"}, request_only=True)],
        query=[OPINION],
    )
    def post(self, request: Request, opinion_id: str) -> Response:
        body = OpinionWithdrawalBody(data=request.data)
        body.is_valid(raise_exception=True)
        opinions.withdraw(
            officer_id=request.user.id,
            opinion_id=opinion_id,
            now=clock.now(),
            **body.validated_data,
        )
        return _detail(request, opinion_id, status=201)


class OpinionFile(View):
    permission_classes = [IsOfficer]
    parser_classes = [FormParser]

    @operation(
        "attachOpinionFile",
        tag="officers",
        summary="Put a file to my agency's answer",
        description="Before the answer; another file takes its place.",
        body=OpinionFileBody,
        answer=officer_shapes.OpinionDetailShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=[NotFound, MfaRequired, NotYourRole, opinions.OpinionClosed],
        query=[OPINION],
    )
    def post(self, request: Request, opinion_id: str) -> Response:
        body = OpinionFileBody(data=request.data)
        body.is_valid(raise_exception=True)
        upload = body.validated_data["file"]
        opinions.attach(
            officer_id=request.user.id,
            opinion_id=opinion_id,
            client_key=request.idempotency_key,
            file_name=upload.name,
            data=upload.read(limits.MAX_FILE_BYTES + 1),
            now=clock.now(),
        )
        return _detail(request, opinion_id, status=201)


class OpinionFileContent(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOpinionFile",
        tag="officers",
        summary="Download the file of an answer",
        description="The agencies of the dossier once it is answered. Leaves a row in the "
        "citizen's access log.",
        binary=files.TYPES,
        refusals=[NotFound, MfaRequired, *files.UNREAD],
        query=[OPINION],
    )
    def get(self, request: Request, opinion_id: str) -> Any:
        seat = offices.seat(request.user.id, now=clock.now())
        row = asked.one(seat, opinion_id)
        sent = row.state == Opinion.State.ANSWERED or row.asked_agency_id == seat.agency_id
        if row.file is None or not sent:
            raise NotFound
        stored.refuse_unread(row.file)
        looking.shown(seat=seat, dossier=row.dossier, now=clock.now(), what="opinion:file")
        return files.download(row.file, row.file_name)


class OpinionAttachment(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadSharedFile",
        tag="officers",
        summary="Download a file that is shared with the asked agency",
        description="Leaves a row in the citizen's access log.",
        binary=files.TYPES,
        refusals=[NotFound, MfaRequired, *files.UNREAD],
        query=[OPINION, path_parameter("attachment_id", "Id of the attachment.")],
    )
    def get(self, request: Request, opinion_id: str, attachment_id: str) -> Any:
        seat = offices.seat(request.user.id, now=clock.now())
        row = asked.one(seat, opinion_id)
        chosen = next((one for one in asked.shown_files(row) if one.id == attachment_id), None)
        if chosen is None:
            raise NotFound
        stored.refuse_unread(chosen.file)
        looking.shown(
            seat=seat, dossier=row.dossier, now=clock.now(), what=f"file:{chosen.paper_key}"
        )
        return files.download(chosen.file, chosen.file_name)
