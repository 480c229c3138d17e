"""The part of dossiers in a citizen's first screen."""

import dataclasses
from typing import Any

from dossiers.models import Dossier, Draft
from dossiers.rules import states
from dossiers.rules.states import State
from payments import queries as payments

SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Home:
    drafts: list[dict[str, Any]]
    dossiers: list[dict[str, Any]]


def home_of(citizen_id: str, *, english: bool) -> Home:
    """Return the latest drafts and dossiers of a citizen: three reads, whatever the number."""
    drafts = Draft.objects.filter(citizen_id=citizen_id, state=Draft.State.OPEN)
    rows = list(
        Dossier.objects.filter(citizen_id=citizen_id)
        .order_by("-submitted_at", "-id")
        .values("id", "code", "service_name", "state", "due_at")[:SHOWN]
    )
    dues = payments.status_of([row["id"] for row in rows])
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
    )


def _name(code: int, english: bool) -> str:
    name = states.NAMES[State(code)]
    return name.en if english else name.vi
