"""Statement against ledger, as a pure comparison: any order is fine, each fault has one name."""

import dataclasses
import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from payments.rules import reconcile, report
from payments.rules.reconcile import Kind, Line, Part

NOON = datetime.datetime(2026, 11, 24, 5, tzinfo=datetime.UTC)
HEADS = {"charge": "capture", "refund": "refund_paid", "adjustment": "dispute"}


@st.composite
def statements(draw: Any, least: int = 1) -> tuple[list[Line], list[Part]]:
    """A statement and the ledger that knows it, to the đồng."""
    lines, parts = [], []
    for number in range(draw(st.integers(least, 8))):
        kind = draw(st.sampled_from(sorted(HEADS)))
        size = draw(st.integers(1, 10**8))
        fee = draw(st.integers(0, 5000)) if kind != "refund" else 0
        line = Line(
            line_id=f"txn_{number}",
            kind=kind,
            source_id=draw(st.sampled_from(["", f"src_{number}"])),
            amount_vnd=size if kind == "charge" else -size,
            fee_vnd=fee,
            currency="VND",
            made_at=NOON + datetime.timedelta(seconds=draw(st.integers(0, 100))),
        )
        lines.append(line)
        cut = draw(st.integers(0, size - 1)) if kind == "charge" else 0
        amounts = [line.amount_vnd - cut, cut] if cut and cut * 2 != size else [line.amount_vnd]
        parts += [Part(line.line_id, HEADS[kind], amount) for amount in amounts]
        if fee:
            parts.append(Part(line.line_id, "provider_fee", fee, is_fee=True))
    return lines, parts


@given(statements(0), st.randoms())
def test_the_same_lines_in_any_order_fit(pair: Any, chance: Any) -> None:
    lines, parts = pair
    chance.shuffle(lines)
    chance.shuffle(parts)
    assert reconcile.compare(lines, parts) == []


@given(statements(), st.randoms(), st.data())
def test_each_fault_is_found_by_its_name_and_nothing_else_is(
    pair: Any, chance: Any, data: Any
) -> None:
    lines, parts = pair
    chosen = data.draw(st.sampled_from(lines))
    other = data.draw(st.integers(1, 1000))
    fault = data.draw(
        st.sampled_from(
            ["gone_there", "gone_here", "repeated", "booked_twice", "amount", "fee", "currency"]
        )
    )
    kind, differs = Kind.AMOUNT_DIFFERS, (fault,)
    mutated = {
        "amount": {"amount_vnd": chosen.amount_vnd + other},
        "fee": {"fee_vnd": chosen.fee_vnd + other},
        "currency": {"currency": "USD"},
    }.get(fault)
    mine = [part for part in parts if part.line_id == chosen.line_id]
    if mutated is not None:
        lines[lines.index(chosen)] = dataclasses.replace(chosen, **mutated)
    elif fault == "gone_there":
        lines.remove(chosen)
        kind, differs = Kind.MISSING_THERE, ()
    elif fault == "gone_here":
        parts = [part for part in parts if part.line_id != chosen.line_id]
        kind, differs = Kind.MISSING_HERE, ()
    elif fault == "repeated":
        lines.append(chosen)
        kind, differs = Kind.DOUBLED, ("statement",)
    else:
        parts = [part for part in parts if part not in mine or part.is_fee]
        head = HEADS[chosen.kind]
        parts += [Part(chosen.line_id, head, chosen.amount_vnd)] * 2
        kind, differs = Kind.DOUBLED, ("ledger",)
    chance.shuffle(lines)
    [found] = reconcile.compare(lines, parts)
    assert (found.kind, found.line_id, found.differs) == (kind, chosen.line_id, differs)


def _line(name: str, **given: Any) -> Line:
    values = {
        "kind": "charge",
        "source_id": "ch_1",
        "amount_vnd": 16_000,
        "fee_vnd": 0,
        "currency": "VND",
        "made_at": NOON,
        **given,
    }
    return Line(line_id=name, **values)


