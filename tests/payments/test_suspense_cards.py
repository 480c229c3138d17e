"""Card payments in review are worked off at the same list; and who may see and do what, at once."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from citizens.models import User, VaultAccess
from common import db
from payments import queries
from payments.actions import charge, suspense, suspense_moves
from payments.models import (
    Attempt,
    BankCredit,
    LedgerEntry,
    Payment,
    Receipt,
    Refund,
    SuspenseItem,
    SuspenseMove,
)
from payments.rules import suspense as rules
from tests.conftest import Cast
from tests.payments.bank import Bank
from tests.payments.factories import World, together
from tests.payments.test_suspense import LIST, OURS, THEIRS, WHY, Desk, _shown, _sums

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(bank: Bank, world: World, cast: Cast, sign_in: Any) -> Desk:
    return Desk(bank, world, cast, sign_in)


def _in_review(desk: Desk, **differs: Any) -> tuple[Payment, Attempt, dict[str, Any]]:
    """A card's payment that came with another sum or currency than what is owed."""
    payment = desk.world.owe(16_000, citizen_id=desk.me.id, agency_code=OURS)
    attempt = desk.world.start(payment)
    desk.world.provider.press(attempt.session_id)
    session = desk.world.provider.get(attempt.session_id)
    desk.world.provider.change(session["payment_intent"], **differs)
    desk.world.deliver()
    attempt.refresh_from_db()
    assert attempt.state == "review"
    return payment, attempt, desk.items()[0]


# --- cards --------------------------------------------------------------------------------------


def test_a_card_that_took_too_much_settles_the_due_and_the_rest_goes_back(desk: Desk) -> None:
    payment, attempt, item = _in_review(desk, amount_received=20_000)
    assert (item["source"], item["transfer"]) == ("card", None)
    assert (item["reason"], _sums(item)) == ("amount_differs", (20_000, 0, 0, 0))
    other = desk.world.owe(16_000, agency_code=OURS)
    elsewhere = desk.move(item, "allot", payment_id=other.id)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "suspense_of_card")
    after = desk.move(item, "allot", payment_id=payment.id).json()
    assert (after["state"], _sums(after)) == ("open", (4_000, 16_000, 0, 0))
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("paid", "paid")
    assert Receipt.objects.get(payment=payment).total_vnd == 16_000
    assert LedgerEntry.objects.filter(key=f"capture:stripe:{attempt.intent_id}").count() == 1
    back = desk.move(after, "give_back").json()
    assert (back["state"], _sums(back)) == ("returning", (0, 16_000, 4_000, 0))
    refund = Refund.objects.get()
    assert (refund.kind, refund.amount_vnd, refund.reason) == ("suspense", 4_000, WHY)


def test_a_card_that_took_too_little_goes_back_whole(desk: Desk) -> None:
    payment, attempt, item = _in_review(desk, amount_received=15_000)
    alone = desk.move(item, "allot", payment_id=payment.id)
    assert alone.json()["code"] == "suspense_not_the_sum"
    assert desk.move(item, "give_back").status_code == 201
    desk.world.drain()
    closed = desk.items()[0]
    assert (closed["state"], _sums(closed)) == ("closed", (0, 0, 0, 15_000))
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("resolved", "owed")
    # What the provider still says of that try moves nothing any more.
    desk.world.sent.clear()
    desk.world.deliver()
    attempt.refresh_from_db()
    assert attempt.state == "resolved"
    desk.world.pay(payment)


def test_another_currency_is_closed_when_it_was_set_right_at_the_provider(desk: Desk) -> None:
    payment, attempt, item = _in_review(desk, currency="usd")
    assert (item["reason"], _sums(item)) == ("currency_differs", (0, 0, 0, 0))
    for move in ("give_back", "allot"):
        more = {"payment_id": payment.id} if move == "allot" else {}
        assert desk.move(item, move, **more).status_code == 409
    closed = desk.move(item, "close")
    assert (closed.status_code, closed.json()["state"]) == (201, "closed")
    attempt.refresh_from_db()
    assert (attempt.state, _shown(payment)) == ("resolved", "owed")
    assert desk.move(item, "close").json()["code"] == "suspense_moved"


def test_what_a_rule_sends_back_is_on_the_list_and_closes_itself(desk: Desk) -> None:
    payment = desk.world.owe(16_000, citizen_id=desk.me.id, agency_code=OURS)
    attempt = desk.world.start(payment)
    desk.world.provider.press(attempt.session_id)
    with db.transaction():
        charge.cancel(reference=payment.reference, now=desk.world.now)
    desk.world.deliver(drain=False)
    from payments.actions import settle

    settle.ask(attempt_id=attempt.id, now=desk.world.now)
    [item] = desk.items()
    assert (item["reason"], item["state"], item["left"]["amount"]) == (
        "paid_after_cancel",
        "returning",
        0,
    )
    assert desk.move(item, "give_back").json()["code"] == "suspense_moved"
    desk.world.drain()
    assert desk.items()[0]["state"] == "closed"
    desk.world.provider.fail_refund(Refund.objects.get().provider_refund_id)
    desk.world.deliver()
    again = desk.items()[0]
    assert (again["state"], _sums(again)) == ("open", (16_000, 0, 0, 0))
    attempt.refresh_from_db()
    assert attempt.state == "review"
    assert desk.move(again, "give_back").status_code == 201
    desk.world.drain()
    assert desk.items()[0]["state"] == "closed"
    attempt.refresh_from_db()
    assert attempt.state == "resolved"


