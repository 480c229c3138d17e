"""The tables walked completely, and the words of a sum."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.providers import stripe_wire
from payments.rules import money, settling, showing, states, words

WORDS = {
    0: "Không đồng",
    1: "Một đồng",
    5: "Năm đồng",
    10: "Mười đồng",
    11: "Mười một đồng",
    15: "Mười lăm đồng",
    20: "Hai mươi đồng",
    21: "Hai mươi mốt đồng",
    24: "Hai mươi bốn đồng",
    25: "Hai mươi lăm đồng",
    100: "Một trăm đồng",
    101: "Một trăm linh một đồng",
    105: "Một trăm linh năm đồng",
    110: "Một trăm mười đồng",
    115: "Một trăm mười lăm đồng",
    121: "Một trăm hai mươi mốt đồng",
    1000: "Một nghìn đồng",
    1005: "Một nghìn không trăm linh năm đồng",
    1010: "Một nghìn không trăm mười đồng",
    8000: "Tám nghìn đồng",
    10_001: "Mười nghìn không trăm linh một đồng",
    16_000: "Mười sáu nghìn đồng",
    21_000: "Hai mươi mốt nghìn đồng",
    105_000: "Một trăm linh năm nghìn đồng",
    1_000_000: "Một triệu đồng",
    1_000_001: "Một triệu không trăm linh một đồng",
    1_001_000: "Một triệu không trăm linh một nghìn đồng",
    99_999_999: (
        "Chín mươi chín triệu chín trăm chín mươi chín nghìn chín trăm chín mươi chín đồng"
    ),
    1_000_000_000: "Một tỷ đồng",
    1_000_000_005: "Một tỷ không trăm linh năm đồng",
    1_005_000_000: "Một tỷ không trăm linh năm triệu đồng",
    1_000_000_000_000: "Một nghìn tỷ đồng",
}


@pytest.mark.parametrize(("amount", "text"), WORDS.items())
def test_a_sum_in_words(amount: int, text: str) -> None:
    assert words.amount(amount) == text


def _read(text: str) -> int:
    """Read a sum in words back: an independent way home."""
    digits = {word: value for value, word in enumerate(words.DIGITS)}
    digits |= {"mốt": 1, "lăm": 5}
    total = group = last = 0
    for word in text.lower().removesuffix(" đồng").split():
        match word:
            case "trăm":
                group, last = last * 100, 0
            case "mươi":
                group, last = group + last * 10, 0
            case "mười":
                group, last = group + 10, 0
            case "linh":
                last = 0
            case "nghìn" | "triệu":
                total += (group + last) * {"nghìn": 1000, "triệu": 1_000_000}[word]
                group = last = 0
            case "tỷ":
                total, group, last = (total + group + last) * 1_000_000_000, 0, 0
            case _:
                last = digits[word]
    return total + group + last


@given(st.one_of(st.integers(0, 10**9), st.integers(0, words.LIMIT - 1)))
def test_words_can_be_read_back(amount: int) -> None:
    text = words.amount(amount)
    assert _read(text) == amount
    assert text == " ".join(text.split())
    assert text[0].isupper()


@pytest.mark.parametrize("amount", [-1, words.LIMIT])
def test_a_sum_out_of_range_has_no_words(amount: int) -> None:
    with pytest.raises(ValueError, match="10"):
        words.amount(amount)


@pytest.mark.parametrize(
    ("kind", "edges", "check"),
    [
        (states.Payment, states.PAYMENT_EDGES, states.check_payment),
        (states.Attempt, states.ATTEMPT_EDGES, states.check_attempt),
        (states.Refund, states.REFUND_EDGES, states.check_refund),
    ],
)
def test_every_pair_of_states_is_an_edge_or_refused(kind, edges, check) -> None:  # type: ignore[no-untyped-def]
    listed = {(edge.start, edge.end) for edge in edges}
    assert len(listed) == len(edges)
    assert all(edge.why for edge in edges)
    for pair in itertools.product([None, *kind], kind):
        if pair in listed:
            check(*pair)
        else:
            with pytest.raises(states.EdgeMissing):
                check(*pair)
    reachable = {None}
    for _ in kind:
        reachable |= {end for start, end in listed if start in reachable}
    assert reachable == {None, *kind}


def test_only_an_officer_leaves_a_terminal_attempt() -> None:
    edges = {(e.start, e.end) for e in states.ATTEMPT_EDGES}
    assert edges >= states.DECIDED_BY_OFFICERS
    rest = {start for start, _ in edges - states.DECIDED_BY_OFFICERS}
    assert rest.isdisjoint(states.TERMINAL_ATTEMPTS)


EVERY = list(
    itertools.product(
        states.Attempt,
        states.Payment,
        settling.Outcome,
        [0, 1, 16_000, 16_001],
        ["VND", "vnd", "USD", ""],
        [False, True],
    )
)


def _decide(case: tuple) -> settling.Decision:  # type: ignore[type-arg]
    attempt, payment, outcome, amount, currency, closing = case
    fact = settling.Fact(outcome, amount_vnd=amount, currency=currency)
    return settling.decide(attempt, payment, owed_vnd=16_000, fact=fact, closing=closing)


MONEY = {settling.Outcome.PAID, settling.Outcome.SUSPECT}


def test_money_that_the_provider_doubts_waits_for_a_person() -> None:
    for case in EVERY:
        attempt, _, outcome, amount, currency, _ = case
        if outcome != settling.Outcome.SUSPECT or attempt in states.TERMINAL_ATTEMPTS:
            continue
        decision = _decide(case)
        held = amount > 0 and currency.upper() == "VND"
        posting = settling.Posting.SUSPENSE if held else settling.Posting.NOTHING
        assert decision == settling.Decision(
            attempt=states.Attempt.REVIEW,
            posting=posting,
            received_vnd=amount if held else 0,
            reason="suspected_fraud",
        )


def test_every_decision_follows_a_listed_edge() -> None:
    for case in EVERY:
        attempt, payment, outcome, amount, currency, _ = case
        decision = _decide(case)
        if attempt == states.Attempt.CREATED and decision.attempt in {
            states.Attempt.PAID,
            states.Attempt.REVIEW,
            states.Attempt.DECLINED,
            states.Attempt.EXPIRED,
        }:
            continue  # a created attempt is always put to calling before anybody is asked
        if decision.attempt is not None:
            states.check_attempt(attempt, decision.attempt)
        if decision.payment is not None:
            states.check_payment(payment, decision.payment)
            assert (outcome, amount, currency.upper()) == (settling.Outcome.PAID, 16_000, "VND")
            assert decision.posting == settling.Posting.FEE
        if decision.posting == settling.Posting.FEE:
            assert decision.payment == states.Payment.PAID
        if outcome not in MONEY:
            assert decision.posting == settling.Posting.NOTHING
        elif attempt not in states.TERMINAL_ATTEMPTS:
            assert decision.attempt in {states.Attempt.PAID, states.Attempt.REVIEW}


def test_a_stale_word_takes_nothing_back() -> None:
    over = set(states.Attempt) - states.ACTIVE_ATTEMPTS
    for case in EVERY:
        if case[0] in over and case[2] not in MONEY:
            assert _decide(case) == settling.UNCHANGED


@pytest.mark.parametrize("state", states.Refund)
@pytest.mark.parametrize("outcome", settling.RefundOutcome)
def test_every_refund_decision_follows_a_listed_edge(
    state: states.Refund, outcome: settling.RefundOutcome
) -> None:
    after = settling.decide_refund(state, settling.RefundFact(outcome))
    if after is not None and state != states.Refund.REQUESTED:
        states.check_refund(state, after)
    if state == states.Refund.SUCCEEDED:
        assert after in {None, states.Refund.FAILED}


def test_what_is_shown_never_calls_money_lost() -> None:
    for state in (states.Attempt.CREATED, states.Attempt.CALLING, states.Attempt.UNKNOWN):
        assert showing.attempt(showing.Try(state, "x")) == showing.Shown.PENDING
    for state in states.Attempt:
        told = showing.payment(states.Payment.OWED, [showing.Try(state, "")])
        assert told not in {showing.Shown.PAID, showing.Shown.FREE} or state == states.Attempt.PAID
    review = [showing.Try(states.Attempt.REVIEW, ""), showing.Try(states.Attempt.OPEN, "")]
    assert not showing.may_pay(showing.payment(states.Payment.OWED, review))


@given(st.integers(0, 10_000))
def test_the_provider_is_asked_again_soon_but_not_in_a_storm(checks: int) -> None:
    assert 30 <= money.next_check(checks).total_seconds() <= 600


def test_forms_are_bracketed_and_hold_no_fraction() -> None:
    assert stripe_wire.encode(
        {
            "metadata": {"fee_id": "F-1"},
            "line_items": [{"price_data": {"currency": "vnd"}}],
            "expand": ["a", "b"],
            "flag": True,
            "none": None,
            "empty": "",
        }
    ) == [
        ("metadata[fee_id]", "F-1"),
        ("line_items[0][price_data][currency]", "vnd"),
        ("expand[0]", "a"),
        ("expand[1]", "b"),
        ("flag", "true"),
        ("empty", ""),
    ]
    with pytest.raises(TypeError):
        stripe_wire.encode({"amount": 1.5})
