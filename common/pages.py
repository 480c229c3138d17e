"""Lists as cursor pages: `{"items", "next", "previous"}`, never counted, never skipping a row."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.response import Response

from common.errors import Refusal
from common.http import Request

DEFAULT_PAGE = 20
MAX_PAGE = 100


class CursorInvalid(Refusal):
    code = "cursor_invalid"
    status = 400
    title_vi = "Con trỏ trang không hợp lệ"
    title_en = "The page cursor is not valid"


class PageSizeInvalid(Refusal):
    code = "page_size_invalid"
    status = 400
    title_vi = "Số mục mỗi trang không hợp lệ"
    title_en = "The page size is not valid"
    detail_vi = "Từ 1 đến {limit}."
    detail_en = "From 1 to {limit}."
    members = ("limit",)


def page(
    request: Request,
    queryset: QuerySet[Any],
    *,
    order: tuple[str, ...],
    render: Callable[[list[Any]], Iterable[Any]],
    ways: Sequence[Q] = (),
) -> Response:
    """Return one page of `queryset` as `{"items", "next", "previous"}`.

    Shape: order names columns, "-" for descending; the last one is unique, so that rows added
    while somebody scrolls are neither skipped nor shown twice. Nothing is counted. With ways, every
    row meets at least one of these conditions; each is read in order by an index of its own, one
    page long, and the pages are merged.
    """
    size = size_of(request)
    forward, position = _read_cursor(request, len(order))
    wanted = order if forward else tuple(_flip(name) for name in order)
    if position is not None:
        queryset = queryset.filter(_after(wanted, position))
    try:
        if ways:
            queryset = _merged(queryset, ways, wanted, size + 1)
        rows = list(queryset.order_by(*wanted)[: size + 1])
    except (ValueError, TypeError) as failure:
        raise CursorInvalid from failure
    more = len(rows) > size
    rows = rows[:size]
    if not forward:
        rows.reverse()
    has_next = more if forward else position is not None
    has_previous = (position is not None) if forward else more
    return Response(
        {
            "items": list(render(rows)),
            "next": _link(request, order, rows[-1], "n") if rows and has_next else None,
            "previous": _link(request, order, rows[0], "p") if rows and has_previous else None,
        }
    )


def _merged(
    queryset: QuerySet[Any], ways: Sequence[Q], order: tuple[str, ...], size: int
) -> QuerySet[Any]:
    if len(ways) == 1:
        return queryset.filter(ways[0])
    parts = [
        queryset.filter(way).select_related(None).order_by(*order).values("pk")[:size]
        for way in ways
    ]
    return queryset.filter(pk__in=parts[0].union(*parts[1:], all=True))


def size_of(request: Request, *, default: int = DEFAULT_PAGE) -> int:
    """Return how many items a client wants on a page. Errors: PageSizeInvalid."""
    text = request.query_params.get("page_size")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MAX_PAGE):
        raise PageSizeInvalid(limit=MAX_PAGE)
    return int(text)


def _read_cursor(request: Request, length: int) -> tuple[bool, list[Any] | None]:
    text = request.query_params.get("cursor")
    if text is None:
        return True, None
    try:
        direction, *position = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (ValueError, TypeError, binascii.Error) as failure:
        raise CursorInvalid from failure
    if direction not in {"n", "p"} or len(position) != length:
        raise CursorInvalid
    if any(not isinstance(value, str | int) or "\x00" in str(value) for value in position):
        raise CursorInvalid
    return direction == "n", position


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(order: tuple[str, ...], position: list[Any]) -> Q:
    """Return the rows that come after `position`: a row comparison for mixed directions."""
    condition = Q()
    for index, name in enumerate(order):
        column = name.removeprefix("-")
        step = Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": position[index]})
        for earlier in range(index):
            step &= Q(**{order[earlier].removeprefix("-"): position[earlier]})
        condition |= step
    return condition


def _link(request: Request, order: tuple[str, ...], row: Any, direction: str) -> str:
    values: list[str | int] = [direction]
    for name in order:
        value: Any = row
        for part in name.removeprefix("-").split("__"):
            value = value[part] if isinstance(value, Mapping) else getattr(value, part)
        values.append(value if isinstance(value, str | int) else value.isoformat())
    text = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    query = request.query_params.copy()
    query["cursor"] = text
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
