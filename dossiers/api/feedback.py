"""Questions, feedback and petitions: the sender, the agency, and the public."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import Anyone, Body, IsCitizen, IsOfficer, Request, View
from common.openapi import operation, path_parameter, text_parameter
from dossiers.actions import feedback
from dossiers.actions.feedback import Reply
from dossiers.actions.ratings import NotFinishedYet
from dossiers.api.shapes import AgencyBriefShape
from dossiers.models import Feedback, FeedbackEvent
from dossiers.queries import feedback as queries
from dossiers.rules import feedback as rules
from dossiers.rules.feedback import FeedbackMoveNotAllowed, State
from services.queries import UnknownAgency

Shape = serializers.Serializer[Any]
FEEDBACK = path_parameter("feedback_id", "Id of the feedback.")
KINDS = ["question", "about_rules", "about_conduct", "appeal"]
STATES = [str(state) for state in State]


class FeedbackStepShape(Shape):
    """One step. `on_time` is null where no limit is set."""

    move = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    by = serializers.ChoiceField(choices=["citizen", "office"])
    author = serializers.CharField(help_text="An office or a role, never a name.")
    text = serializers.CharField()
    at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    on_time = serializers.BooleanField(allow_null=True)


class FeedbackBriefShape(Shape):
    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    state_name = serializers.CharField()
    agency = AgencyBriefShape()
    dossier_id = serializers.CharField(allow_null=True)
    dossier_code = serializers.CharField(allow_null=True)
    sent_at = serializers.DateTimeField()
    answer_due_at = serializers.DateTimeField(
        allow_null=True, help_text="By when the office owes its next word; null while it waits."
    )


class FeedbackShape(FeedbackBriefShape):
    steps = FeedbackStepShape(many=True)
    liked = serializers.BooleanField(allow_null=True)
    can = serializers.ListField(
        child=serializers.CharField(), help_text="What the reader may do now."
    )


class FeedbackBody(Body):
    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField(max_length=feedback.MAX_SUBJECT)
    text = serializers.CharField(max_length=feedback.MAX_TEXT)
    dossier_id = serializers.CharField(max_length=40, required=False)
    agency = serializers.CharField(
        max_length=60, required=False, help_text="Needed without a dossier."
    )


class FeedbackStepBody(Body):
    move = serializers.ChoiceField(choices=["add", "raise_again"])
    expected_state = serializers.ChoiceField(choices=STATES)
    text = serializers.CharField(max_length=feedback.MAX_TEXT)


class OpinionBody(Body):
    liked = serializers.BooleanField()


class FeedbackMoveBody(Body):
    move = serializers.ChoiceField(choices=list(rules.OFFICE_MOVES))
    expected_state = serializers.ChoiceField(choices=STATES)
    text = serializers.CharField(max_length=feedback.MAX_TEXT, allow_blank=True, default="")
    public_question = serializers.CharField(
        max_length=feedback.MAX_TEXT, allow_blank=True, default=""
    )
    public_answer = serializers.CharField(
        max_length=feedback.MAX_TEXT, allow_blank=True, default=""
    )


class PublicAnswerShape(Shape):
    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    agency = AgencyBriefShape()
    question = serializers.CharField()
    answer = serializers.CharField()
    published_at = serializers.DateTimeField()


class FeedbackFilter(Body):
    state = serializers.ChoiceField(choices=STATES, required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


class AnswerFilter(Body):
    agency = serializers.CharField(max_length=60, required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def brief(row: Feedback) -> dict[str, Any]:
    names = rules.NAMES[State(row.state)]
    return {
        "id": row.id,
        "kind": row.kind,
        "subject": row.subject,
        "state": row.state,
        "state_name": names[1] if http.language() == "en" else names[0],
        "agency": {"key": row.agency.key, "name_vi": row.agency.name_vi},
        "dossier_id": row.dossier_id,
        "dossier_code": row.dossier.code if row.dossier else None,
        "sent_at": row.sent_at,
        "answer_due_at": row.next_due_at,
    }


def step(row: FeedbackEvent) -> dict[str, Any]:
    return {
        "move": row.move,
        "state": row.to_state,
        "by": "citizen" if row.actor_kind == "citizen" else "office",
        "author": row.actor_label,
        "text": row.text,
        "at": row.at,
        "due_at": row.due_at,
        "on_time": None if row.due_at is None else row.at <= row.due_at,
    }


def detail(row: Feedback, by: rules.By) -> dict[str, Any]:
    return {
        **brief(row),
        "steps": [step(one) for one in sorted(row.events.all(), key=lambda one: one.seq)],
        "liked": None if row.disliked is None else not row.disliked,
        "can": [one.move for one in rules.EDGES if one.start == row.state and one.by == by],
    }


def _checked(shape: type[Body], request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _mine(request: Request, feedback_id: str, status: int) -> Response:
    row = queries.one(queries.mine(request.user.id), feedback_id)
    return http.answer(detail(row, rules.By.CITIZEN), status=status, version=row.version)


class MyFeedback(View):
    permission_classes = [IsCitizen]

    @operation(
        "listFeedback",
        tag="talk",
        summary="List my questions and feedback",
        answer=FeedbackBriefShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.mine(request.user.id),
            order=("-sent_at", "-id"),
            render=lambda rows: [brief(row) for row in rows],
        )

    @operation(
        "sendFeedback",
        tag="talk",
        summary="Ask, give feedback, or ask to look at a result again",
        description="To an agency, or about a dossier of mine. Limits in working days: refused "
        "within 2, asked for more within 5, answered within 15, published within 2 of the answer. "
        "A formal complaint (khiếu nại) follows its own law and is not filed here.",
        body=FeedbackBody,
        answer=FeedbackShape,
        status=201,
        key="transaction",
        refusals=[NotFound, UnknownAgency, NotFinishedYet, feedback.TooMuchFeedback],
        examples=[
            OpenApiExample(
                "question",
                value={
                    "kind": "question",
                    "subject": "Giờ làm việc",
                    "text": "Trung tâm có làm việc sáng thứ Bảy không?",
                    "agency": "ttpvhcc-31135",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        values = _checked(FeedbackBody, request)
        made = feedback.send(
            citizen_id=request.user.id,
            kind=values["kind"],
            subject=values["subject"],
            text=values["text"],
            dossier_id=values.get("dossier_id"),
            agency_key=values.get("agency"),
            now=clock.now(),
        )
        return _mine(request, made.id, 201)


class MyFeedbackDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getFeedback",
        tag="talk",
        summary="Read my question or feedback with every step",
        answer=FeedbackShape,
        refusals=[NotFound],
        query=[FEEDBACK],
    )
    def get(self, request: Request, feedback_id: str) -> Response:
        return _mine(request, feedback_id, 200)


class MyFeedbackSteps(View):
    permission_classes = [IsCitizen]

    @operation(
        "continueFeedback",
        tag="talk",
        summary="Add what was asked for, or raise an answered one again",
        body=FeedbackStepBody,
        answer=FeedbackShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            feedback.FeedbackMoved,
            FeedbackMoveNotAllowed,
            feedback.RaisedTooOften,
        ],
        examples=[
            OpenApiExample(
                "add",
                value={"move": "add", "expected_state": "waiting", "text": "Vào ngày 12/11."},
                request_only=True,
            )
        ],
        query=[FEEDBACK],
    )
    def post(self, request: Request, feedback_id: str) -> Response:
        feedback.say_more(
            citizen_id=request.user.id,
            feedback_id=feedback_id,
            now=clock.now(),
            **_checked(FeedbackStepBody, request),
        )
        return _mine(request, feedback_id, 201)


class MyOpinion(View):
    permission_classes = [IsCitizen]

    @operation(
        "judgeAnswer",
        tag="talk",
        summary="Say whether the answer helped",
        body=OpinionBody,
        answer=FeedbackShape,
        status=201,
        key="transaction",
        refusals=[NotFound, feedback.NoAnswerYet],
        examples=[OpenApiExample("yes", value={"liked": True}, request_only=True)],
        query=[FEEDBACK],
    )
    def post(self, request: Request, feedback_id: str) -> Response:
        feedback.judge(
            citizen_id=request.user.id,
            feedback_id=feedback_id,
            **_checked(OpinionBody, request),
        )
        return _mine(request, feedback_id, 201)


class OfficerFeedback(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerFeedback",
        tag="officers",
        summary="List what my agency was asked or told",
        description="Oldest first. Leaves one row for each person shown in their access log.",
        answer=FeedbackBriefShape,
        paged=True,
        refusals=[MfaRequired, Invalid],
        query=[text_parameter("state", "In this state.", STATES)],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(FeedbackFilter, request)
        seat = queries.reader(request.user.id)
        rows = queries.of_agency(seat)
        if "state" in wanted:
            rows = rows.filter(state=wanted["state"])

        def show(found: list[Feedback]) -> list[dict[str, Any]]:
            feedback.list_shown(seat=seat, rows=found, now=clock.now())
            return [brief(row) for row in found]

        return pages.page(request, rows, order=("sent_at", "id"), render=show)


class OfficerFeedbackDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficerFeedback",
        tag="officers",
        summary="Read what my agency was asked or told, with every step",
        description="Leaves a row in the sender's access log.",
        answer=FeedbackShape,
        refusals=[NotFound, MfaRequired],
        query=[FEEDBACK],
    )
    def get(self, request: Request, feedback_id: str) -> Response:
        row = feedback.read(officer_id=request.user.id, feedback_id=feedback_id, now=clock.now())
        return http.answer(detail(row, rules.By.OFFICE), version=row.version)


class OfficerFeedbackMoves(View):
    permission_classes = [IsOfficer]

    @operation(
        "moveFeedback",
        tag="officers",
        summary="Refuse, ask for more, answer or publish",
        description="`publish` makes `public_question` and `public_answer` public: write them "
        "without anything personal.",
        body=FeedbackMoveBody,
        answer=FeedbackShape,
        status=201,
        key="transaction",
        refusals=[NotFound, MfaRequired, feedback.FeedbackMoved, FeedbackMoveNotAllowed],
        examples=[
            OpenApiExample(
                "answer",
                value={
                    "move": "answer",
                    "expected_state": "received",
                    "text": "Trung tâm làm việc cả sáng thứ Bảy.",
                },
                request_only=True,
            )
        ],
        query=[FEEDBACK],
    )
    def post(self, request: Request, feedback_id: str) -> Response:
        feedback.act(
            officer_id=request.user.id,
            feedback_id=feedback_id,
            reply=Reply(**_checked(FeedbackMoveBody, request)),
            now=clock.now(),
        )
        seat = queries.reader(request.user.id)
        row = queries.one(queries.of_agency(seat), feedback_id)
        return http.answer(detail(row, rules.By.OFFICE), status=201, version=row.version)


class PublishedAnswers(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []

    @operation(
        "listPublishedAnswers",
        tag="catalogue",
        summary="Read the answers that agencies made public",
        answer=PublicAnswerShape,
        paged=True,
        public=True,
        refusals=[Invalid],
        query=[text_parameter("agency", "Key of an agency.", max_length=60)],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(AnswerFilter, request)
        return pages.page(
            request,
            queries.published(wanted.get("agency")),
            order=("-published_at", "-id"),
            render=lambda rows: [
                {
                    "id": row.id,
                    "kind": row.kind,
                    "agency": {"key": row.agency.key, "name_vi": row.agency.name_vi},
                    "question": row.public_question,
                    "answer": row.public_answer,
                    "published_at": row.published_at,
                }
                for row in rows
            ],
        )
