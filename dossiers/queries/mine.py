"""What a citizen may see: their own drafts and dossiers, nothing else."""

import uuid
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from citizens import queries as citizens
from common.errors import NotFound
from dossiers.models import Attachment, Document, Dossier, Draft, SupplementRequest, TimelineEvent
from dossiers.queries.representation import reachable
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


def refuse_holder(citizen_id: str, client_id: uuid.UUID) -> None:
    """Refuse to whoever only writes a draft what its owner alone may do. Errors: NotFound."""
    if Draft.objects.filter(holder_id=citizen_id, client_id=client_id).exists():
        raise NotFound


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
        .select_related("receiving_agency", "competent_agency")
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
        .select_related("file")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def dues(dossier_id: str) -> payments.Dues | None:
    """Return what is owed and paid on a dossier; None when nothing ever was."""
    return payments.status_of([dossier_id]).get(dossier_id)
