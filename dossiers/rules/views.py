"""Which agency sees what of a dossier, and may do what with it. Pure, one table each.

Reception is not tied to the place of residence, so up to three agencies stand on a dossier: the
one that helped to file, the one that received, the one competent to decide (NĐ 118/2025/NĐ-CP,
cited). Each sees what its part of the work needs; an agency that has several parts sees and does
what each of them may. The split itself is practice: no text lists it part by part.
"""

import enum
from collections.abc import Collection

from dossiers.rules.states import Actor, State


class Side(enum.StrEnum):
    """As what an agency stands on a dossier."""

    HELPING = "helping"
    RECEIVING = "receiving"
    COMPETENT = "competent"


class Stage(enum.StrEnum):
    """How far a dossier is, as far as its agencies are concerned."""

    BEFORE_RECEPTION = "before_reception"
    AT_RECEPTION = "at_reception"  # received, not yet forwarded
    FORWARDED = "forwarded"  # with the competent agency, or closed by it
    RESULT = "result"  # there is a result: the receiving agency hands it over


class Part(enum.StrEnum):
    """A part of a dossier's page."""

    SUMMARY = "summary"  # code, service, state, agencies, times
    APPLICANT = "applicant"  # who asks
    ANSWERS = "answers"  # the form, and where its values came from
    MONEY = "money"  # fee, owed, paid
    TIMELINE = "timeline"
    SLIPS = "slips"  # acknowledgement, slips, letters
    RESULT = "result"  # the signed result
    SCANNED = "scanned"  # the papers that were there when it was filed
    PAPERS = "papers"  # all papers, those added later too
    SUPPLEMENTS = "supplements"  # what the citizen was asked for


P, S = Part, Stage
_DESK = frozenset(
    {P.SUMMARY, P.APPLICANT, P.MONEY, P.TIMELINE, P.SLIPS, P.SUPPLEMENTS}
)  # what the counter needs to speak with the citizen
_ALL = frozenset(Part)

SEES: dict[tuple[Side, Stage], frozenset[Part]] = {
    **{(Side.HELPING, stage): frozenset({P.SUMMARY, P.SCANNED}) for stage in Stage},
    (Side.RECEIVING, S.BEFORE_RECEPTION): _ALL - {P.RESULT},
    (Side.RECEIVING, S.AT_RECEPTION): _ALL - {P.RESULT},
    (Side.RECEIVING, S.FORWARDED): _DESK,
    (Side.RECEIVING, S.RESULT): _DESK | {P.RESULT},
    (Side.COMPETENT, S.BEFORE_RECEPTION): frozenset({P.SUMMARY}),
    (Side.COMPETENT, S.AT_RECEPTION): _ALL,
    (Side.COMPETENT, S.FORWARDED): _ALL,
    (Side.COMPETENT, S.RESULT): _ALL,
}
_DECIDES = frozenset({Actor.HANDLER, Actor.APPROVER})
ACTS: dict[tuple[Side, Stage], frozenset[Actor]] = {
    **{(Side.HELPING, stage): frozenset() for stage in Stage},
    **{(Side.RECEIVING, stage): frozenset({Actor.RECEPTION}) for stage in Stage},
    (Side.COMPETENT, S.BEFORE_RECEPTION): frozenset(),
    (Side.COMPETENT, S.AT_RECEPTION): _DECIDES,
    (Side.COMPETENT, S.FORWARDED): _DECIDES,
    (Side.COMPETENT, S.RESULT): _DECIDES,
}
# Who moves a dossier on behalf of which side: told when the role fits and the agency does not.
SIDE_OF = {
    Actor.RECEPTION: Side.RECEIVING,
    Actor.HANDLER: Side.COMPETENT,
    Actor.APPROVER: Side.COMPETENT,
}


def stage(state: State, *, came_from: State | None, received: bool) -> Stage:
    """Return how far a dossier is; one waiting in 5, 6 or 7 is as far as where it came from."""
    if not received:
        return Stage.BEFORE_RECEPTION
    if state in {State.COMPLETED, State.RETURNED}:
        return Stage.RESULT
    if state == State.ACCEPTED or came_from == State.ACCEPTED:
        return Stage.AT_RECEPTION
    return Stage.FORWARDED


def parts(sides: Collection[Side], at: Stage) -> frozenset[Part]:
    """Return what an agency that stands on these sides sees."""
    return frozenset().union(*(SEES[side, at] for side in sides))


def actors(sides: Collection[Side], at: Stage) -> frozenset[Actor]:
    """Return as what the officers of an agency that stands on these sides may move a dossier."""
    return frozenset().union(*(ACTS[side, at] for side in sides))