def test_a_second_line_about_the_same_charge_is_doubled_whichever_is_booked() -> None:
    two = [_line("txn_1"), _line("txn_2", made_at=NOON + datetime.timedelta(seconds=5))]
    for booked, doubled in (("txn_1", "txn_2"), ("txn_2", "txn_1")):
        [found] = reconcile.compare(two, [Part(booked, "capture", 16_000)])
        assert (found.kind, found.line_id) == (Kind.DOUBLED, doubled)
    first, second = reconcile.compare(two[::-1], [])
    assert (first.kind, first.line_id) == (Kind.MISSING_HERE, "txn_1")
    assert (second.kind, second.line_id) == (Kind.DOUBLED, "txn_2")


def test_money_taken_and_given_back_in_one_dispute_is_not_doubled() -> None:
    taken = _line("txn_1", kind="adjustment", source_id="dp_1", amount_vnd=-16_000)
    returned = _line("txn_2", kind="adjustment", source_id="dp_1")
    parts = [Part("txn_1", "dispute", -16_000), Part("txn_2", "dispute", 16_000)]
    assert reconcile.compare([taken, returned], parts) == []


def test_one_line_that_pays_several_dues_fits() -> None:
    parts = [Part("txn_1", "capture", 8_000), Part("txn_1", "capture", 8_000)]
    assert reconcile.compare([_line("txn_1")], parts) == []


def test_a_refund_booked_as_a_capture_is_told_by_its_kind() -> None:
    [found] = reconcile.compare(
        [_line("txn_1", kind="refund", amount_vnd=-16_000)], [Part("txn_1", "capture", -16_000)]
    )
    assert (found.kind, found.differs) == (Kind.AMOUNT_DIFFERS, ("kind",))


def test_a_line_of_another_days_statement_is_not_missing() -> None:
    part = Part("txn_1", "capture", 16_000)
    assert reconcile.compare([], [part], elsewhere={"txn_1"}) == []
    [found] = reconcile.compare([], [part])
    assert (found.kind, found.their_amount_vnd, found.our_amount_vnd) == (
        Kind.MISSING_THERE,
        None,
        16_000,
    )


def test_days_are_days_in_can_tho_and_close_at_two() -> None:
    hcm = datetime.timezone(datetime.timedelta(hours=7))
    start, end = reconcile.window(datetime.date(2026, 11, 24))
    assert start == datetime.datetime(2026, 11, 23, 17, tzinfo=datetime.UTC)
    assert end - start == datetime.timedelta(days=1)
    for text, last in (
        ("2026-11-25T01:59:59", datetime.date(2026, 11, 23)),
        ("2026-11-25T02:00:00", datetime.date(2026, 11, 24)),
    ):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=hcm)
        assert reconcile.last_closed(moment.astimezone(datetime.UTC)) == last


# --- which line a refund is taken from ----------------------------------------------------------


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.data())
def test_refunds_are_shared_out_to_the_dong_and_no_line_gives_more_than_it_got(
    amounts: list[int], data: Any
) -> None:
    lines = [
        {"code": f"c{number}", "label": "x", "kind": "phi", "amount_vnd": amount}
        for number, amount in enumerate(amounts)
    ]
    gone = {line["code"]: 0 for line in lines}
    before = 0
    for _ in range(data.draw(st.integers(1, 6))):
        change = data.draw(st.integers(-before, sum(amounts) - before))
        shares = report.share_out(lines, before, change)
        assert sum(one.amount_vnd for one in shares) == change
        for one in shares:
            gone[one.code] += one.amount_vnd
        before += change
        for line in lines:
            assert 0 <= gone[line["code"]] <= line["amount_vnd"]
    assert sum(gone.values()) == before


def test_a_refund_beyond_all_lines_is_shown_and_not_dropped() -> None:
    lines = [{"code": "a", "label": "A", "kind": "phi", "amount_vnd": 10}]
    assert [(one.code, one.amount_vnd) for one in report.share_out(lines, 0, 15)] == [
        ("a", 10),
        ("", 5),
    ]


def test_how_money_came_in_is_told_by_where_it_lies() -> None:
    assert [
        report.method(account).value
        for account in (
            "provider_clearing:stripe",
            "provider_clearing:vnpay",
            "provider_clearing:vietqr",
            "bank:970400-1",
            "till:ubnd-31135",
            "somewhere",
        )
    ] == ["online", "online", "bank", "bank", "cash", "other"]
    apart = "suspense:ubnd-31135"
    assert [report.method(apart, name).value for name in ("vietqr", "stripe", "")] == [
        "bank",
        "online",
        "other",
    ]
