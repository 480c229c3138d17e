"""A draft composed: live facts under what the citizen typed, and everything still wrong with it.

Letting facts out of the vault leaves rows, so composing is an action, also when somebody only
looks. Nothing prefilled is copied into the draft: a withdrawn consent empties the next answer.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from citizens import queries as citizens
from citizens.actions import vault
from common import db, jsonschema
from common.errors import FieldError
from dossiers.models import Draft
from dossiers.rules import prefill
from dossiers.rules.prefill import Offer
from services import queries as services
from services.queries import FormVersion, ServiceVersion


@dataclasses.dataclass(frozen=True)
class Composed:
    """A draft with what is known now. `failures` are all failures at once, as JSON pointers."""

    draft: Draft
    service: ServiceVersion
    form: FormVersion | None
    answers: dict[str, Any]
    offers: dict[str, Offer]
    failures: list[FieldError]


@db.transaction_required
def compose(*, draft: Draft, now: datetime, typed: Mapping[str, Any] | None = None) -> Composed:
    """Return the draft composed with the facts that consent lets out at this moment."""
    service = services.version(draft.service_version_id)
    form = services.form(draft.form_id) if draft.form_id else None
    answers = dict(draft.answers if typed is None else typed)
    if form is None:
        return Composed(draft, service, None, {}, {}, [])
    known = _release(draft, form, now)
    offers = prefill.offers(form.prefill, known, answers, now=now)
    whole = prefill.compose(answers, offers)
    failures = jsonschema.failures(form.schema, whole, cache_key=form.id)
    return Composed(draft, service, form, whole, offers, failures)


def _release(draft: Draft, form: FormVersion, now: datetime) -> dict[str, vault.Released]:
    wanted = prefill.wanted(form.prefill)
    ethnicity = prefill.ethnicity(wanted)
    released: dict[str, vault.Released] = {}
    for purpose, keys in (("prefill", wanted - ethnicity), ("prefill_ethnicity", ethnicity)):
        if keys:
            released |= vault.release(
                citizen_id=draft.citizen_id,
                keys=keys,
                purpose=purpose,
                reader_id=draft.citizen_id,
                reader_label="Điền sẵn biểu mẫu",
                reference=str(draft.client_id),
                now=now,
            )
    return released


def identity_failures(composed: Composed) -> list[FieldError]:
    """Return the fields about the applicant that differ from the identity that was proved.

    Filing is on a legal basis, so this holds without the consent that prefilling needs.
    """
    if composed.form is None:
        return []
    proved = citizens.identity(composed.draft.citizen_id)
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
        for field, fact, value in prefill.about_citizen(
            composed.form.prefill, composed.answers, proved.sex
        )
        if facts.get(fact) is not None and not prefill.facts.same(fact, value, facts[fact])
    ]
