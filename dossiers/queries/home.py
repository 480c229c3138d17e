"""The part of dossiers in a citizen's first screen."""

import dataclasses
from typing import Any

from dossiers.models import Dossier, Draft
from dossiers.queries import mine
from dossiers.rules import states
from dossiers.rules.states import State
from payments import queries as payments

SHOWN = 5
MAX_NEEDS = 20


@dataclasses.dataclass(frozen=True)
class Home:
    drafts: list[dict[str, Any]]
    dossiers: list[dict[str, Any]]
    needs: list[dict[str, Any]]


def home_of(citizen_id: str, *, english: bool) -> Home:
    """Return the latest drafts and dossiers of a citizen and what is needed of them now.

    Five reads, whatever the number. What is needed is told of all their dossiers, the oldest first.
    """
    drafts = Draft.objects.filter(citizen_id=citizen_id, state=Draft.State.OPEN)
    rows = list(
        Dossier.objects.filter(citizen_id=citizen_id)
        .order_by("-submitted_at", "-id")
        .values("id", "code", "service_name", "state", "due_at")[:SHOWN]
    )
    waiting = {
        row["id"]: row
        for row in Dossier.objects.filter(mine.needing(citizen_id), citizen_id=citizen_id)
        .order_by("submitted_at", "id")
        .values("id", "code", "service_name", "state")[:MAX_NEEDS]
    }
    dues = payments.status_of({row["id"] for row in rows} | set(waiting))
    needs = mine.needs_of({name: State(row["state"]) for name, row in waiting.items()}, dues)
    return Home(
        drafts=[
            {
                "id": str(row["client_id"]),
                "service_code": row["service_code"],
                "service_name": row["service_version__name_vi"],
                "updated_at": row["updated_at"],
            }
            for row in drafts.order_by("-updated_at", "-id").values(
                "client_id", "service_code", "service_version__name_vi", "updated_at"
            )[:SHOWN]
        ],
        dossiers=[
            {
                "id": row["id"],
                "code": row["code"],
                "service_name": row["service_name"],
                "state_code": row["state"],
                "state_name": _name(row["state"], english),
                "due_at": row["due_at"],
                "fee_open": row["id"] in dues and dues[row["id"]].open,
            }
            for row in rows
        ],
        needs=[
            {
                "dossier_id": name,
                "dossier_code": waiting[name]["code"],
                "service_name": waiting[name]["service_name"],
                "kind": need.kind.value,
                "text": need.text_en if english else need.text_vi,
                "deadline": need.deadline,
                "reference": need.reference,
                "link": need.link,
            }
            for name, found in needs.items()
            for need in found
        ],
    )


def _name(code: int, english: bool) -> str:
    name = states.NAMES[State(code)]
    return name.en if english else name.vi
