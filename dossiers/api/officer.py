"""The officer's desk: the dossiers of one's own agency."""

import re
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import Invalid, MfaRequired, NotFound
from common.http import Body, IsOfficer, Request, View
from common.openapi import day_parameter, operation, path_parameter, text_parameter
from dossiers.actions import desk as looking
from dossiers.actions import moves, processing, routing, work
from dossiers.actions import opinions as asking
from dossiers.actions.processing import Act
from dossiers.actions.supplements import SupplementRoundsUsed
from dossiers.actions.who import NotYourAgency, NotYourRole, OwnProposal
from dossiers.api import desk_shapes, officer_render, officer_shapes, render, shapes
from dossiers.models import Channel, Dossier, Seat
from dossiers.models.queue import AGENCIES
from dossiers.queries import calendar, counter, desk, offices, opinions
from dossiers.rules import deadlines, due
from dossiers.rules.calendar import CalendarMissing
from dossiers.rules.states import MoveNotAllowed, State
from dossiers.rules.views import Part
from payments import queries as payments

DOSSIER = path_parameter("dossier_id", "Id of the dossier.")
WAITING = list(desk.WAITING)
SHOWN_NOTES = 20


def board(now: datetime) -> tuple[due.Range, ...]:
    """Return which due times have which colour now."""
    return due.ranges(now, calendar.working())


def brief(
    row: Dossier, seat: Seat, dues: payments.Dues | None, drawn: tuple[due.Range, ...]
) -> dict[str, Any]:
    shown = offices.parts(seat, row)
    state = State(row.state)
    late = deadlines.is_late(state, row.due_at, row.finished_at, clock.now(), row.missed_at)
    hands: Any = row
    return {
        **render.dossier_brief(row),
        "applicant_name": row.applicant_name if Part.APPLICANT in shown else "",
        "late": late,
        "fee_open": Part.MONEY in shown and dues is not None and dues.open,
        "due_colour": due.colour(state, row.due_at, row.finished_at, drawn),
        "assignment": officer_render.assignment(hands.hands, seat),
    }


def detail(row: Dossier, seat: Seat) -> dict[str, Any]:
    now = clock.now()
    dues = payments.status_of([row.id]).get(row.id)
    notes = opinions.notes_on(seat, row.id).order_by("-at", "-id")[:SHOWN_NOTES]
    asked = opinions.asked_on(row.id).order_by("asked_at", "id")
    shown = offices.parts(seat, row)
    money = Part.MONEY in shown
    return {
        **brief(row, seat, dues, board(now)),
        "answers": row.answers,
        "provenance": row.provenance,
        "fee": render.fee(row.fee_quote) if money else None,
        "owed": http.money(dues.owed_vnd if dues else 0) if money else None,
        "paid": http.money(dues.paid_vnd if dues else 0) if money else None,
        "promises": render.promises(row),
        "missed_at": row.missed_at,
        "timeline": [render.event(one) for one in row.timeline.all()],
        "documents": [render.document(one) for one in row.documents.all()],
        "attachments": [render.attachment(one) for one in row.attachments.all()],
        "supplements": [render.supplement(one) for one in row.supplements.all()],
        "delivery": render.delivery(row),
        "handed_in": [render.handed_in(one) for one in counter.handed_in(row)],
        "moves": desk.moves(seat, row),
        "lease": officer_render.lease(getattr(row, "lease", None), seat, now),
        "opinions": [officer_render.opinion(one, now) for one in asked],
        "notes": [officer_render.note(one) for one in notes],
        "parts": sorted(shown),
        **desk.extension(seat, row, clock.now()),
    }