def test_a_review_of_before_this_list_gets_its_place_by_the_sweep(desk: Desk) -> None:
    _, attempt, _ = _in_review(desk, amount_received=15_000)
    SuspenseItem.objects.all().delete()
    assert suspense.sweep(now=desk.world.now) == 1
    assert suspense.sweep(now=desk.world.now) == 0
    [item] = desk.items()
    assert _sums(item) == (15_000, 0, 0, 0)
    assert Attempt.objects.get(id=attempt.id).state == "review"


# --- who ----------------------------------------------------------------------------------------


def test_who_may_see_and_who_may_decide(desk: Desk, cast: Cast) -> None:
    _, attempt = desk.due()
    item = desk.came(attempt, amount=10_000)
    one, moves = f"{LIST}/{item['id']}", f"{LIST}/{item['id']}/moves"
    body = {"move": "keep", "expected_state": "open", "amount_believed": 10_000, "reason": WHY}
    assert desk.items(api=desk.auditor) == [item]
    assert desk.auditor.get(one).status_code == 200
    refused = desk.auditor.post(moves, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert desk.items(api=desk.foreign) == []
    assert desk.foreign.get(one).status_code == 404
    assert desk.foreign.post(moves, body).status_code == 404
    for api, status, code in (
        (cast.handler, 403, "not_your_role"),
        (cast.reception, 403, "not_your_role"),
        (cast.owner, 403, "forbidden"),
        (cast.stranger, 403, "forbidden"),
        (cast.anonymous, 401, "not_signed_in"),
    ):
        for answer in (api.get(LIST), api.get(one), api.post(moves, body)):
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not SuspenseMove.objects.exists()
    assert desk.cashier.get(f"{LIST}/sus_none").status_code == 404
    assert desk.cashier.post(moves, body).status_code == 201
    assert desk.cashier.post(moves, body, key=None).status_code == 400


def test_whoever_it_concerns_sees_that_it_was_read(desk: Desk) -> None:
    payment, attempt = desk.due()
    line = desk.bank.paid(attempt, amount=10_000)
    desk.bank.deliver(desk.bank.come(account="DEMOH13022", amount=1_000, text="?"))
    first = desk.items()
    assert len(first) == 2
    [named] = [one for one in first if one["transfer"]["transaction_id"] == line["id"]]
    desk.auditor.get(f"{LIST}/{named['id']}")
    rows = VaultAccess.objects.order_by("id").values_list(
        "user_id", "what", "purpose", "reference", "reader_label"
    )
    label = f"Cán bộ, {_agency_name()}"
    assert list(rows) == [
        (desk.me.id, "suspense:list", "resolve_dossier", "", label),
        (desk.me.id, "suspense:read", "audit", payment.reference, label),
    ]
    seen = desk.cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert {one["what"] for one in seen} == {"suspense:list", "suspense:read"}


def _agency_name() -> str:
    from services import queries as services

    return services.agency(OURS).name_vi


def test_nobody_decides_on_their_own_money(desk: Desk) -> None:
    from citizens.actions import demo

    _, attempt = desk.due()
    item = desk.came(attempt, amount=10_000)
    stray = desk.stray(16_000)
    mine, _ = desk.due()
    owner = User.objects.get(id=desk.me.id)
    User.objects.filter(id=demo.user_id_of("thu-ngan")).update(officer_index=owner.id_number_index)
    assert [one["id"] for one in desk.items()] == [stray["id"]]
    assert desk.cashier.get(f"{LIST}/{item['id']}").status_code == 404
    assert desk.move(item, "give_back").status_code == 404
    assert desk.move(stray, "allot", payment_id=mine.id).status_code == 404
    assert [one["id"] for one in desk.items(api=desk.auditor) if one["payment"]] == [item["id"]]


# --- the list -----------------------------------------------------------------------------------


def test_the_list_is_narrowed_and_paged(desk: Desk) -> None:
    payment, attempt = desk.due()
    named = desk.came(attempt, amount=10_000)
    stray = desk.stray()
    _, _, card = _in_review_last(desk)
    desk.move(stray, "keep")

    def names(query: str) -> set[str]:
        return {one["id"] for one in desk.items(query)}

    assert names("") == {named["id"], stray["id"], card["id"]}
    assert names("?state=kept") == {stray["id"]}
    assert names("?reason=no_reference") == {stray["id"]}
    assert names("?source=card") == {card["id"]}
    assert names("?source=bank&state=open") == {named["id"]}
    assert names(f"?payment_id={payment.id}") == {named["id"]}
    assert names("?min_age_days=1") == set()
    SuspenseItem.objects.filter(id=stray["id"]).update(created_at="2026-11-14T09:00:00+07:00")
    assert names("?min_age_days=10") == {stray["id"]}
    assert desk.items()[0]["age_days"] == 10
    for wrong in ("?state=lost", "?min_age_days=-1", "?min_age_days=x", "?more=1", "?page_size=0"):
        assert desk.cashier.get(f"{LIST}{wrong}").status_code == 400, wrong
    page = desk.cashier.get(f"{LIST}?page_size=2").json()
    rest = desk.cashier.get(page["next"]).json()
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]


