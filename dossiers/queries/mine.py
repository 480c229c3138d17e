"""What a citizen may see: their own drafts and dossiers, nothing else."""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from citizens import queries as citizens
from common.errors import NotFound
from dossiers.models import (
    Attachment,
    Delivery,
    DeliveryEvent,
    Document,
    Dossier,
    Draft,
    SupplementRequest,
    TimelineEvent,
    Upload,
    UploadPart,
)
from dossiers.queries import refunds
from dossiers.queries.representation import reachable
from dossiers.rules import needs
from dossiers.rules.needs import Ask, Need
from dossiers.rules.states import CLOSED, State
from payments import queries as payments


def drafts(citizen_id: str, role: str | None = None) -> QuerySet[Draft]:
    """Return the open drafts that a citizen owns, or writes as a `representative`; or both."""
    wanted = {"own": Q(citizen_id=citizen_id), "representative": Q(holder_id=citizen_id)}
    return (
        Draft.objects.filter(wanted[role] if role else reachable(citizen_id))
        .filter(state=Draft.State.OPEN)
        .select_related("receiving_agency", "service_version", "citizen", "holder")
        .defer("answers", "offers", "carried")
    )


def draft_files(draft_id: int) -> list[Attachment]:
    """Return the files of a draft."""
    return list(
        Attachment.objects.filter(draft_id=draft_id)
        .select_related("file")
        .order_by("created_at", "id")
    )


def reusable(citizen_id: str, component_codes: list[str]) -> dict[str, list[citizens.Paper]]:
    """Return accepted papers by component; none without consent."""
    result: dict[str, list[citizens.Paper]] = {}
    for paper in citizens.papers_for(citizen_id, component_codes):
        result.setdefault(paper.component_code, []).append(paper)
    return result


