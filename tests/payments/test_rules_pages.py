"""What a provider's word means for each due of a page, walked completely; and small rules."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossiers.rules import dues
from dossiers.rules import states as dossier_states
from payments.rules import settling, showing, states, words

PAID = settling.Outcome.PAID
OVER = (states.Attempt.DECLINED, states.Attempt.EXPIRED, states.Attempt.CANCELLED)


@given(
    amounts=st.lists(st.integers(1, 10**7), min_size=1, max_size=20),
    payments=st.lists(st.sampled_from(states.Payment), min_size=20, max_size=20),
    attempt=st.sampled_from(sorted(states.ACTIVE_ATTEMPTS - {states.Attempt.CREATED}) + list(OVER)),
    received=st.integers(0, 10**8),
    fee_vnd=st.integers(0, 1000),
)
def test_every_dong_of_a_page_is_booked_once(
    amounts: list[int],
    payments: list[states.Payment],
    attempt: states.Attempt,
    received: int,
    fee_vnd: int,
) -> None:
    whole = sum(amounts)
    for came in (received, whole, *amounts):
        decisions = [
            settling.decide(
                attempt,
                payment,
                owed_vnd=amount,
                fact=settling.Fact(PAID, amount_vnd=came, fee_vnd=fee_vnd),
                page_vnd=whole,
                opener=index == 0,
            )
            for index, (amount, payment) in enumerate(zip(amounts, payments, strict=False))
        ]
        assert sum(one.received_vnd for one in decisions) == came
        assert sum(one.fee_vnd for one in decisions) == (fee_vnd if came else 0)
        for one, payment, amount in zip(decisions, payments, amounts, strict=False):
            paid = one.attempt == states.Attempt.PAID
            assert paid == (came == whole and payment == states.Payment.OWED)
            assert paid == (one.posting == settling.Posting.FEE)
            assert (one.received_vnd == amount) or came != whole
            assert one.give_back == (came == whole and not paid)
            assert (one.posting == settling.Posting.NOTHING) == (one.received_vnd == 0)


@pytest.mark.parametrize("attempt", sorted(states.TERMINAL_ATTEMPTS))
@pytest.mark.parametrize("opener", [True, False])
def test_nothing_moves_what_is_settled(attempt: states.Attempt, opener: bool) -> None:
    for payment, outcome in itertools.product(states.Payment, settling.Outcome):
        decision = settling.decide(
            attempt,
            payment,
            owed_vnd=5,
            fact=settling.Fact(outcome, amount_vnd=5),
            page_vnd=9,
            opener=opener,
        )
        assert decision == settling.UNCHANGED


def test_a_page_is_in_review_as_soon_as_one_due_is() -> None:
    def one(state: states.Attempt, reason: str = "") -> showing.Try:
        return showing.Try(state, reason)

    paid, review = one(states.Attempt.PAID), one(states.Attempt.REVIEW)
    assert showing.checkout([paid, paid]) == showing.Shown.PAID
    assert showing.checkout([paid, review]) == showing.Shown.REVIEW
    assert showing.checkout([review, paid]) == showing.Shown.REVIEW
    card = one(states.Attempt.OPEN, "expired_card")
    assert showing.checkout([card, card]) == showing.Shown.DECLINED
    for state in states.Attempt:
        assert showing.checkout([one(state)] * 3) == showing.attempt(one(state))


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Nguyễn Thị Thử", "N*** T*** T***"),
        ("  đặng   ánh ", "Đ*** Á***"),
        ("Y", "Y***"),
        ("", ""),
    ],
)
def test_a_name_of_which_only_initials_are_told(name: str, masked: str) -> None:
    assert words.masked_name(name) == masked


def test_whoever_may_ask_for_the_money_may_correct_it_and_nobody_else() -> None:
    state, actor = dossier_states.State, dossier_states.Actor
    asks = {
        edge.start: edge.actor for edge in dossier_states.EDGES if edge.move == "request_payment"
    }
    for here, before in itertools.product(state, [None, *state]):
        expected = None
        if here == state.PAYMENT_REQUESTED and before in dossier_states.HELD_FROM[here]:
            expected = asks[before]
        elif here == state.SUBMITTED and before is None:
            expected = actor.RECEPTION
        assert dues.corrector(here, before) == expected
