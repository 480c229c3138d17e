"""Long lists on the desk's pages, a page at a time; nothing is counted."""

import dataclasses
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

SIZE = 50
LAST = 999


@dataclasses.dataclass(frozen=True)
class Piece:
    """One page of a list. Shape: before and after are queries of links, empty where none is."""

    rows: list[Any]
    before: str
    after: str


def piece(request: HttpRequest, found: QuerySet[Any], *order: Any, size: int = SIZE) -> Piece:
    """Return the page that `?page=` names, the first one when it names none; one query."""
    number = _number(request.GET.get("page", ""))
    rows = list(found.order_by(*order)[(number - 1) * size : number * size + 1])
    more = len(rows) > size and number < LAST
    return Piece(
        rows=rows[:size],
        before=_query(request, number - 1) if number > 1 else "",
        after=_query(request, number + 1) if more else "",
    )


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _query(request: HttpRequest, number: int) -> str:
    wanted = request.GET.copy()
    wanted["page"] = str(number)
    return wanted.urlencode()
