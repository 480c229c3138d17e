"""How far a dossier is, for anybody: the state and no personal data.

Source: TT 01/2018/TT-VPCP Art.16: without signing in, the code gives only how far it is. What the
dossier is about can itself be private, so the code alone, which is easily guessed, does not tell
the procedure; the PIN and the code of the slip do.
"""

import dataclasses
import hmac
from datetime import datetime

from django.db.models import QuerySet

from common.errors import Refusal
from dossiers.models import Document, Dossier, TimelineEvent
from dossiers.rules import outlook
from dossiers.rules.outlook import Stage
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
class About:
    """What only the holder of the slip is told. Closed list: nothing about a person."""

    service_code: str
    service_name: str
    office: str
    receiving_office: str
    competent_office: str
    steps: tuple[Step, ...]
    results: tuple[ResultMark, ...]


@dataclasses.dataclass(frozen=True)
class Progress:
    """Closed list: nothing may be added that is about a person."""

    code: str
    state: State
    stage: Stage
    submitted_on: datetime
    received_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    about: About | None


def by_code(code: str, pin: str | None) -> Progress:
    """Return the progress of a dossier; with its PIN what it is about, the unit and the steps.

    Errors: DossierUnknown, alike for unknown, malformed and a wrong PIN.
    """
    row = _rows().filter(code=code.strip().upper()).first()
    known = row.lookup_pin if row else ""
    right = pin is None or hmac.compare_digest(known.encode(), pin.strip().lower().encode())
    if row is None or not right:
        raise DossierUnknown
    if pin is None:
        return _progress(row, about=None)
    return _progress(row, about=_about(row, steps=_steps(row), results=_results(row)))


def by_token(token: str) -> tuple[Progress, About]:
    """Return the progress behind the code of a slip, and what it is about.

    Errors: DossierUnknown.
    """
    row = _rows().filter(lookup_token=token).first()
    if row is None:
        raise DossierUnknown
    about = _about(row)
    return _progress(row, about=about), about


def _rows() -> QuerySet[Dossier]:
    return Dossier.objects.select_related("receiving_agency", "competent_agency").only(
        "id",
        "code",
        "state",
        "came_from",
        "service_code",
        "service_name",
        "submitted_at",
        "received_at",
        "due_at",
        "finished_at",
        "lookup_pin",
        "receiving_agency__name_vi",
        "competent_agency__name_vi",
    )


def _stage(row: Dossier) -> Stage:
    came_from = State(row.came_from) if row.came_from is not None else None
    received = row.received_at is not None
    return outlook.reached(State(row.state), came_from=came_from, received=received)


def _progress(row: Dossier, *, about: About | None) -> Progress:
    return Progress(
        code=row.code,
        state=State(row.state),
        stage=_stage(row),
        submitted_on=row.submitted_at,
        received_at=row.received_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
        about=about,
    )


def _about(
    row: Dossier, *, steps: tuple[Step, ...] = (), results: tuple[ResultMark, ...] = ()
) -> About:
    # At the reception office before it is forwarded, and again once it is to be handed over.
    away = _stage(row) == Stage.PROCESSING
    return About(
        service_code=row.service_code,
        service_name=row.service_name,
        office=(row.competent_agency if away else row.receiving_agency).name_vi,
        receiving_office=row.receiving_agency.name_vi,
        competent_office=row.competent_agency.name_vi,
        steps=steps,
        results=results,
    )


def _results(row: Dossier) -> tuple[ResultMark, ...]:
    signed = Document.objects.filter(dossier_id=row.id, kind=Document.Kind.RESULT)
    rows = signed.order_by("version").values_list("version", "issued_at", "revoked_at")
    return tuple(ResultMark(*row) for row in rows)


def _steps(row: Dossier) -> tuple[Step, ...]:
    events = TimelineEvent.objects.filter(dossier_id=row.id).order_by("seq")
    wanted = ("move", "kind", "to_state", "actor_kind", "told_office", "at", "seq")
    return tuple(
        Step(event.move, State(event.to_state), _office(row, event), event.at)
        for event in events.only(*wanted)
    )


def _office(row: Dossier, event: TimelineEvent) -> str:
    """Return the office that acted. A citizen's own act is told as such, never by whom."""
    if event.actor_kind != "officer":
        return ""
    if event.kind == TimelineEvent.Kind.MOVE:
        return event.told_office
    return row.competent_agency.name_vi