def _in_review_last(desk: Desk) -> tuple[Payment, Attempt, dict[str, Any]]:
    payment, attempt, _ = _in_review(desk, amount_received=15_000)
    [item] = desk.items("?source=card")
    return payment, attempt, item


def test_the_list_asks_as_often_for_one_as_for_many(desk: Desk, count_queries: Any) -> None:
    counted = []
    assert desk.items() == []  # what is remembered for a while is read once
    for more in (1, 4):
        for _ in range(more):
            desk.bank.paid(desk.due()[1], amount=10_000)
        with count_queries() as seen:
            assert desk.cashier.get(LIST).status_code == 200
        counted.append(len(seen))
    assert SuspenseItem.objects.count() == 5
    assert counted == [10, 10]


def test_an_unchanged_item_is_not_sent_again(desk: Desk) -> None:
    item = desk.stray()
    seen = desk.cashier.get(f"{LIST}/{item['id']}")
    same = desk.cashier.get(f"{LIST}/{item['id']}", **{"If-None-Match": seen.headers["ETag"]})
    assert same.status_code == 304


# --- books --------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["payments_bankcredit", "payments_suspensemove"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_s39_history_is_not_rewritten(desk: Desk, table: str, statement: str) -> None:
    desk.move(desk.stray(), "keep")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert BankCredit.objects.count() == SuspenseMove.objects.count() == 1


@pytest.mark.parametrize("move", ["give_back", "allot"])
@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_and_one_of_them_wins(bank: Bank, world: World, move: str) -> None:
    payment, _ = bank.owe_and_start(agency_code=OURS)
    bank.deliver(bank.come(account="DEMOH13022", amount=16_000, text="?"))
    item = SuspenseItem.objects.get()
    officers = [suspense_moves.Officer(f"usr_{n}", f"Cán bộ {n}", OURS) for n in range(6)]

    def act(number: int) -> None:
        given: dict[str, Any] = {
            "item_id": item.id,
            "officer": officers[number],
            "expected_state": "open",
            "amount_believed_vnd": 16_000,
            "reason": WHY,
            "now": world.now,
        }
        if move == "allot":
            suspense_moves.allot(**given, payment_id=payment.id)
        else:
            suspense_moves.give_back(**given)

    results = together(len(officers), act)
    lost = [one for one in results if isinstance(one, suspense_moves.SuspenseMoved)]
    assert (results.count(None), len(lost)) == (1, len(officers) - 1), results
    assert {one.status for one in lost} == {409}
    assert SuspenseMove.objects.count() == 1
    world.drain()


@pytest.mark.django_db(transaction=True)
def test_two_transfers_at_once_and_an_officer_among_them(bank: Bank, world: World) -> None:
    payment, attempt = bank.owe_and_start(agency_code=OURS)
    lines = [bank.scan(attempt, account="DEMOH13022") for _ in range(4)]
    from payments.actions import settle
    from payments.providers import registry

    credits = [registry.bank().credit(line["id"]) for line in lines]

    def take(number: int) -> None:
        credit = credits[number % 4]
        assert credit is not None
        settle.take(credit=credit, now=world.now)

    assert together(8, take) == [None] * 8
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert SuspenseItem.objects.filter(reason="second_transfer").count() == 3
    assert queries.balances()[f"bank:{'DEMOH13022'}"] == -64_000
    assert THEIRS != OURS
    world.drain()


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lefts", "owed", "expected"),
    [
        ([16_000], 16_000, [16_000]),
        ([20_000], 16_000, [16_000]),
        ([10_000], 16_000, None),
        ([10_000, 6_000], 16_000, [10_000, 6_000]),
        ([10_000, 9_000], 16_000, [10_000, 6_000]),
        ([16_000, 1], 16_000, None),
        ([], 16_000, None),
        ([0], 1, None),
    ],
)
def test_shares_make_the_sum_or_there_are_none(
    lefts: list[int], owed: int, expected: list[int] | None
) -> None:
    assert rules.shares(lefts, owed_vnd=owed) == expected


@pytest.mark.parametrize("before", rules.Suspense)
def test_the_state_follows_the_sums(before: rules.Suspense) -> None:
    state = rules.state
    open_again = {rules.Suspense.OPEN, rules.Suspense.KEPT}
    assert state(before, rules.Sums(10, 3, 2, 1)) in open_again
    assert state(before, rules.Sums(10, 3), kept=True) == "kept"
    assert state(before, rules.Sums(10, 5, 5)) == "returning"
    assert state(before, rules.Sums(10, 5, 0, 5)) == "closed"
    assert state(before, rules.Sums(0)) in open_again
