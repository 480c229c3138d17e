"""How far a dossier is, for anybody: the state and no personal data.

Source: TT 01/2018/TT-VPCP Art.16: without signing in, the code gives only how far it is.
"""

import dataclasses
import hmac
from datetime import datetime

from common.errors import Refusal
from dossiers.models import Document, Dossier, TimelineEvent
from dossiers.rules.states import State


class DossierUnknown(Refusal):
    code = "dossier_unknown"
    status = 404
    title_vi = "Không tìm thấy hồ sơ với thông tin này"
    title_en = "No dossier fits this"


@dataclasses.dataclass(frozen=True)
class Step:
    move: str
    state: State
    office: str
    at: datetime


@dataclasses.dataclass(frozen=True)
class ResultMark:
    """One result that was signed; `revoked_at` says that it holds no more."""

    version: int
    issued_at: datetime
    revoked_at: datetime | None


@dataclasses.dataclass(frozen=True)
class Progress:
    """Closed list: nothing may be added that is about a person."""

    code: str
    state: State
    service_code: str
    service_name: str
    submitted_on: datetime
    received_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    steps: tuple[Step, ...]
    results: tuple[ResultMark, ...]


def by_code(code: str, pin: str | None) -> Progress:
    """Return the progress of a dossier; with its PIN the steps and offices too.

    Errors: DossierUnknown, alike for unknown, malformed and a wrong PIN.
    """
    row = _rows().filter(code=code.strip().upper()).first()
    if row is None:
        raise DossierUnknown
    if pin is not None and not hmac.compare_digest(row.lookup_pin, pin.strip().lower()):
        raise DossierUnknown
    return _progress(row, with_steps=pin is not None)


def by_token(token: str) -> Progress:
    """Return the progress behind the code of a slip. Errors: DossierUnknown."""
    row = _rows().filter(lookup_token=token).first()
    if row is None:
        raise DossierUnknown
    return _progress(row, with_steps=False)


def _rows():  # type: ignore[no-untyped-def]
    return Dossier.objects.only(
        "id",
        "code",
        "state",
        "service_code",
        "service_name",
        "submitted_at",
        "received_at",
        "due_at",
        "finished_at",
        "lookup_pin",
    )


def _progress(row: Dossier, *, with_steps: bool) -> Progress:
    steps: list[Step] = []
    results: list[ResultMark] = []
    if with_steps:
        signed = Document.objects.filter(dossier_id=row.id, kind=Document.Kind.RESULT)
        results = [
            ResultMark(version, issued_at, revoked_at)
            for version, issued_at, revoked_at in signed.order_by("version").values_list(
                "version", "issued_at", "revoked_at"
            )
        ]
        events = TimelineEvent.objects.filter(dossier_id=row.id).order_by("seq")
        steps = [
            # A citizen's own act is told as such, never by whom.
            Step(event.move, State(event.to_state), _office(event), event.at)
            for event in events.only("move", "to_state", "actor_kind", "actor_label", "at", "seq")
        ]
    return Progress(
        code=row.code,
        state=State(row.state),
        service_code=row.service_code,
        service_name=row.service_name,
        submitted_on=row.submitted_at,
        received_at=row.received_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
        steps=tuple(steps),
        results=tuple(results),
    )


def _office(event: TimelineEvent) -> str:
    return event.actor_label if event.actor_kind == "officer" else ""
