"""The cashier's day over HTTP: opened by a taking, counted, closed, handed in, printed, listed."""

import io
from typing import Any

import pypdf
import pytest
from django.db import DatabaseError, IntegrityError, transaction

from citizens.models import VaultAccess
from payments.models import CounterPayment, LedgerEntry, TillDay
from payments.reports import books
from tests.conftest import Cast
from tests.payments import tills
from tests.payments.factories import AGENCY, World
from tests.payments.tills import (
    CLOSING,
    DAYS,
    VND,
    Counter,
    close,
    code,
    desk,
    reverse,
    take,
    taken,
)

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
MINE = f"{tills.DESK}/till"
NOTE = "Trả nhầm tiền thừa cho một người nộp"


def hand_in(api: Any, day_id: str, reference: str = "GNT-0001") -> Any:
    return api.post(f"{DAYS}/{day_id}/hand-in", {"reference": reference})


def amount(value: Any) -> Any:
    return value["amount"]


def test_a_day_from_the_first_taking_to_the_treasury(world: World, desk: Counter) -> None:
    api = desk.cashier
    assert api.get(MINE).json() == {"today": "2026-11-24", "till": None}
    assert code(close(api, 0)) == (409, "no_till_open")
    taken(api, world.owe(16_000))
    taken(api, world.owe(8_000), method="transfer", reference="FT26328000001")
    wrong = taken(api, world.owe(4_000))
    reverse(api, wrong["attempt_id"], 4_000)
    row = api.get(MINE).json()["till"]
    nothing = {"amount": 0, **VND}
    assert row == {
        "id": TillDay.objects.get().id,
        "agency_code": AGENCY,
        "cashier": row["cashier"],
        "day": "2026-11-24",
        "state": "open",
        "cash": {
            "count": 2,
            "taken": {"amount": 20_000, **VND},
            "reversed": {"amount": 4_000, **VND},
            "paid_out": nothing,
            "left": {"amount": 16_000, **VND},
        },
        "transfer": {
            "count": 1,
            "taken": {"amount": 8_000, **VND},
            "reversed": nothing,
            "paid_out": nothing,
            "left": {"amount": 8_000, **VND},
        },
        "expected": {"amount": 16_000, **VND},
        "counted": None,
        "difference": None,
        "note": "",
        "handed_in": None,
        "opened_at": "2026-11-24T10:00:00+07:00",
        "closed_at": None,
    }
    assert row["cashier"].startswith("Chức danh so-cashier, ")
    assert code(hand_in(api, row["id"])) == (409, "till_day_open")
    closed = close(api, 16_000).json()
    assert (closed["state"], amount(closed["counted"]), amount(closed["difference"])) == (
        "closed",
        16_000,
        0,
    )
    assert code(take(api, world.owe())) == (409, "till_closed")
    assert api.get(MINE).json()["till"] == closed
    paid_in = hand_in(api, row["id"]).json()["handed_in"]
    assert (amount(paid_in["amount"]), paid_in["reference"]) == (16_000, "GNT-0001")
    assert code(hand_in(api, row["id"])) == (409, "handed_in_before")
    entry = LedgerEntry.objects.get(key=f"till_hand_in:{row['id']}")
    assert (entry.debit_account, entry.credit_account) == (
        f"agency_bank:{AGENCY}",
        f"till:{AGENCY}",
    )
    world.drain()
    assert list(books.check()) == []


@pytest.mark.parametrize(
    ("counted", "debit", "credit"),
    [
        (15_000, f"till_difference:{AGENCY}", f"till:{AGENCY}"),
        (17_000, f"till:{AGENCY}", f"till_difference:{AGENCY}"),
    ],
)
def test_a_difference_is_explained_booked_and_stays(
    world: World, desk: Counter, counted: int, debit: str, credit: str
) -> None:
    taken(desk.cashier, world.owe(16_000))
    refused = close(desk.cashier, counted, "  ")
    assert code(refused) == (400, "invalid")
    [error] = refused.json()["errors"]
    assert (error["code"], error["pointer"]) == ("difference_unexplained", "/note")
    closed = close(desk.cashier, counted, NOTE).json()
    assert (amount(closed["difference"]), closed["note"]) == (counted - 16_000, NOTE)
    entry = LedgerEntry.objects.get(key=f"till_difference:{closed['id']}")
    assert (entry.debit_account, entry.credit_account, entry.amount_vnd) == (debit, credit, 1_000)
    address = f"{tills.DESK}/settlement-report?from=2026-11-24&to=2026-11-24"
    accounts = {
        row["account"]: row["closing"]["amount"]
        for row in desk.auditor.get(address).json()["accounts"]
    }
    assert accounts[f"till_difference:{AGENCY}"] == counted - 16_000
    assert hand_in(desk.cashier, closed["id"]).status_code == 201


def test_days_follow_the_clock_of_can_tho(world: World, desk: Counter) -> None:
    world.traveller.move_to("2026-11-24T23:59:59+07:00")
    taken(desk.cashier, world.owe(16_000))
    world.traveller.move_to("2026-11-25T00:00:00+07:00")
    late = world.owe(8_000)
    refused = take(desk.cashier, late)
    assert (code(refused), refused.json()["day_on"]) == ((409, "till_day_open"), "2026-11-24")
    assert close(desk.cashier, 16_000).json()["day"] == "2026-11-24"
    taken(desk.cashier, late)
    assert close(desk.cashier, 8_000).json()["day"] == "2026-11-25"
    days = desk.cashier.get(DAYS).json()["items"]
    assert [row["day"] for row in days] == ["2026-11-25", "2026-11-24"]