class StatesField(serializers.CharField):
    """Several official states, as `1,2,4`."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not re.fullmatch(r"(10|[1-9])(,(10|[1-9])){0,9}", text):
            raise serializers.ValidationError(
                "1 to 10, with commas" if http.language() == "en" else "Từ 1 đến 10, cách dấu phẩy",
                code="invalid",
            )
        return tuple(int(code) for code in text.split(","))


class QueueFilter(Body):
    state = StatesField(required=False)
    role = serializers.ChoiceField(required=False, choices=list(AGENCIES))
    service_code = serializers.RegexField(r"^[0-9]\.[0-9]{6}$", required=False)
    assigned = serializers.RegexField(r"^(me|nobody|[0-9]{1,18})$", required=False)
    unit = serializers.CharField(required=False, max_length=40)
    due = serializers.ChoiceField(required=False, choices=officer_shapes.COLOURS)
    channel = serializers.ChoiceField(required=False, choices=list(Channel))
    submitted_from = serializers.DateField(required=False)
    submitted_to = serializers.DateField(required=False)
    waiting_for = serializers.ChoiceField(required=False, choices=WAITING)
    code = serializers.CharField(required=False, max_length=40)
    order = serializers.ChoiceField(required=False, choices=list(desk.ORDERS))
    cursor = serializers.CharField(required=False)
    page_size = serializers.CharField(required=False)


def wanted_of(request: Request) -> desk.Wanted:
    values = http.query_of(QueueFilter, request)
    return desk.Wanted(
        states=values.get("state", ()),
        role=values.get("role"),
        service_code=values.get("service_code"),
        assigned=values.get("assigned"),
        unit=values.get("unit"),
        colour=due.Colour(values["due"]) if "due" in values else None,
        channel=values.get("channel"),
        submitted_from=values.get("submitted_from"),
        submitted_to=values.get("submitted_to"),
        waiting_for=values.get("waiting_for"),
        code=values["code"].strip().upper() if "code" in values else None,
        order=values.get("order"),
    )


class Queue(View):
    permission_classes = [IsOfficer]

    @operation(
        "listOfficerDossiers",
        tag="officers",
        summary="List the dossiers of my agency",
        description="Without `state` those that are not closed. What is due first stands first, "
        "what has no due time last; where closed states are asked for, the newest first. A colour "
        "is a hint: `red` is due today, `amber` on the next working day, `paused` waits with its "
        "clock standing. Each open dossier waits for exactly one of `waiting_for`: `citizen` was "
        "asked for more, `payment` for a notice or a fee due before reception, `opinion` for "
        "another agency, `pickup` for whoever fetches the result at the counter, `us` for the "
        "rest. Leaves one row for each person shown in that person's access log.",
        answer=desk_shapes.OfficerDossierShape,
        paged=True,
        refusals=[offices.NoDossierRole, Invalid],
        query=[
            text_parameter("state", "Official states, several with commas."),
            text_parameter("role", "As which agency.", list(AGENCIES)),
            text_parameter("service_code", "Code of the service."),
            text_parameter("assigned", "`me`, `nobody`, or the id of a seat of my agency."),
            text_parameter(
                "unit", "Id of a unit of my agency: the work of its seats.", max_length=40
            ),
            text_parameter("due", "Colour of the promise.", officer_shapes.COLOURS),
            text_parameter("channel", "How it was filed.", [str(one) for one in Channel]),
            day_parameter("submitted_from", "From this day on."),
            day_parameter("submitted_to", "Up to and with this day."),
            text_parameter("waiting_for", "Who has to do something now.", WAITING),
            text_parameter("code", "The whole dossier code.", max_length=40),
            text_parameter("order", "Order of the list.", list(desk.ORDERS)),
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = wanted_of(request)
        seat = offices.seat(request.user.id, now=clock.now())
        drawn = board(clock.now())

        def show(rows: list[Dossier]) -> list[dict[str, Any]]:
            looking.list_shown(seat=seat, dossiers=rows, now=clock.now())
            dues = payments.status_of([row.id for row in rows])
            return [brief(row, seat, dues.get(row.id), drawn) for row in rows]

        return pages.page(
            request,
            desk.queue(seat, wanted, drawn),
            order=wanted.columns,
            render=show,
            ways=desk.ways(seat, wanted),
        )


class StateCountShape(officer_shapes.Shape):
    """How many open dossiers are in one state."""

    state = shapes.StateShape()
    count = serializers.IntegerField()


class ColourCountShape(officer_shapes.Shape):
    """How many open dossiers have one colour."""

    due_colour = serializers.ChoiceField(choices=officer_shapes.COLOURS)
    count = serializers.IntegerField()


class QueueCountsShape(officer_shapes.Shape):
    """The board of my agency: figures of its open dossiers, at one moment."""

    states = StateCountShape(many=True)
    colours = ColourCountShape(many=True)
    mine = serializers.IntegerField()
    nobodys = serializers.IntegerField()
    others = serializers.IntegerField()
    computed_at = serializers.DateTimeField()


class QueueCounts(View):
    permission_classes = [IsOfficer]

    @operation(
        "countOfficerDossiers",
        tag="officers",
        summary="Read the board of my agency: how many open dossiers, by state, colour and hand",
        description="A board of its own, not the total of a list: it counts the open dossiers of "
        "the agency in one statement, whatever a list is filtered by.",
        answer=QueueCountsShape,
        refusals=[MfaRequired],
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        found = desk.counts(offices.seat(request.user.id, now=clock.now()), board(now))
        return http.answer(
            {
                "states": [
                    {"state": render.state(int(state)), "count": count}
                    for state, count in found.states.items()
                ],
                "colours": [
                    {"due_colour": colour, "count": count}
                    for colour, count in found.colours.items()
                ],
                "mine": found.mine,
                "nobodys": found.nobodys,
                "others": found.others,
                "computed_at": now,
            }
        )


class OfficerDossier(View):
    permission_classes = [IsOfficer]

    @operation(
        "getOfficerDossier",
        tag="officers",
        summary="Read a dossier of my agency",
        description="Leaves a row in the citizen's access log.",
        answer=desk_shapes.OfficerDetailShape,
        refusals=[NotFound, offices.NoDossierRole],
        query=[DOSSIER],
    )
    def get(self, request: Request, dossier_id: str) -> Response:
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.dossier(seat, dossier_id)
        looking.shown(seat=seat, dossier=row, now=clock.now())
        return http.answer(detail(row, seat))


class OfficerMoves(View):
    permission_classes = [IsOfficer]

    @operation(
        "moveDossier",
        tag="officers",
        summary="Make a move on a dossier",
        description="One listed edge of the official states, or `propose` and `reroute`, which "
        "leave the state. `expected_state` is the state the officer saw: 409 when the dossier "
        "moved on meanwhile. `reroute` sends it on to another competent agency, or back to the "
        "receiving one; the promised time stays.",
        body=desk_shapes.MoveBody,
        answer=desk_shapes.OfficerDetailShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            offices.NoDossierRole,
            NotYourRole,
            NotYourAgency,
            OwnProposal,
            moves.StateChanged,
            MoveNotAllowed,
            moves.FeeUnpaid,
            moves.AppraisalTooLate,
            moves.NothingProposed,
            SupplementRoundsUsed,
            moves.FeeTaken,
            work.AssignedToAnother,
            work.LockedByAnother,
            asking.OpinionsOpen,
            routing.SentBack,
            CalendarMissing,
        ],
        examples=[
            OpenApiExample(
                "receive", value={"move": "receive", "expected_state": 1}, request_only=True
            ),
            OpenApiExample(
                "ask for a supplement",
                value={
                    "move": "request_supplement",
                    "expected_state": 4,
                    "reason": "Ảnh căn cước bị mờ, đề nghị chụp lại",
                    "papers": ["000.00.00.G15-KQ004946"],
                },
                request_only=True,
            ),
            OpenApiExample(
                "send it on",
                value={
                    "move": "reroute",
                    "expected_state": 4,
                    "competent_agency": "ubnd-31120",
                    "reason": "Sổ hộ tịch do phường Cái Khế lưu giữ",
                },
                request_only=True,
            ),
        ],
        query=[DOSSIER],
    )
    def post(self, request: Request, dossier_id: str) -> Response:
        body = desk_shapes.MoveBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        values["lines"] = [
            {**line, "amount_vnd": line["quantity"] * line["unit_vnd"]} for line in values["lines"]
        ]
        processing.act(
            officer_id=request.user.id,
            dossier_id=dossier_id,
            act=Act(**values),
            now=clock.now(),
        )
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.left_by(seat, dossier_id)
        return http.answer(detail(row, seat), status=201, version=row.version)
