"""What an officer sees: the dossiers of the agency, by the seat, each as far as its part goes."""

import dataclasses
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)

from common.errors import NotFound
from dossiers.models import (
    Assignment,
    Attachment,
    Delivery,
    Document,
    Dossier,
    Opinion,
    Seat,
    SupplementRequest,
    TimelineEvent,
    Way,
)
from dossiers.models.queue import AGENCIES, due_key
from dossiers.queries import calendar, offices, promises
from dossiers.rules import due, states
from dossiers.rules.calendar import HCM
from dossiers.rules.due import Colour, Range
from dossiers.rules.states import Actor, State
from dossiers.rules.views import Part
from payments import queries as payments

# Acts that leave the state as it is: act -> the states and the roles that it is for.
STAYING: dict[str, tuple[frozenset[State], frozenset[Actor]]] = {
    "propose": (frozenset({State.ACCEPTED, State.PROCESSING}), frozenset({Actor.HANDLER})),
    "reroute": (
        frozenset({State.PROCESSING}),
        frozenset({Actor.RECEPTION, Actor.HANDLER, Actor.APPROVER}),
    ),
}
# Who has to do something now: each open dossier waits for exactly one of them.
WAITING = ("citizen", "payment", "opinion", "pickup", "us")
ORDERS = {
    "due": ("due_key", "id"),
    "submitted": ("submitted_at", "id"),
    "newest": ("-submitted_at", "-id"),
}


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which dossiers of the agency are asked for; without states, those that are not closed."""

    states: tuple[int, ...] = ()
    role: str | None = None
    service_code: str | None = None
    assigned: str | None = None
    unit: str | None = None
    colour: Colour | None = None
    channel: str | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None
    waiting_for: str | None = None
    code: str | None = None
    order: str | None = None

    @property
    def codes(self) -> tuple[int, ...]:
        """Return the states asked for, each once."""
        return tuple(sorted(set(self.states))) or tuple(int(state) for state in due.OPEN)

    @property
    def only_open(self) -> bool:
        """Return whether nothing closed is asked for."""
        return set(self.codes) <= {int(state) for state in due.OPEN}

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the order of the list: due first, and the newest first where some are closed."""
        return ORDERS[self.order or ("due" if self.only_open else "newest")]


def queue(
    seat: Seat, wanted: Wanted | None = None, board: tuple[Range, ...] = ()
) -> QuerySet[Dossier]:
    """Return the dossiers of a seat's agency, for a list; all of them without `wanted`.

    Shape: board is made by `rules.due.ranges`; a colour asked for needs it.
    """
    rows = offices.visible(seat)
    if wanted is not None:
        rows = _chosen(rows.annotate(due_key=due_key()), seat, wanted, board)
    return (
        rows.select_related("receiving_agency", "competent_agency")
        .prefetch_related(_hands(seat))
        .defer("answers", "provenance", "proposal")
    )


def ways(seat: Seat, wanted: Wanted) -> list[Q]:
    """Return the conditions of which each row of a queue meets one, each walked by its own index.

    An agency stands in three columns; one condition over all of them could not be read in order.
    """
    roles = [wanted.role] if wanted.role else list(AGENCIES)
    owned = [Q(**{AGENCIES[role]: seat.agency_id}) for role in roles]
    if wanted.only_open:
        return owned
    return [way & Q(state=code) for way in owned for code in wanted.codes]


def _chosen(
    rows: QuerySet[Dossier], seat: Seat, wanted: Wanted, board: tuple[Range, ...]
) -> QuerySet[Dossier]:
    rows = rows.filter(state__in=wanted.codes)
    if wanted.service_code:
        rows = rows.filter(service_code=wanted.service_code)
    if wanted.channel:
        rows = rows.filter(channel=wanted.channel)
    if wanted.code:
        rows = rows.filter(code=wanted.code)
    if wanted.submitted_from:
        rows = rows.filter(submitted_at__gte=datetime.combine(wanted.submitted_from, time(), HCM))
    if wanted.submitted_to:
        after = wanted.submitted_to + timedelta(days=1)
        rows = rows.filter(submitted_at__lt=datetime.combine(after, time(), HCM))
    if wanted.assigned:
        rows = rows.filter(assigned(seat, wanted.assigned))
    if wanted.unit:
        rows = rows.filter(of_unit(seat, wanted.unit))
    if wanted.colour:
        rows = rows.filter(coloured(wanted.colour, board))
    if wanted.waiting_for:
        rows = rows.filter(waiting(wanted.waiting_for))
    return rows