def test_a_day_without_cash_has_nothing_to_hand_in(world: World, desk: Counter) -> None:
    taken(desk.cashier, world.owe(8_000), method="transfer", reference="FT26328000001")
    day = close(desk.cashier, 0).json()
    assert code(hand_in(desk.cashier, day["id"])) == (409, "nothing_to_hand_in")


def test_the_database_keeps_one_open_day_and_what_was_written(world: World, desk: Counter) -> None:
    row = taken(desk.cashier, world.owe())
    day = TillDay.objects.get()
    with pytest.raises(IntegrityError, match="payments_tillday_one_open"), transaction.atomic():
        TillDay.objects.create(
            agency_code=AGENCY,
            cashier_id=day.cashier_id,
            cashier_label="x",
            day_on="2026-11-25",
            opened_at=world.now,
        )
    with pytest.raises(IntegrityError, match="is_explained"), transaction.atomic():
        TillDay.objects.update(closed_at=world.now, expected_vnd=16_000, counted_vnd=1)
    with pytest.raises(DatabaseError, match="append-only|permission denied"), transaction.atomic():
        CounterPayment.objects.filter(attempt_id=row["attempt_id"]).update(amount_vnd=1)
    assert CounterPayment.objects.get().amount_vnd == 16_000


def test_who_sees_which_days(world: World, desk: Counter, cast: Cast) -> None:
    taken(desk.cashier, world.owe())
    taken(desk.second, world.owe())
    mine, others = (
        TillDay.objects.get(cashier_id=tills.cashier_of(who).user_id).id
        for who in ("cashier", "second")
    )

    def seen(api: Any) -> set[str]:
        return {row["id"] for row in api.get(DAYS).json()["items"]}

    assert seen(desk.cashier) == {mine}
    assert seen(desk.auditor) == seen(desk.admin) == {mine, others}
    assert seen(desk.elsewhere) == set()
    for api, told in (
        (cast.anonymous, (401, "not_signed_in")),
        (cast.owner, (403, "forbidden")),
        (desk.handler, (403, "not_your_role")),
    ):
        for address in (MINE, DAYS, f"{DAYS}/{mine}/takings", f"{DAYS}/{mine}/slip"):
            assert code(api.get(address)) == told
        assert code(close(api, 0)) == told
        assert code(hand_in(api, mine)) == told
    for page in ("takings", "slip"):
        assert desk.auditor.get(f"{DAYS}/{others}/{page}").status_code == 200
        assert code(desk.cashier.get(f"{DAYS}/{others}/{page}")) == (404, "not_found")
        assert code(desk.elsewhere.get(f"{DAYS}/{mine}/{page}")) == (404, "not_found")
    assert code(desk.auditor.get(MINE)) == (403, "not_your_role")
    assert code(desk.auditor.post(CLOSING, {"counted_vnd": 0})) == (403, "not_your_role")
    assert code(hand_in(desk.second, mine)) == (404, "not_found")


def test_takings_are_listed_and_their_citizens_can_see_it(world: World, desk: Counter) -> None:
    payment = world.owe()
    row = taken(desk.cashier, payment)
    api = desk.auditor
    day = TillDay.objects.get()
    [item] = api.get(f"{DAYS}/{day.id}/takings").json()["items"]
    row.pop("receipt")
    assert item == row
    told = VaultAccess.objects.filter(user_id=payment.citizen_id, what="payment:till")
    assert [one.purpose for one in told] == ["audit"]
    reverse(desk.cashier, row["attempt_id"])
    [item] = desk.cashier.get(f"{DAYS}/{day.id}/takings").json()["items"]
    assert item["reversed"] is True


def test_lists_cost_the_same_for_one_and_for_many(
    world: World, desk: Counter, count_queries: Any
) -> None:
    api = desk.cashier
    taken(api, world.owe())
    day = TillDay.objects.get()
    addresses = (DAYS, f"{DAYS}/{day.id}/takings", MINE)

    def costs() -> list[int]:
        found = []
        for address in addresses:
            with count_queries() as queries:
                assert api.get(address).status_code == 200
            found.append(len(queries))
        return found

    costs()
    one = costs()
    for _ in range(4):
        taken(api, world.owe())
    assert costs() == one
    assert len(api.get(addresses[1]).json()["items"]) == 5
    close(api, 80_000)
    before = costs()[0]
    for index in range(4):
        TillDay.objects.create(
            agency_code=AGENCY,
            cashier_id=day.cashier_id,
            cashier_label="x",
            day_on=f"2026-11-1{index}",
            opened_at=world.now,
            closed_at=world.now,
            expected_vnd=0,
            counted_vnd=0,
        )
    assert costs()[0] == before
    assert len(api.get(DAYS).json()["items"]) == 5


def test_the_slip_says_sums_in_words_and_no_name(world: World, desk: Counter) -> None:
    api = desk.cashier
    payment = world.owe(16_000)
    taken(api, payment, payer_name="Trần Văn Mẫu")
    wrong = taken(api, world.owe(4_000))
    reverse(api, wrong["attempt_id"], 4_000)
    day = TillDay.objects.get()

    def text() -> str:
        answer = api.get(f"{DAYS}/{day.id}/slip")
        assert answer["Content-Type"] == "application/pdf"
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    assert "TẠM TÍNH, chưa khóa sổ" in text()
    close(api, 15_000, NOTE)
    hand_in(api, day.id)
    said = text()
    for words in (
        "BẢNG KÊ THU TẠI QUẦY NGÀY 24/11/2026",
        "Mười sáu nghìn đồng",
        "Mười lăm nghìn đồng",
        "-1.000",
        NOTE,
        "GNT-0001",
        "đã hủy",
    ):
        assert words in said, words
    assert "Trần Văn Mẫu" not in said
    assert "Nguyễn Thị Thử" not in said
    assert api.get(f"{DAYS}/{day.id}/slip").content == api.get(f"{DAYS}/{day.id}/slip").content
