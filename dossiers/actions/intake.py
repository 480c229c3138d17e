"""Submission: one transaction from draft to dossier."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from citizens import queries as citizens
from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, Refusal, check_version
from dossiers.actions import carrying, codes, drafts, forms, moves, papers, representing
from dossiers.actions import who as people
from dossiers.actions.forms import Composed
from dossiers.models import Attachment, Channel, Document, Dossier, Draft, TimelineEvent
from dossiers.rules import deadlines, prefill
from dossiers.rules.states import Clock, State
from payments.actions import charge
from services import queries as services
from services.queries import FeeQuote


class PrefillChanged(Refusal):
    code = "prefill_changed"
    status = 409
    title_vi = "Giá trị điền sẵn đã thay đổi từ lần xem cuối"
    title_en = "A prefilled value changed since it was last shown"
    detail_vi = "Hãy tải lại bản nháp, xem các trường được nêu, rồi lưu và gửi lại."
    detail_en = "Load the draft again, look at the fields named, then save and submit again."


class PrefillAged(Refusal):
    code = "prefill_aged"
    status = 409
    title_vi = "Có giá trị điền sẵn đã cũ, cần xác nhận lại"
    title_en = "An old prefilled value must be confirmed"
    detail_vi = "Gửi tên các trường trong `confirmed` khi lưu bản nháp."
    detail_en = "Name the fields in `confirmed` when you save the draft."


class AgencyMissing(Refusal):
    code = "receiving_agency_missing"
    status = 400
    title_vi = "Chưa chọn cơ quan tiếp nhận"
    title_en = "No receiving agency was chosen"


@db.transaction()
def submit(
    *, citizen_id: str, client_id: uuid.UUID, expected_version: int | None, now: datetime
) -> Dossier:
    """Turn a draft into a dossier in state 1, with code, timeline, fee owed and queued work.

    A draft that was submitted before returns its dossier, whatever the key.
    Errors: NotFound; DraftClosed; HandedOver; ProofMissing; StaleVersion; FormChanged;
    UnknownService; Invalid with every failure at once; PrefillChanged; PrefillAged; AgencyMissing.
    """
    draft = drafts.for_submission(citizen_id, client_id)
    if draft.state == Draft.State.SUBMITTED:
        return Dossier.objects.get(draft=draft)
    if expected_version is not None:
        check_version(draft.version, expected_version)
    carrying.refuse_outdated(draft, now=now)
    composed = forms.compose(draft=draft, now=now)
    _refuse_unseen(composed)
    failures = composed.failures + forms.identity_failures(composed)
    if failures:
        raise Invalid(errors=failures)
    if draft.receiving_agency_id is None:
        raise AgencyMissing
    dossier = _create(composed, draft.receiving_agency_id, Channel.ONLINE, now)
    Attachment.objects.filter(draft=draft).update(dossier=dossier)
    event = moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.MOVE,
        name="submit",
        who=people.representative(citizen_id) if draft.holder_id else people.citizen(citizen_id),
        now=now,
        from_state=None,
        clock=Clock.NONE,
        office=moves.office_name(dossier.receiving_agency_id),
    )
    papers.issue(dossier=dossier, event=event, kind=Document.Kind.ACKNOWLEDGEMENT, facts={})
    open_charge(dossier, now=now)
    learn(dossier, composed.form.prefill if composed.form else (), verified=False, now=now)
    drafts.close(draft, Draft.State.SUBMITTED, now=now)
    representing.filed(draft, dossier, now=now)
    return dossier


def _refuse_unseen(composed: Composed) -> None:
    draft = composed.draft
    changed = prefill.changed(draft.offers, composed.offers, draft.answers)
    if changed:
        raise PrefillChanged(errors=[_flag(name, "prefill_changed") for name in changed])
    aged = prefill.aged(composed.offers, draft.answers, draft.confirmed)
    if aged:
        raise PrefillAged(errors=[_flag(name, "prefill_aged") for name in aged])


def _flag(name: str, code: str) -> FieldError:
    texts = {
        "prefill_changed": ("Đã thay đổi từ lần xem cuối", "It changed since it was last shown"),
        "prefill_aged": ("Giá trị này đã cũ", "This value is old"),
    }
    return FieldError(code, name, *texts[code], pointer=f"/answers/{name}")


@db.transaction_required
def _create(composed: Composed, receiving_key: str, channel: Channel, now: datetime) -> Dossier:
    service = composed.service
    day = deadlines.local_day(now)
    receiving = services.agency(receiving_key)
    route = services.route(service.code, receiving_key)
    card = citizens.card(composed.draft.citizen_id)
    quote = services.quote_fee(service.id, answers=composed.answers, channel=str(channel), on=day)
    return Dossier(
        code=codes.next_code(agency_key=receiving.key, identifier=receiving.identifier, day=day),
        citizen_id=composed.draft.citizen_id,
        draft=composed.draft,
        filed_by_id=composed.draft.holder_id,
        channel=channel,
        service_version_id=service.id,
        form_id=composed.form.id if composed.form else None,
        service_code=service.code,
        service_name=service.name_vi,
        receiving_agency_id=route.receiving.key,
        competent_agency_id=route.competent.key,
        applicant_name=card.full_name,
        answers=composed.answers,
        answers_hash=hash_of(composed.answers),
        provenance=prefill.provenance(composed.answers, composed.offers, now=now),
        fee_quote=frozen(quote),
        time_limit=_limit(service.time_limit),
        state=int(State.SUBMITTED),
        submitted_at=now,
        updated_at=now,
    )


@db.transaction_required
def open_charge(dossier: Dossier, *, now: datetime) -> None:
    """Open what the frozen quote says is owed; an unknown fee opens nothing."""
    quote = dossier.fee_quote
    if not quote["known"] or not quote["lines"]:
        return
    charge.open(
        reference=dossier.id,
        citizen_id=dossier.citizen_id,
        payer_name=dossier.applicant_name,
        agency_code=dossier.receiving_agency_id,
        title=f"{dossier.code} {dossier.service_name}"[:200],
        lines=charge_lines(quote["lines"]),
        now=now,
    )


def charge_lines(lines: Sequence[Mapping[str, Any]]) -> list[charge.ChargeLine]:
    """Return quote lines as payments wants them: amounts, no procedures."""
    return [
        charge.ChargeLine(
            code=line["code"],
            label=line["label_vi"],
            kind=line["kind"],
            quantity=line["quantity"],
            unit_vnd=line["unit_vnd"],
            amount_vnd=line["amount_vnd"],
        )
        for line in lines
    ]


@db.transaction_required
def learn(
    dossier: Dossier, rules: Sequence[prefill.Rule], *, verified: bool, now: datetime
) -> None:
    """Remember what the form says about the citizen, if they agreed to be prefilled.

    Nothing is learned from what a representative filed: its applicant may be somebody else.
    """
    if dossier.filed_by_id is not None:
        return
    if not rules or not citizens.live_consent(dossier.citizen_id, "prefill"):
        return
    proved = citizens.identity(dossier.citizen_id)
    facts = prefill.learnable(rules, dossier.answers, proved.sex if proved else None)
    if not citizens.live_consent(dossier.citizen_id, "prefill_ethnicity"):
        facts = {key: value for key, value in facts.items() if not prefill.ethnicity([key])}
    vault.learn(
        citizen_id=dossier.citizen_id,
        facts=facts,
        source="dossier",
        source_ref=dossier.code,
        verified=verified,
        now=now,
    )


def hash_of(answers: Mapping[str, Any]) -> str:
    """Return the SHA-256 of answers in canonical JSON."""
    text = json.dumps(answers, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def frozen(quote: FeeQuote) -> dict[str, Any]:
    """Return a fee quote as it is kept with the dossier."""
    result = asdict(quote)
    result["lines"] = [dict(line) for line in result["lines"]]
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in result.items()
    }


def _limit(limit: Any) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"value": limit.value, "unit": limit.unit, "same_day": limit.same_day}