def assigned(seat: Seat, whose: str) -> Q:
    """Return the condition of being `me`'s, `nobody`'s, or a seat's work in the seat's agency."""
    ours = Assignment.objects.filter(dossier=OuterRef("id"), agency=seat.agency_id)
    if whose == "nobody":
        return ~Q(Exists(ours))
    return Q(Exists(ours.filter(seat=seat.pk if whose == "me" else int(whose))))


def of_unit(seat: Seat, unit_id: str) -> Q:
    """Return the condition of being the work of somebody in a unit of the seat's agency."""
    ours = Assignment.objects.filter(dossier=OuterRef("id"), agency=seat.agency_id)
    return Q(Exists(ours.filter(seat__unit=unit_id)))


def coloured(colour: Colour, board: tuple[Range, ...]) -> Q:
    """Return the condition that `rules.due.colour` gives this colour."""
    running = Q(state__in=due.RUNNING, due_at__isnull=False, finished_at__isnull=True)
    if colour == Colour.PAUSED:
        return Q(state__in=due.STANDING)
    if colour == Colour.NONE:
        return ~Q(state__in=due.STANDING) & ~running
    one = next(one for one in board if one.colour == colour)
    if one.start is not None:
        running &= Q(due_at__gte=one.start)
    if one.end is not None:
        running &= Q(due_at__lt=one.end)
    return running


def waiting(whom: str) -> Q:
    """Return the condition that an open dossier waits for one of `WAITING`, and for no other.

    `citizen`: what was asked for did not come; `payment`: an officer's notice, or a fee due before
    reception; `opinion`: another agency was asked; `pickup`: the result lies at the counter; `us`:
    everything else.
    """
    asked = SupplementRequest.objects.filter(
        dossier=OuterRef("id"), state=SupplementRequest.State.OPEN
    )
    opinions = Opinion.objects.filter(dossier=OuterRef("id"), state=Opinion.State.OPEN)
    fetched = Delivery.objects.filter(dossier=OuterRef("id"), way=Way.COUNTER)
    unpaid = Q(id__in=payments.owed_references(), state=State.SUBMITTED)
    found = {
        "citizen": Q(Exists(asked), state=State.SUPPLEMENT_REQUESTED),
        "payment": Q(state=State.PAYMENT_REQUESTED) | unpaid,
        "opinion": Q(Exists(opinions), state=State.PROCESSING),
        "pickup": Q(Exists(fetched), state=State.COMPLETED),
    }
    if whom in found:
        return found[whom]
    others = Q()
    for one in found.values():
        others |= one
    return Q(state__in=due.OPEN) & ~others


def _hands(seat: Seat) -> Any:
    """Return whose work a dossier is in the seat's agency, as the list `hands` of none or one."""
    ours = Assignment.objects.filter(agency=seat.agency_id).select_related("seat").order_by("id")
    return Prefetch("assignments", ours, to_attr="hands")


@dataclasses.dataclass(frozen=True)
class Counts:
    """How many open dossiers an agency has, by state, by colour and by whose work they are."""

    states: dict[State, int]
    colours: dict[Colour, int]
    mine: int
    nobodys: int
    others: int


def counts(seat: Seat, board: tuple[Range, ...]) -> Counts:
    """Return the figures of the agency's board, in one statement over its open dossiers."""
    figures = {f"state_{int(state)}": Count("id", filter=Q(state=state)) for state in due.OPEN}
    figures |= {
        f"colour_{colour}": Count("id", filter=coloured(colour, board)) for colour in Colour
    }
    found = (
        offices.visible(seat)
        .filter(state__in=[int(state) for state in due.OPEN])
        .annotate(
            hand=FilteredRelation("assignments", condition=Q(assignments__agency=seat.agency_id)),
            whose=F("hand__seat"),
        )
        .aggregate(
            **figures,
            mine=Count("id", filter=Q(whose=seat.pk)),
            nobodys=Count("id", filter=Q(whose=None)),
            others=Count("id", filter=~Q(whose=seat.pk) & ~Q(whose=None)),
        )
    )
    return Counts(
        states={state: found[f"state_{int(state)}"] for state in due.OPEN},
        colours={colour: found[f"colour_{colour}"] for colour in Colour},
        mine=found["mine"],
        nobodys=found["nobodys"],
        others=found["others"],
    )


def dossier(seat: Seat, dossier_id: str) -> Dossier:
    """Return one dossier of the agency, cut to what the agency's part in it shows.

    What is not shown is not there: answers and provenance are empty, the lists leave it out.
    Never save the row that this returns. Errors: NotFound.
    """
    return _whole(offices.visible(seat), seat, dossier_id)


