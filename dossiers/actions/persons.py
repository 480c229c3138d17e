"""Noting whom a dossier is about, so that no officer acts on one of their own."""

from collections.abc import Iterator
from typing import Any

from citizens import queries as citizens
from common import db
from dossiers.models import Dossier, DossierPerson


@db.transaction_required
def note(dossier: Dossier) -> None:
    """Keep the digest of every personal number in the answers: who files, and whom it is about."""
    found = {citizens.number_digest(number) for number in numbers(dossier.answers)}
    DossierPerson.objects.bulk_create(
        [DossierPerson(dossier=dossier, person_index=digest) for digest in sorted(found)],
        ignore_conflicts=True,
    )


def numbers(value: Any) -> Iterator[str]:
    """Yield every text of 12 digits in answers, however deep it lies."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, str) and len(value) == 12 and value.isascii() and value.isdigit():
        yield value
