"""What a representation means for the draft that is written under it. Joins its callers."""

from collections.abc import Collection, Sequence
from datetime import datetime

from citizens.actions import inbox, vault
from common import db
from common.errors import NotFound, Refusal
from dossiers.actions.carrying import PROOF_KEY
from dossiers.actions.forms import Composed
from dossiers.models import Attachment, Dossier, Draft, Representation, RepresentationEvent
from dossiers.rules import handover
from payments.actions import payers

READER = "Người được ủy quyền"
Kind = RepresentationEvent.Kind
LIVE = (Representation.State.INVITED, Representation.State.ACTIVE)


class ProofMissing(Refusal):
    code = "authorisation_missing"
    status = 409
    title_vi = "Chưa có giấy tờ chứng minh việc đại diện"
    title_en = "The proof of the authorisation is missing"
    detail_vi = "Đính kèm văn bản ủy quyền hoặc giấy tờ chứng minh quyền đại diện trước khi gửi."
    detail_en = "Attach the written authorisation, or what proves the right, before you submit."


@db.transaction_required
def record(
    row: Representation,
    kind: str,
    *,
    by: str,
    actor_id: str,
    now: datetime,
    fields: Collection[str] = (),
) -> None:
    """Write down one thing that was done under a representation, and by whom."""
    RepresentationEvent.objects.create(
        representation=row,
        kind=kind,
        by=by,
        actor_id=actor_id,
        draft_version=row.draft.version,
        fields=sorted(fields),
        at=now,
    )


@db.transaction_required
def saved(composed: Composed, *, fields: Collection[str], now: datetime) -> None:
    """Write down that a representative saved a version, and which fields it changed."""
    row = composed.representation
    if row is not None:
        row.draft = composed.draft
        record(
            row,
            Kind.SAVED,
            by="representative",
            actor_id=composed.viewer_id,
            now=now,
            fields=fields,
        )


@db.transaction_required
def draft_shown(drafts: Sequence[Draft], *, reader_id: str, now: datetime, what: str = "") -> None:
    """Leave a row for each citizen whose draft a representative saw, in one statement."""
    vault.record_access(
        citizen_ids=[draft.citizen_id for draft in drafts],
        reader_id=reader_id,
        reader_label=READER,
        what=what or "draft:read",
        purpose="represent",
        reference=str(drafts[0].client_id) if len(drafts) == 1 else "",
        now=now,
    )


@db.transaction_required
def refuse_lapsed(draft: Draft, *, now: datetime) -> None:
    """Refuse a representative whose time ran out, also before it is swept. Errors: NotFound."""
    if draft.holder_id is not None:
        rows = Representation.objects.filter(draft=draft, state=Representation.State.ACTIVE)
        if not rows.filter(valid_until__gt=now).exists():
            raise NotFound


@db.transaction_required
def refuse_without_proof(draft: Draft) -> None:
    """Refuse to file for somebody without a paper that says so. Errors: ProofMissing."""
    if draft.holder_id is None:
        return
    if not Attachment.objects.filter(draft=draft, paper_key=PROOF_KEY).exists():
        raise ProofMissing


@db.transaction_required
def filed(draft: Draft, dossier: Dossier, *, now: datetime) -> None:
    """Let a representation go on with the dossier that its draft became, and with what it owes."""
    row = Representation.objects.filter(draft=draft, state__in=LIVE).first()
    if row is None:
        return
    if row.state == Representation.State.INVITED:
        end(row, Kind.LAPSED, by="system", actor_id="", now=now)
        return
    row.dossier = dossier
    row.version += 1
    row.save(update_fields=["dossier", "version"])
    row.draft = draft
    if row.representative_id is not None:
        payers.allow(
            reference=dossier.id,
            citizen_id=row.representative_id,
            until=row.valid_until,
            now=now,
        )
    record(row, Kind.SUBMITTED, by="representative", actor_id=draft.holder_id or "", now=now)
    tell(row, "represented_submit", to=row.principal_id, now=now)


@db.transaction_required
def lapse(draft: Draft, *, now: datetime) -> None:
    """End what still depends on a draft that is no more."""
    for row in Representation.objects.filter(draft=draft, state__in=LIVE).order_by("id"):
        row.draft = draft
        end(row, Kind.LAPSED, by="system", actor_id="", now=now)


@db.transaction_required
def end(row: Representation, kind: str, *, by: str, actor_id: str, now: datetime) -> None:
    """End a locked representation: the draft goes back to its citizen, all access is over."""
    refused = kind == Kind.REFUSED
    row.state = Representation.State.REFUSED if refused else Representation.State.ENDED
    row.ended_at = now
    row.version += 1
    row.save(update_fields=["state", "ended_at", "version"])
    if row.dossier_id is not None and row.representative_id is not None:
        payers.end(reference=row.dossier_id, citizen_id=row.representative_id, now=now)
    draft = row.draft
    if draft.holder_id is not None:
        draft.holder_id = None
        draft.version += 1
        draft.updated_at = now
        draft.save(update_fields=["holder", "version", "updated_at"])
    record(row, kind, by=by, actor_id=actor_id, now=now)
    if by != "principal":
        tell(row, f"represented_{kind}", to=row.principal_id, now=now)
    if by != "representative" and row.representative_id is not None:
        tell(row, f"representing_{kind}", to=row.representative_id, now=now)


@db.transaction_required
def tell(row: Representation, event: str, *, to: str, now: datetime) -> None:
    """Put a message about a representation into an inbox, once for each of its versions."""
    text = handover.WORDS[event]
    inbox.notify(
        citizen_id=to,
        kind=event,
        title_vi=text.title_vi,
        body_vi=text.body_vi,
        title_en=text.title_en,
        body_en=text.body_en,
        reference=row.id,
        dedupe_key=f"{row.id}:{row.version}:{event}:{to[-12:]}",
        now=now,
    )


@db.transaction_required
def dossier_shown(row: Representation, *, now: datetime) -> None:
    """Leave a row for the citizen whose dossier a representative saw."""
    vault.record_access(
        citizen_ids=[row.principal_id],
        reader_id=row.representative_id or "",
        reader_label=READER,
        what="dossier:read",
        purpose="represent",
        reference=row.dossier_id or "",
        now=now,
    )
