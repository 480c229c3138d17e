"""Messages on a dossier, from both sides, and the citizen's rating."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common import files as stored
from common.errors import MfaRequired, NotFound
from common.http import Body, IsCitizen, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import desk as looking
from dossiers.actions import ratings, talk
from dossiers.api import files
from dossiers.api.attachments import FormParser
from dossiers.models import DossierMessage, MessageFile, Rating
from dossiers.queries import feedback, offices
from dossiers.queries import talk as queries
from dossiers.rules import limits

Shape = serializers.Serializer[Any]
DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
FILE = path_parameter("message_file_id", "Id of the file.")
REFUSED = [NotFound, talk.TooManyMessageFiles]


class MessageFileShape(Shape):
    id = serializers.CharField()
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()


class TalkMessageShape(Shape):
    """What one side said. `author` is an office or a role, never a name."""

    id = serializers.CharField()
    seq = serializers.IntegerField(help_text="1, 2, 3… within the dossier.")
    side = serializers.ChoiceField(choices=["citizen", "office"])
    author = serializers.CharField()
    text = serializers.CharField()
    files = MessageFileShape(many=True)
    at = serializers.DateTimeField()


class TalkBody(Body):
    text = serializers.CharField(max_length=talk.MAX_TEXT)
    files = serializers.ListField(
        child=serializers.CharField(max_length=40),
        default=list,
        max_length=talk.MAX_FILES,
        help_text="Ids of files sent before; each goes with one message.",
    )


class ReadMarkBody(Body):
    seq = serializers.IntegerField(min_value=0, max_value=1_000_000)


class ReadMarkShape(Shape):
    read_seq = serializers.IntegerField()
    unread = serializers.BooleanField()


class MessageFileBody(Body):
    file = serializers.FileField(help_text="PDF, JPEG, PNG or HEIC, by content; 10 MiB.")


class RatingBody(Body):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=ratings.MAX_COMMENT, allow_blank=True, default="")


class RatingShape(Shape):
    stars = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField()
    at = serializers.DateTimeField()


class OfficeRatingShape(RatingShape):
    """A rating without the dossier, so that nobody is asked why."""

    service_code = serializers.CharField()


def render_file(row: MessageFile) -> dict[str, Any]:
    return {
        "id": row.id,
        "file_name": row.file_name,
        "media_type": row.file.media_type,
        "size": row.file.size,
    }


def render_message(row: DossierMessage) -> dict[str, Any]:
    return {
        "id": row.id,
        "seq": row.seq,
        "side": row.side,
        "author": row.author_label,
        "text": row.text,
        "files": [render_file(one) for one in sorted(row.files.all(), key=lambda one: one.id)],
        "at": row.at,
    }


def render_rating(row: Rating) -> dict[str, Any]:
    return {"stars": row.stars, "comment": row.comment, "at": row.at}


def _checked(shape: type[Body], request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


EXAMPLE = OpenApiExample(
    "a question", value={"text": "Tôi có thể nhận kết quả vào thứ Bảy không?"}, request_only=True
)


class Messages(View):
    permission_classes = [IsCitizen]

    @operation(
        "listDossierMessages",
        tag="talk",
        summary="Read the messages on my dossier",
        description="Latest first.",
        answer=TalkMessageShape,
        paged=True,
        refusals=[NotFound],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        return pages.page(
            request,
            queries.mine(request.user.id, dossier_id),
            order=("-seq",),
            render=lambda rows: [render_message(row) for row in rows],
        )

    @operation(
        "sendDossierMessage",
        tag="talk",
        summary="Write to the office about my dossier",
        body=TalkBody,
        answer=TalkMessageShape,
        status=201,
        key="transaction",
        refusals=[NotFound, talk.TooManyUnanswered],
        examples=[EXAMPLE],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        values = _checked(TalkBody, request)
        made = talk.say(
            citizen_id=request.user.id,
            dossier_id=dossier_id,
            text=values["text"],
            file_ids=values["files"],
            now=clock.now(),
        )
        return http.answer(render_message(made), status=201)


class ReadMark(View):
    permission_classes = [IsCitizen]

    @operation(
        "markDossierMessagesRead",
        tag="talk",
        summary="Say up to which message I have read",
        body=ReadMarkBody,
        answer=ReadMarkShape,
        status=201,
        key="transaction",
        refusals=[NotFound],
        examples=[OpenApiExample("two", value={"seq": 2}, request_only=True)],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        values = _checked(ReadMarkBody, request)
        row = talk.mark_read(citizen_id=request.user.id, dossier_id=dossier_id, seq=values["seq"])
        return http.answer(
            {
                "read_seq": row.citizen_read_seq,
                "unread": row.last_office_seq > row.citizen_read_seq,
            },
            status=201,
        )


class MessageFiles(View):
    permission_classes = [IsCitizen]
    parser_classes = [FormParser]

    @operation(
        "attachMessageFile",
        tag="talk",
        summary="Send a file for my next message",
        description="Name its id in `files` of the message within a day.",
        body=MessageFileBody,
        answer=MessageFileShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=REFUSED,
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        upload = _checked(MessageFileBody, request)["file"]
        made = talk.add_file(
            citizen_id=request.user.id,
            officer_id=None,
            dossier_id=dossier_id,
            client_key=request.idempotency_key,
            file_name=upload.name,
            data=upload.read(limits.MAX_FILE_BYTES + 1),
            now=clock.now(),
        )
        return http.answer(render_file(made), status=201)


class MessageFileContent(View):
    permission_classes = [IsCitizen]

    @operation(
        "downloadMessageFile",
        tag="talk",
        summary="Download a file of the messages",
        binary=files.TYPES,
        refusals=[NotFound, *files.UNREAD],
        query=[DOSSIER, FILE],
    )
    def get(self, request: Request, dossier_id: str, message_file_id: str) -> Any:
        row = queries.my_file(request.user.id, dossier_id, message_file_id)
        return files.download(row.file, row.file_name)


class DossierRating(View):
    permission_classes = [IsCitizen]

    @operation(
        "rateDossier",
        tag="talk",
        summary="Rate my finished dossier",
        description="Once. The office reads the stars and the comment without the dossier.",
        body=RatingBody,
        answer=RatingShape,
        status=201,
        key="transaction",
        refusals=[NotFound, ratings.NotFinishedYet, ratings.AlreadyRated],
        examples=[
            OpenApiExample(
                "good", value={"stars": 5, "comment": "Nhanh và rõ ràng"}, request_only=True
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        made = ratings.rate(
            citizen_id=request.user.id,
            dossier_id=dossier_id,
            now=clock.now(),
            **_checked(RatingBody, request),
        )
        return http.answer(render_rating(made), status=201)


class OfficerMessages(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerMessages",
        tag="officers",
        summary="Read the messages on a dossier of my agency",
        description="Latest first. Leaves a row in the citizen's access log.",
        answer=TalkMessageShape,
        paged=True,
        refusals=[NotFound, MfaRequired],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        dossier, rows = queries.office(seat, dossier_id)
        looking.shown(seat=seat, dossier=dossier, now=clock.now(), what="dossier:messages")
        return pages.page(
            request,
            rows,
            order=("-seq",),
            render=lambda rows: [render_message(row) for row in rows],
        )

    @operation(
        "replyToDossierMessage",
        tag="officers",
        summary="Write to the citizen about a dossier of my agency",
        body=TalkBody,
        answer=TalkMessageShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired],
        examples=[
            OpenApiExample(
                "an answer",
                value={"text": "Bộ phận Một cửa trả kết quả cả sáng thứ Bảy."},
                request_only=True,
            )
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        values = _checked(TalkBody, request)
        made = talk.reply(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            text=values["text"],
            file_ids=values["files"],
            now=clock.now(),
        )
        return http.answer(render_message(made), status=201)


class OfficerMessageFiles(View):
    permission_classes = [IsOfficer]
    parser_classes = [FormParser]

    @operation(
        "attachOfficerMessageFile",
        tag="officers",
        summary="Send a file for my next message to the citizen",
        body=MessageFileBody,
        answer=MessageFileShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=[*REFUSED, MfaRequired],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        upload = _checked(MessageFileBody, request)["file"]
        made = talk.add_file(
            citizen_id=None,
            officer_id=request.user.id,
            dossier_id=dossier_id,
            client_key=request.idempotency_key,
            file_name=upload.name,
            data=upload.read(limits.MAX_FILE_BYTES + 1),
            now=clock.now(),
        )
        return http.answer(render_file(made), status=201)


class OfficerMessageFileContent(View):
    permission_classes = [IsOfficer]

    @operation(
        "downloadOfficerMessageFile",
        tag="officers",
        summary="Download a file of the messages on a dossier of my agency",
        description="Leaves a row in the citizen's access log.",
        binary=files.TYPES,
        refusals=[NotFound, MfaRequired, *files.UNREAD],
        query=[DOSSIER, FILE],
    )
    def get(self, request: Request, dossier_id: str, message_file_id: str) -> Any:
        seat = offices.seat(request.user.id, now=clock.now())
        dossier, row = queries.office_file(seat, dossier_id, message_file_id)
        stored.refuse_unread(row.file)
        looking.shown(seat=seat, dossier=dossier, now=clock.now(), what="message_file")
        return files.download(row.file, row.file_name)


class WaitingTalkShape(Shape):
    dossier_id = serializers.CharField()
    dossier_code = serializers.CharField()
    service_name = serializers.CharField()
    unanswered = serializers.IntegerField()
    waiting_since = serializers.DateTimeField()


class WaitingTalks(View):
    permission_classes = [IsOfficer]

    @operation(
        "listWaitingTalks",
        tag="officers",
        summary="List the dossiers whose citizens wait for an answer",
        description="Longest waiting first. No personal data: the dossier holds it.",
        answer=WaitingTalkShape,
        paged=True,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.waiting(offices.seat(request.user.id, now=clock.now())),
            order=("waiting_since", "dossier_id"),
            render=lambda rows: [
                {
                    "dossier_id": row.dossier_id,
                    "dossier_code": row.dossier.code,
                    "service_name": row.dossier.service_name,
                    "unanswered": row.unanswered,
                    "waiting_since": row.waiting_since,
                }
                for row in rows
            ],
        )


class OfficerRatings(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerRatings",
        tag="officers",
        summary="Read what citizens thought of my agency's dossiers",
        description="For those who lead, administer or audit. Without the dossier.",
        answer=OfficeRatingShape,
        paged=True,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            feedback.ratings(feedback.rating_reader(request.user.id)),
            order=("-at", "-id"),
            render=lambda rows: [
                {**render_rating(row), "service_code": row.dossier.service_code} for row in rows
            ],
        )
