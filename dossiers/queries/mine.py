"""What a citizen may see: their own drafts and dossiers, nothing else."""

import uuid
from typing import Any

from django.db.models import Prefetch, QuerySet

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
)
from payments import queries as payments


def drafts(citizen_id: str) -> QuerySet[Draft]:
    """Return the open drafts of a citizen."""
    return Draft.objects.filter(citizen_id=citizen_id, state=Draft.State.OPEN).select_related(
        "receiving_agency", "service_version"
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
    """Return a file of one's own draft. Errors: NotFound."""
    found = (
        Attachment.objects.filter(
            draft__citizen_id=citizen_id, draft__client_id=client_id, id=attachment_id
        )
        .select_related("file")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def dossiers(citizen_id: str) -> QuerySet[Dossier]:
    """Return the dossiers of a citizen, for a list."""
    return (
        Dossier.objects.filter(citizen_id=citizen_id)
        .select_related("receiving_agency", "competent_agency")
        .defer("answers", "provenance", "proposal")
    )


def dossier(citizen_id: str, dossier_id: str) -> Dossier:
    """Return one dossier of one's own with everything its page shows. Errors: NotFound."""
    found = (
        Dossier.objects.filter(citizen_id=citizen_id, id=dossier_id)
        .select_related("receiving_agency", "competent_agency", "delivery")
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
