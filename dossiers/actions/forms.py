"""A draft composed: live facts under what the citizen typed, and everything still wrong with it.

Letting facts out of the vault leaves rows, so composing is an action, also when somebody only
looks. Nothing prefilled is copied into the draft: a withdrawn consent empties the next answer.
"""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from citizens import queries as citizens
from citizens.actions import vault
from common import db, jsonschema
from common.errors import FieldError, Invalid, NotFound
from dossiers.models import Draft, Representation
from dossiers.rules import prefill
from dossiers.rules.prefill import Offer
from services import queries as services
from services.queries import FormVersion, ServiceVersion


@dataclasses.dataclass(frozen=True)
class Composed:
    """A draft with what is known now. `failures` are all failures at once, as JSON pointers.

    `viewer_id` is whom it was composed for; `representation` is the one under which it is held.
    """

    draft: Draft
    service: ServiceVersion
    form: FormVersion | None
    answers: dict[str, Any]
    offers: dict[str, Offer]
    failures: list[FieldError]
    viewer_id: str
    representation: Representation | None


@db.transaction_required
def compose(
    *,
    draft: Draft,
    now: datetime,
    typed: Mapping[str, Any] | None = None,
    viewer_id: str | None = None,
) -> Composed:
    """Return the draft composed with the facts that consent lets out at this moment.

    The viewer is whoever writes the draft unless another one is named.
    Errors: NotFound for a representative whose time ran out.
    """
    viewer_id = viewer_id or draft.holder_id or draft.citizen_id
    service = services.version(draft.service_version_id)
    form = services.form(draft.form_id) if draft.form_id else None
    held = _representation(draft)
    if held is not None and viewer_id == draft.holder_id and held.valid_until <= now:
        raise NotFound
    answers = dict(draft.answers if typed is None else typed)
    if form is None:
        return Composed(draft, service, None, {}, {}, [], viewer_id, held)
    known, granted = _known(draft, held, form, answers, viewer_id, now)
    offers = prefill.offers(form.prefill, known, answers, now=now, granted=granted)
    whole = prefill.compose(answers, offers)
    failures = jsonschema.failures(form.schema, whole, cache_key=form.id)
    return Composed(draft, service, form, whole, offers, failures, viewer_id, held)


def _representation(draft: Draft) -> Representation | None:
    if draft.holder_id is None:
        return None
    return Representation.objects.get(draft=draft, state=Representation.State.ACTIVE)


def _known(
    draft: Draft,
    held: Representation | None,
    form: FormVersion,
    answers: Mapping[str, Any],
    viewer_id: str,
    now: datetime,
) -> tuple[dict[str, vault.Released], Collection[str]]:
    """Return the facts that may be shown to a viewer, and which of them are a third person's.

    A form is about its applicant. Of oneself one is shown what one agreed to; the representative
    is shown the principal's values only where the principal agreed to that too; the principal is
    never shown the representative's.
    """
    wanted = prefill.wanted(form.prefill)
    if held is None:
        return _of_oneself(draft.citizen_id, wanted, draft, now), ()
    by_representative = prefill.by_representative(form.schema, answers)
    if viewer_id != draft.holder_id:
        return ({} if by_representative else _of_oneself(viewer_id, wanted, draft, now)), ()
    if by_representative:
        known = _of_oneself(viewer_id, wanted, draft, now)
    elif held.shares_prefill:
        known = vault.release(
            citizen_id=draft.citizen_id,
            keys=wanted - prefill.ethnicity(wanted),
            purpose="prefill",
            reader_id=viewer_id,
            reader_label="Người được ủy quyền",
            reference=str(draft.client_id),
            now=now,
        )
    else:
        known = {}
    names = prefill.of_representative(form.prefill)
    mine = _of_oneself(viewer_id, frozenset(names), draft, now) if names else {}
    granted = {names[own]: value for own, value in mine.items()}
    return known | granted, granted.keys()


def _of_oneself(
    citizen_id: str, wanted: frozenset[str], draft: Draft, now: datetime
) -> dict[str, vault.Released]:
    ethnicity = prefill.ethnicity(wanted)
    released: dict[str, vault.Released] = {}
    for purpose, keys in (("prefill", wanted - ethnicity), ("prefill_ethnicity", ethnicity)):
        if keys:
            released |= vault.release(
                citizen_id=citizen_id,
                keys=keys,
                purpose=purpose,
                reader_id=citizen_id,
                reader_label="Điền sẵn biểu mẫu",
                reference=str(draft.client_id),
                now=now,
            )
    return released


def identity_failures(composed: Composed) -> list[FieldError]:
    """Return the fields about the applicant that differ from the identity that was proved.

    Filing is on a legal basis, so this holds without the consent that prefilling needs. Where the
    form says that an authorised person applies, it is the representative's identity that counts.
    """
    if composed.form is None:
        return []
    draft, rules = composed.draft, composed.form.prefill
    applicant_id = draft.citizen_id
    failures = []
    if draft.holder_id is not None:
        if prefill.by_representative(composed.form.schema, composed.answers):
            applicant_id = draft.holder_id
        failures = differing(draft.holder_id, prefill.about_representative(rules, composed.answers))
    return about_applicant(rules, composed.answers, applicant_id) + failures


def about_applicant(
    rules: Sequence[prefill.Rule], answers: Mapping[str, Any], applicant_id: str
) -> list[FieldError]:
    """Return the fields about a citizen that differ from what was proved of them."""
    proved = citizens.identity(applicant_id)
    sex = proved.sex if proved else None
    return differing(applicant_id, prefill.about_citizen(rules, answers, sex))


def differing(person_id: str, said: Sequence[tuple[str, str, Any]]) -> list[FieldError]:
    """Return a failure for each (field, fact, value) that differs from a proved identity."""
    proved = citizens.identity(person_id)
    if proved is None:
        return []
    facts = {
        "person.full_name": proved.full_name,
        "person.birth_date": proved.birth_date.isoformat() if proved.birth_date else None,
        "person.sex": proved.sex,
        "person.id_number": proved.id_number,
    }
    return [
        FieldError(
            "differs_from_identity",
            field,
            "Khác với danh tính đã xác thực",
            "This differs from the identity that was proved",
            pointer=f"/answers/{field}",
        )
        for field, fact, value in said
        if facts.get(fact) is not None and not prefill.facts.same(fact, value, facts[fact])
    ]


def refuse_unknown(names: Collection[str]) -> None:
    """Refuse fields that a form does not have. Errors: Invalid, if there are any."""
    if names:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_field",
                    name,
                    "Trường không có trong biểu mẫu",
                    "This field is not in the form",
                    pointer=f"/answers/{name}",
                )
                for name in sorted(names)
            ]
        )


def refuse_foreign(draft: Draft, agency_key: str) -> None:
    """Refuse an agency that does not receive the draft's service. Errors: Invalid."""
    allowed = {agency.key for agency in services.receivers(draft.service_code, None)}
    if agency_key not in allowed:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown_agency",
                    "receiving_agency",
                    "Cơ quan này không tiếp nhận thủ tục này",
                    "This agency does not receive this service",
                    pointer="/receiving_agency",
                )
            ]
        )
