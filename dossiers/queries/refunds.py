"""Reads for those who give money back: whose money a seat works with, and the decisions."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet

from citizens import queries as citizens
from common.errors import NotFound
from dossiers.models import (
    DecidedRefund,
    Dossier,
    DossierPerson,
    RefundDecision,
    RefundDecisionEvent,
    Seat,
)
from dossiers.rules import refunds as rules
from dossiers.rules.seats import Role
from payments.queries import refunds as payments


def scope(seat: Seat) -> payments.Scope:
    """Return whose money a seat works with: its agency's, without what is the officer's own.

    Their own is what their citizen's account owes or paid, and what belongs to a dossier that names
    their number; as with dossiers, it is not there for them.
    """
    return payments.Scope(
        agency_code=seat.agency_id,
        not_of=citizens.accounts_of_same_person(seat.user_id).values("id"),
        not_about=_about(seat).values("dossier_id"),
    )


def _about(seat: Seat) -> QuerySet[DossierPerson]:
    return DossierPerson.objects.filter(person_index__in=citizens.officer_digest(seat.user_id))


def with_code(code: str) -> QuerySet[Dossier, str]:
    """Return, as a subquery, the reference under which a dossier's money runs."""
    return Dossier.objects.filter(code=code).values_list("id", flat=True)


def codes_of(references: Iterable[str]) -> dict[str, str]:
    """Return the codes of the dossiers that money refers to: one query."""
    rows = Dossier.objects.filter(id__in=set(references)).order_by("id")
    return dict(rows.values_list("id", "code"))


def decisions(
    seat: Seat, *, state: str | None = None, waiting: bool = False
) -> QuerySet[RefundDecision]:
    """Return the decisions of a seat's agency, for a list; none of the officer's own.

    Shape: waiting asks for those that wait for an officer.
    """
    rows = (
        RefundDecision.objects.filter(agency=seat.agency_id)
        .exclude(
            dossier__citizen_id__in=citizens.accounts_of_same_person(seat.user_id).values("id")
        )
        .exclude(dossier_id__in=_about(seat).values("dossier_id"))
        .select_related("dossier")
    )
    if waiting:
        rows = rows.filter(state__in=[one.value for one in rules.LIVE])
    return rows if state is None else rows.filter(state=state)


def decision(seat: Seat, decision_id: str) -> RefundDecision:
    """Return one decision of a seat's agency with its history. Errors: NotFound."""
    found = (
        decisions(seat)
        .filter(id=decision_id)
        .prefetch_related(
            Prefetch("events", RefundDecisionEvent.objects.order_by("seq")),
            Prefetch("refunds", DecidedRefund.objects.order_by("id")),
        )
        .first()
    )
    if found is None:
        raise NotFound
    return found


def live(dossier_id: str, agency_key: str) -> RefundDecision | None:
    """Return the decision that waits for an officer, if there is one."""
    return RefundDecision.objects.filter(
        dossier_id=dossier_id,
        agency=agency_key,
        state__in=[state.value for state in rules.LIVE],
    ).first()


def ordered_by(refund_id: str) -> str | None:
    """Return the id of the decision that ordered a refund; None when none did."""
    return (
        DecidedRefund.objects.filter(refund_id=refund_id)
        .values_list("decision_id", flat=True)
        .first()
    )


def offered(seat: Seat, row: RefundDecision) -> tuple[str, ...]:
    """Return the moves that a seat may make on a decision now."""
    cashier = Role.CASHIER in seat.roles
    return rules.offered(
        rules.State(row.state),
        cause=rules.Cause(row.cause),
        cashier=cashier,
        decides=cashier or Role.APPROVER in seat.roles,
        proposed_it=row.proposed_by == seat.user_id,
    )


def office_of(officer_id: str) -> str:
    """Return an officer as everybody sees one, seat and agency; empty for nobody who had a seat."""
    found = Seat.objects.filter(user_id=officer_id).select_related("agency").first()
    return f"{found.title}, {found.agency.name_vi}" if found else ""


def kept(row: RefundDecision) -> list[tuple[str, int]]:
    """Return what may be given back under a decision: payment and sum, the oldest first."""
    found = payments.kept(row.dossier_id, row.agency_id)
    return [one for one in found if row.payment_id in {"", one[0]}]


@dataclasses.dataclass(frozen=True)
class Told:
    """A decision as the citizen may know of it."""

    state: rules.Shown
    amount_vnd: int
    reason_vi: str
    reason_en: str
    legal_basis: str | None
    decided_at: Any


def for_citizens() -> Any:
    """Return the prefetch of a dossier's decisions that `told` needs."""
    return Prefetch("refund_decisions", RefundDecision.objects.order_by("opened_at", "id"))


def told(row: Dossier) -> Told | None:
    """Return the latest decision as the citizen may know of it; its decisions are loaded.

    What one officer proposed and a second one has not seen is not theirs to know yet.
    """
    shown = [one for one in row.refund_decisions.all() if _is_told(one)]
    if not shown:
        return None
    last = shown[-1]
    state = rules.SHOWN[rules.State(last.state)]
    granted = state not in {rules.Shown.BEING_DECIDED, rules.Shown.DECLINED}
    amount = last.granted_vnd if granted and last.granted_vnd else last.refundable_vnd
    if state == rules.Shown.BEING_DECIDED:
        reason_vi, reason_en = rules.CAUSES[rules.Cause(last.cause)]
        return Told(state, amount, reason_vi, reason_en, None, None)
    return Told(state, amount, last.reason, last.reason, last.legal_basis, last.decided_at)


def _is_told(row: RefundDecision) -> bool:
    if row.state == rules.State.WITHDRAWN:
        return False
    return row.cause != rules.Cause.OFFICER or row.state != rules.State.PROPOSED