def attachment(citizen_id: str, client_id: uuid.UUID, attachment_id: str) -> Attachment:
    """Return a file of a draft that one owns or writes. Errors: NotFound."""
    mine = Q(draft__citizen_id=citizen_id) | Q(draft__holder_id=citizen_id)
    found = (
        Attachment.objects.filter(mine, draft__client_id=client_id, id=attachment_id)
        .select_related("file", "draft")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def dossier_attachment(citizen_id: str, dossier_id: str, attachment_id: str) -> Attachment:
    """Return a file of one's own dossier. Errors: NotFound."""
    rows = Attachment.objects.filter(
        dossier__citizen_id=citizen_id, dossier_id=dossier_id, id=attachment_id
    )
    found = rows.select_related("file").first()
    if found is None:
        raise NotFound
    return found


def uploads(citizen_id: str) -> QuerySet[Upload]:
    """Return the uploads of a citizen with the parts that arrived, for a list."""
    return (
        Upload.objects.filter(citizen_id=citizen_id)
        .select_related("file")
        .prefetch_related(Prefetch("parts", UploadPart.objects.order_by("number")))
    )


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which dossiers of a list. None asks for nothing; the end is exclusive."""

    state: State | None = None
    open: bool | None = None
    service_code: str | None = None
    needs_action: bool | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclasses.dataclass(frozen=True)
class Listed:
    """A dossier in a list, with what it needs from the citizen now."""

    row: Dossier
    needs: tuple[Need, ...]


def dossiers(citizen_id: str, wanted: Wanted | None = None) -> QuerySet[Dossier]:
    """Return the dossiers of a citizen, for a list."""
    rows = (
        Dossier.objects.filter(citizen_id=citizen_id)
        .select_related("receiving_agency", "competent_agency")
        .defer("answers", "provenance", "proposal")
    )
    return _narrowed(rows, citizen_id, wanted) if wanted else rows


def _narrowed(rows: QuerySet[Dossier], citizen_id: str, wanted: Wanted) -> QuerySet[Dossier]:
    closed = Q(state__in=[int(state) for state in CLOSED])
    if wanted.state is not None:
        rows = rows.filter(state=int(wanted.state))
    if wanted.open is not None:
        rows = rows.filter(~closed if wanted.open else closed)
    if wanted.service_code is not None:
        rows = rows.filter(service_code=wanted.service_code)
    if wanted.needs_action is not None:
        something = needing(citizen_id)
        rows = rows.filter(something if wanted.needs_action else ~something)
    if wanted.start is not None:
        rows = rows.filter(submitted_at__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(submitted_at__lt=wanted.end)
    return rows


def needing(citizen_id: str) -> Q:
    """Return the condition of dossiers for which `rules.needs` asks for something."""
    asked = SupplementRequest.objects.filter(
        dossier=OuterRef("pk"), state=SupplementRequest.State.OPEN
    )
    return (
        Q(Exists(asked), state__in=[int(state) for state in needs.ANSWERING])
        | Q(
            state__in=[int(state) for state in needs.PAYING],
            id__in=payments.owing(citizen_id),
        )
        | Q(state__in=[int(state) for state in needs.COLLECTING])
    )


def listed(rows: Sequence[Dossier]) -> list[Listed]:
    """Return the dossiers of a list with their needs: two reads, whatever the number."""
    states = {row.id: State(row.state) for row in rows}
    found = needs_of(states, payments.status_of(states) if states else {})
    return [Listed(row, found[row.id]) for row in rows]


def needs_of(
    states: Mapping[str, State], dues: Mapping[str, payments.Dues]
) -> dict[str, tuple[Need, ...]]:
    """Return what is needed for each of these dossiers: one read, whatever the number."""
    if not states:
        return {}
    asks = SupplementRequest.objects.filter(
        dossier_id__in=list(states), state=SupplementRequest.State.OPEN
    ).order_by("dossier_id", "round")
    open_asks = {one.dossier_id: one for one in asks.defer("message")}
    return {
        dossier_id: needs.needed(
            dossier_id=dossier_id,
            state=state,
            unpaid=dues[dossier_id].open_ids if dossier_id in dues else (),
            ask=_ask([open_asks[dossier_id]] if dossier_id in open_asks else []),
        )
        for dossier_id, state in states.items()
    }


def needs_of_one(row: Dossier, dues: payments.Dues | None) -> tuple[Need, ...]:
    """Return what is needed for a dossier whose parts are loaded."""
    return needs.needed(
        dossier_id=row.id,
        state=State(row.state),
        unpaid=dues.open_ids if dues else (),
        ask=_ask(row.supplements.all()),
    )


def _ask(requests: Iterable[SupplementRequest]) -> Ask | None:
    for one in requests:
        if one.state == SupplementRequest.State.OPEN:
            return Ask(one.id)
    return None


def dossier(citizen_id: str, dossier_id: str) -> Dossier:
    """Return one dossier of one's own with everything its page shows. Errors: NotFound."""
    found = (
        Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id)
        .select_related(
            "receiving_agency", "competent_agency", "delivery", "conversation", "rating"
        )
        .prefetch_related(*_parts())
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _parts() -> tuple[Any, ...]:
    return (
        Prefetch("timeline", TimelineEvent.objects.order_by("seq")),
        Prefetch("documents", Document.objects.order_by("event_seq", "id")),
        Prefetch("supplements", SupplementRequest.objects.order_by("round")),
        refunds.for_citizens(),
        Prefetch(
            "attachments", Attachment.objects.select_related("file").order_by("created_at", "id")
        ),
    )


def parts() -> tuple[Any, ...]:
    """Return the prefetches that a dossier's page needs, for other viewers."""
    return _parts()


def timeline(citizen_id: str, dossier_id: str) -> QuerySet[TimelineEvent]:
    """Return the timeline of one's own dossier. Errors: NotFound."""
    if not Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
        raise NotFound
    return TimelineEvent.objects.filter(dossier_id=dossier_id)


def documents(citizen_id: str, dossier_id: str) -> QuerySet[Document]:
    """Return the papers of one's own dossier. Errors: NotFound."""
    if not Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id).exists():
        raise NotFound
    return Document.objects.filter(dossier_id=dossier_id).select_related("file")


def document(citizen_id: str, dossier_id: str, document_id: str) -> Document:
    """Return one paper of one's own dossier. Errors: NotFound."""
    found = (
        Document.objects.filter(
            dossier__citizen_id=citizen_id, dossier_id=dossier_id, id=document_id
        )
        .select_related("file", "dossier")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def dues(dossier_id: str) -> payments.Dues | None:
    """Return what is owed and paid on a dossier; None when nothing ever was."""
    return payments.status_of([dossier_id]).get(dossier_id)


def delivery(citizen_id: str, dossier_id: str) -> Delivery:
    """Return how the result of one's own dossier comes back. Errors: NotFound."""
    found = Delivery.objects.filter(dossier__citizen_id=citizen_id, dossier_id=dossier_id).first()
    if found is None:
        raise NotFound
    return found


def delivery_events(dossier_id: str) -> list[DeliveryEvent]:
    """Return what happened to a result on its way, oldest first."""
    return list(DeliveryEvent.objects.filter(dossier_id=dossier_id).order_by("event_seq"))
