"""Submission: one transaction from draft to dossier.

The steps of a filing are rows, each of which is its own result: the code and the dossier, the
timeline's first event, the frozen answers, the acknowledgement's content, the fee owed, the way of
return, what was learned, the closed draft, the message. They commit together, with the jobs that
go on from them (the PDF, the message's delivery) and with the answer kept under the client's key.
Killed before the commit, nothing happened and a repeat does it all; killed after it, a repeat finds
the dossier, and the sweep finds each job that was lost. Jobs may run twice: the rows say what was
done.
"""

import dataclasses
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from citizens import queries as citizens
from citizens.actions import vault
from common import db
from common.errors import FieldError, Invalid, Refusal, check_version
from dossiers.actions import carrying, codes, delivery, drafts, forms, moves, papers, representing
from dossiers.actions import who as people
from dossiers.actions.forms import Composed
from dossiers.actions.who import Who
from dossiers.models import (
    AnswerVersion,
    Attachment,
    Channel,
    Document,
    Dossier,
    Draft,
    TimelineEvent,
    Way,
)
from dossiers.rules import deadlines, prefill
from dossiers.rules.states import Clock, State
from payments.actions import charge
from services import queries as services
from services.queries import FeeQuote, FormVersion, ServiceVersion


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


@dataclasses.dataclass(frozen=True)
class Filing:
    """What is filed, through whichever channel: everything that a dossier keeps from then on."""

    citizen_id: str
    applicant_name: str
    service: ServiceVersion
    form: FormVersion | None
    channel: Channel
    receiving: str
    answers: Mapping[str, Any]
    provenance: Mapping[str, Any]
    way: str
    address: Mapping[str, Any] | None = None
    helping: str | None = None
    draft: Draft | None = None


@db.transaction()
def submit(
    *,
    citizen_id: str,
    client_id: uuid.UUID,
    expected_version: int | None,
    way: str = Way.APP,
    address: Mapping[str, Any] | None = None,
    now: datetime,
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
    filing = Filing(
        citizen_id=draft.citizen_id,
        applicant_name=citizens.card(draft.citizen_id).full_name,
        service=composed.service,
        form=composed.form,
        channel=Channel.ONLINE,
        receiving=draft.receiving_agency_id,
        answers=composed.answers,
        provenance=prefill.provenance(composed.answers, composed.offers, now=now),
        way=way,
        address=address,
        draft=draft,
    )
    dossier = new(filing=filing, now=now)
    Attachment.objects.filter(draft=draft).update(dossier=dossier)
    who = people.representative(citizen_id) if draft.holder_id else people.citizen(citizen_id)
    enter(dossier=dossier, filing=filing, who=who, name="submit", now=now)
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
def new(*, filing: Filing, now: datetime) -> Dossier:
    """Return a dossier in state 1 under its code; `enter` saves it and records how it came in."""
    day = deadlines.local_day(now)
    receiving = services.agency(filing.receiving)
    route = services.route(filing.service.code, filing.receiving)
    quote = services.quote_fee(
        filing.service.id, answers=filing.answers, channel=str(filing.channel), on=day
    )
    return Dossier(
        code=codes.next_code(agency_key=receiving.key, identifier=receiving.identifier, day=day),
        citizen_id=filing.citizen_id,
        draft=filing.draft,
        filed_by_id=filing.draft.holder_id if filing.draft else None,
        channel=filing.channel,
        service_version_id=filing.service.id,
        form_id=filing.form.id if filing.form else None,
        service_code=filing.service.code,
        service_name=filing.service.name_vi,
        helping_agency_id=filing.helping,
        receiving_agency_id=route.receiving.key,
        competent_agency_id=route.competent.key,
        applicant_name=filing.applicant_name,
        answers=dict(filing.answers),
        answers_hash=hash_of(filing.answers),
        provenance=dict(filing.provenance),
        fee_quote=frozen(quote),
        time_limit=_limit(filing.service.time_limit),
        state=int(State.SUBMITTED),
        submitted_at=now,
        updated_at=now,
    )


@db.transaction_required
def enter(
    *,
    dossier: Dossier,
    filing: Filing,
    who: Who,
    name: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Record the entry of a new dossier and everything that comes with it."""
    event = moves.record(
        dossier=dossier,
        kind=TimelineEvent.Kind.MOVE,
        name=name,
        who=who,
        now=now,
        from_state=None,
        clock=Clock.NONE,
        data=dict(data or {}),
        office=moves.office_name(dossier.receiving_agency_id),
    )
    _freeze(dossier, 1, now)
    delivery.open_for(dossier=dossier, way=filing.way, address=filing.address, now=now)
    papers.issue(dossier=dossier, event=event, kind=Document.Kind.ACKNOWLEDGEMENT, facts={})
    open_charge(dossier, now=now)
    learn(dossier, filing.form.prefill if filing.form else (), verified=False, now=now)


@db.transaction_required
def snapshot(dossier: Dossier, now: datetime) -> AnswerVersion:
    """Keep what a locked dossier says now as its next version, with its hash and time."""
    last = (
        AnswerVersion.objects.filter(dossier=dossier)
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return _freeze(dossier, (last or 0) + 1, now)


def _freeze(dossier: Dossier, number: int, now: datetime) -> AnswerVersion:
    return AnswerVersion.objects.create(
        dossier=dossier,
        number=number,
        form_id=dossier.form_id,
        answers=dossier.answers,
        provenance=dossier.provenance,
        answers_hash=dossier.answers_hash,
        taken_at=now,
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
    result = dataclasses.asdict(quote)
    result["lines"] = [dict(line) for line in result["lines"]]
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in result.items()
    }


def _limit(limit: Any) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"value": limit.value, "unit": limit.unit, "same_day": limit.same_day}
