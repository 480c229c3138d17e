"""Whose money somebody at a money desk looks at. Who they are is the caller's to check."""

import dataclasses
from typing import Any

from django.db.models import QuerySet


@dataclasses.dataclass(frozen=True)
class Scope:
    """The agencies whose money is shown, and the citizens' accounts whose payments are not.

    Shape: the agency "" stands for what belongs to no payment; not_of is a subquery of account
    ids, those of the person who looks: nobody works with money of their own.
    """

    agencies: tuple[str, ...]
    not_of: QuerySet[Any]
