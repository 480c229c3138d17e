"""One move on many dossiers, from the desk's list, and a page that shows how far it is.

The page asks for itself again every few seconds while something is left: it needs no script.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from common import clock
from common.errors import Refusal
from dossiers import desk_site
from dossiers.actions import bulk_moves
from dossiers.desk_labels import MOVES
from dossiers.desk_site import Link, Page
from dossiers.models import BulkItem, BulkJob, Seat
from dossiers.queries import offices, work
from dossiers.rules import states

REFRESH_SECONDS = 2
SHOWN_JOBS = 50
SEEN = "seen-"  # and the id: the state in which the list showed a dossier
OUTCOMES = {"pending": "đang chờ", "done": "đã xong", "refused": "không thực hiện"}


def offered(seat: Seat) -> list[str]:
    """Return the moves that the roles of a seat make on many dossiers at once."""
    roles = offices.roles(seat)
    makes = {edge.move for edge in states.EDGES if str(edge.actor) in roles}
    return [name for name in bulk_moves.MOVES if name in makes]


def action_of(name: str) -> Callable[..., HttpResponse]:
    """Return the list's action that starts one bulk move and goes to its page."""

    def start(page: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        seen = {one: request.POST.get(SEEN + one, "") for one in chosen}
        if not chosen or not all(state.isascii() and state.isdigit() for state in seen.values()):
            desk_site.refuse(request, "Yêu cầu không hợp lệ.")
            return desk_site.go("dossiers_dossier_changelist")
        try:
            job = bulk_moves.start(
                officer_id=str(request.user.pk),
                move=name,
                reason="",
                items=[(one, min(int(state[:3]), 99)) for one, state in seen.items()],
                now=clock.now(),
            )
        except Refusal as refusal:
            desk_site.refuse(request, desk_site.words_of(refusal))
            return desk_site.go("dossiers_dossier_changelist")
        return desk_site.go("desk_bulk", job.id)

    return start


def listed(request: HttpRequest) -> HttpResponse:
    """Show the officer's own bulk moves, the newest first."""
    rows = work.bulk_jobs(str(request.user.pk)).order_by("-created_at", "-id")[:SHOWN_JOBS]
    context = {"jobs": [(row, MOVES.get(row.move, row.move)) for row in rows]}
    return desk_site.show(request, "bulk_list", "Chuyển bước hàng loạt", context)


def progress(request: HttpRequest, bulk_id: str) -> HttpResponse:
    """Show what became of each dossier of one bulk move. Errors: NotFound for another's."""
    seat, officer = desk_site.seat_of(request), str(request.user.pk)
    job = work.bulk_job(officer, bulk_id)
    rows = list(work.bulk_items(officer, bulk_id).order_by("position"))
    shown = offices.visible(seat).filter(id__in=[row.dossier_id for row in rows])
    codes = dict(shown.order_by("id").values_list("id", "code"))
    context = {
        "job": job,
        "running": job.state == BulkJob.State.RUNNING,
        "refresh": REFRESH_SECONDS,
        "items": [_item(row, codes) for row in rows],
    }
    return desk_site.show(request, "bulk", MOVES.get(job.move, job.move), context)


def _item(row: BulkItem, codes: dict[str, str]) -> dict[str, Any]:
    refusal = Refusal.registry.get(row.code)
    return {
        "id": row.dossier_id,
        "code": codes.get(row.dossier_id, ""),
        "outcome": row.outcome,
        "words": OUTCOMES[row.outcome],
        "why": refusal.title_vi if refusal else "",
    }


PAGES = (
    Page("bulk/", "desk_bulk_list", listed),
    Page("bulk/<str:bulk_id>/", "desk_bulk", progress),
)
LINKS = (Link("Hàng loạt", "admin:desk_bulk_list", lambda seat: bool(offered(seat))),)
