"""Who acts, as the timeline remembers it."""

import dataclasses
from collections.abc import Mapping

from common.errors import Refusal
from dossiers.models import Dossier, Seat, TimelineEvent
from dossiers.queries import offices
from dossiers.queries.offices import NotYourRole
from dossiers.rules import views
from dossiers.rules.states import Actor
from services import queries as services


class NotYourAgency(Refusal):
    code = "not_your_agency"
    status = 403
    title_vi = "Bước này thuộc cơ quan khác"
    title_en = "This move belongs to another agency"
    detail_vi = "Cơ quan của bạn không có vai trò {needed_side} với hồ sơ này lúc này."
    detail_en = "Your agency is not the {needed_side} one on this dossier now."
    members = ("needed_side",)


class OwnProposal(Refusal):
    code = "own_proposal"
    status = 403
    title_vi = "Người dự thảo không được ký thay theo ủy quyền"
    title_en = "Whoever proposed may not decide under a delegation"


@dataclasses.dataclass(frozen=True)
class Who:
    """Somebody with roles. `label` is an office or a role, never a person's name.

    Shape: lent maps a role that was lent to the label under which it is used and the id of the
    delegation; elsewhere are roles that the agency's part in this dossier leaves no room for.
    """

    kind: str
    id: str
    label: str
    roles: frozenset[Actor]
    lent: Mapping[Actor, tuple[str, str]] = dataclasses.field(default_factory=dict)
    elsewhere: frozenset[Actor] = frozenset()
    lending: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def acting(self, actor: Actor) -> "Who":
        """Return them as they act in one role: in their own right, or on behalf of whoever lent it.

        Errors: NotYourRole; NotYourAgency when the role would fit and the agency does not.
        """
        if actor in self.roles:
            return self
        if actor in self.lent:
            label, delegation = self.lent[actor]
            return dataclasses.replace(self, label=label, lending={"delegation": delegation})
        if actor in self.elsewhere:
            raise NotYourAgency(needed_side=str(views.SIDE_OF[actor]))
        raise NotYourRole(needed=str(actor))


__all__ = [
    "SYSTEM",
    "NotYourAgency",
    "NotYourRole",
    "OwnProposal",
    "Who",
    "citizen",
    "officer",
    "refuse_own_proposal",
    "representative",
]

SYSTEM = Who(kind="system", id="", label="Hệ thống", roles=frozenset({Actor.SYSTEM}))


def citizen(user_id: str) -> Who:
    """Return the person whose dossier it is."""
    return Who(
        kind="citizen", id=user_id, label="Người nộp hồ sơ", roles=frozenset({Actor.CITIZEN})
    )


def representative(user_id: str) -> Who:
    """Return the person who acts for the one whose dossier it is."""
    return Who(
        kind="citizen", id=user_id, label="Người được ủy quyền", roles=frozenset({Actor.CITIZEN})
    )


def officer(seat: Seat, dossier: Dossier) -> Who:
    """Return an officer at a dossier, with the roles of their own and those lent to them."""
    may = offices.may_act(seat, dossier)
    agency = services.agency(seat.agency_id).name_vi
    lent: dict[Actor, tuple[str, str]] = {}
    for one in seat.lent:
        label = f"{seat.title} (được ủy quyền của {one.giver.title}), {agency}"
        for role in sorted(offices.lent_roles(seat, one)):
            if Actor(role) in may:
                lent.setdefault(Actor(role), (label[:300], one.id))
    return Who(
        kind="officer",
        id=seat.user_id,
        label=f"{seat.title}, {agency}"[:300],
        roles=frozenset(actor for actor in may if actor in seat.roles),
        lent=lent,
        elsewhere=offices.actors(seat) - may,
    )


def refuse_own_proposal(dossier: Dossier, who: Who) -> None:
    """Hold decision and proposal apart where a delegation would put them into one hand.

    A small office may give one seat both roles of its own; a lent role never makes up for the
    second pair of eyes, whether it was lent for the proposal or for the decision.
    Errors: OwnProposal.
    """
    if who.kind != "officer":
        return
    last = (
        TimelineEvent.objects.filter(dossier=dossier, kind=TimelineEvent.Kind.PROPOSAL)
        .order_by("-seq")
        .first()
    )
    if last is None or last.actor_id != who.id:
        return
    if who.lending or "delegation" in last.data:
        raise OwnProposal