def left_by(seat: Seat, dossier_id: str) -> Dossier:
    """Return a dossier as the seat's own act left it, also when it went to another agency by it."""
    return _whole(Dossier.objects.all(), seat, dossier_id)


def _whole(rows: QuerySet[Dossier], seat: Seat, dossier_id: str) -> Dossier:
    found = (
        rows.filter(id=dossier_id)
        .select_related("receiving_agency", "competent_agency", "delivery", "lease__seat")
        .first()
    )
    if found is None:
        raise NotFound
    shown = offices.parts(seat, found)
    if Part.ANSWERS not in shown:
        found.answers, found.provenance, found.proposal = {}, {}, None
    if Part.APPLICANT not in shown:
        found.applicant_name = ""
    prefetch_related_objects([found], *_parts(shown), _hands(seat))
    return found


def attachment(seat: Seat, dossier_id: str, attachment_id: str) -> Attachment:
    """Return a file of a dossier, if the agency's part in it shows it. Errors: NotFound."""
    row = of_agency(seat, dossier_id)
    shown = _files(offices.parts(seat, row))
    found = shown.filter(dossier_id=row.id, id=attachment_id).select_related("dossier").first()
    if found is None:
        raise NotFound
    return found


def document(seat: Seat, dossier_id: str, document_id: str) -> Document:
    """Return a paper issued on a dossier, if the agency's part shows it. Errors: NotFound."""
    row = of_agency(seat, dossier_id)
    shown = _documents(offices.parts(seat, row)).select_related("file", "dossier")
    found = shown.filter(dossier=row.id, id=document_id).first()
    if found is None:
        raise NotFound
    return found


def of_agency(seat: Seat, dossier_id: str) -> Dossier:
    """Return one dossier of the agency without its parts. Errors: NotFound."""
    found = offices.visible(seat).filter(id=dossier_id).first()
    if found is None:
        raise NotFound
    return found


def _parts(shown: frozenset[Part]) -> list[Prefetch]:  # type: ignore[type-arg]
    timeline = TimelineEvent.objects.order_by("seq")
    supplements = SupplementRequest.objects.order_by("round")
    if Part.TIMELINE not in shown:
        timeline = timeline.none()
    if Part.SUPPLEMENTS not in shown:
        supplements = supplements.none()
    return [
        Prefetch("timeline", timeline),
        Prefetch("documents", _documents(shown)),
        Prefetch("supplements", supplements),
        Prefetch("attachments", _files(shown)),
    ]


def _documents(shown: frozenset[Part]) -> QuerySet[Document]:
    documents = Document.objects.order_by("event_seq", "id")
    if Part.SLIPS not in shown:
        documents = documents.filter(kind=Document.Kind.RESULT)
    if Part.RESULT not in shown:
        documents = documents.exclude(kind=Document.Kind.RESULT)
    return documents


def _files(shown: frozenset[Part]) -> QuerySet[Attachment]:
    files = Attachment.objects.select_related("file").order_by("created_at", "id")
    if Part.PAPERS in shown:
        return files
    if Part.SCANNED in shown:
        return files.filter(created_at__lte=F("dossier__submitted_at"))
    return files.none()


def moves(seat: Seat, row: Dossier) -> list[str]:
    """Return what the officer of a seat may do with a dossier now."""
    may = offices.may_act(seat, row)
    came_from = State(row.came_from) if row.came_from is not None else None
    state = State(row.state)
    found = list(states.possible(state, came_from=came_from, actors=may))
    found += [
        name
        for name, (where, whose) in STAYING.items()
        if state in where and may & whose and (name != "reroute" or may_reroute(seat, row))
    ]
    return found


def may_reroute(seat: Seat, row: Dossier) -> bool:
    """Return whether a seat may send a dossier on to another competent agency.

    The agency that has it may; the counter only when it was sent back there.
    """
    if row.competent_agency_id != seat.agency_id:
        return False
    wanted = {Actor.HANDLER, Actor.APPROVER}
    if row.competent_agency_id == row.receiving_agency_id:
        wanted.add(Actor.RECEPTION)
    return bool(wanted & offices.actors(seat))


def extension(seat: Seat, row: Dossier, now: datetime) -> dict[str, Any]:
    """Return whether the officer of a seat may extend the promise, and until when it may be."""
    until = promises.extension_until(row, row.timeline.all(), calendar.working)
    theirs = seat.agency_id == row.competent_agency_id
    roles = offices.may_act(seat, row) & {Actor.HANDLER, Actor.APPROVER}
    return {
        "may_extend": bool(until is not None and now <= until and theirs and roles),
        "may_extend_until": until,
    }
