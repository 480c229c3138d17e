"""Who corrects what a dossier owes, and when. Pure.

A fee turns out wrong: another line, another quantity, an exemption that was overlooked. Whoever may
ask for the money may correct it while it is still being asked for; the state stays. No text
regulates it: practice, after NĐ 61/2018/NĐ-CP Art.22 (cited), by which the agency says what is due.
"""

from dossiers.rules.states import Actor, State

CORRECT = "correct_dues"

# State, and where a dossier waiting in 6 came from -> who corrects.
CORRECTS: dict[tuple[State, State | None], Actor] = {
    (State.SUBMITTED, None): Actor.RECEPTION,
    (State.PAYMENT_REQUESTED, State.SUBMITTED): Actor.RECEPTION,
    (State.PAYMENT_REQUESTED, State.ACCEPTED): Actor.RECEPTION,
    (State.PAYMENT_REQUESTED, State.PROCESSING): Actor.HANDLER,
    (State.PAYMENT_REQUESTED, State.COMPLETED): Actor.RECEPTION,
}


def corrector(state: State, came_from: State | None) -> Actor | None:
    """Return who may correct what is owed now; None when nobody may."""
    return CORRECTS.get((state, came_from))
