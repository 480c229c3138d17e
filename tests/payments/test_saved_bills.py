"""Customer codes that a citizen keeps, and the one message about each new bill."""

from typing import Any

import pytest
from django.db import connection

from citizens.models import Message
from payments.actions import saved_bills
from payments.billers.mock.server import Mock
from payments.models import Bill, SavedBill
from tests.conftest import Api, Cast
from tests.payments.factories import World

pytestmark = pytest.mark.django_db

SAVED = "/api/v1/me/saved-bills"
HOME = {"biller": "dien-mau", "customer_code": "MPD0000001", "label": "Nhà mẹ"}


@pytest.fixture(autouse=True)
def _there(hub: Mock, world: World) -> None:
    """Every test here has the billers and a clock."""


def save(api: Api, **given: Any) -> Any:
    return api.post(SAVED, {**HOME, **given})


def morning(world: World) -> int:
    """Go to the next morning, when every code is due, and look."""
    world.traveller.move_to(saved_bills.next_morning(world.now, "x").replace(hour=9, minute=30))
    answered = saved_bills.remind(now=world.now)
    world.drain()
    return answered


def test_a_code_is_kept_read_and_forgotten(cast: Cast) -> None:
    made = save(cast.owner)
    assert made.status_code == 201, made.content
    row = made.json()
    assert row == {
        "id": row["id"],
        "biller": "dien-mau",
        "biller_name": "Đơn vị cấp điện (MÔ PHỎNG)",
        "customer_code": "MPD0000001",
        "label": "Nhà mẹ",
        "created_at": "2026-11-24T10:00:00+07:00",
        "checked_at": None,
        "version": 1,
    }
    read = cast.owner.get(f"{SAVED}/{row['id']}")
    assert read.json() == row
    unchanged = cast.owner.get(f"{SAVED}/{row['id']}", **{"If-None-Match": read.headers["ETag"]})
    assert unchanged.status_code == 304
    without = cast.owner.delete(f"{SAVED}/{row['id']}")
    assert (without.status_code, without.json()["code"]) == (428, "if_match_required")
    stale = cast.owner.delete(f"{SAVED}/{row['id']}", version=2)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    gone = cast.owner.delete(f"{SAVED}/{row['id']}", **{"If-Match": read.headers["ETag"]})
    assert gone.status_code == 204
    assert cast.owner.get(f"{SAVED}/{row['id']}").status_code == 404
    assert cast.owner.get(SAVED).json()["items"] == []


def test_code_and_label_are_encrypted(cast: Cast) -> None:
    save(cast.owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM payments_savedbill t")
        text = cursor.fetchone()[0]
    assert "MPD0000001" not in text
    assert "Nhà" not in text


def test_the_same_code_once_and_twenty_at_most(cast: Cast) -> None:
    assert save(cast.owner).status_code == 201
    again = save(cast.owner, customer_code="mpd0000001", label="Nhà")
    assert (again.status_code, again.json()["code"]) == (409, "bill_already_saved")
    assert save(cast.stranger).status_code == 201  # another person's own
    for number in range(2, 21):
        assert save(cast.owner, customer_code=f"MPD{number:07d}").status_code == 201
    full = save(cast.owner, customer_code="MPD0000099")
    assert (full.status_code, full.json()["code"]) == (409, "too_many_saved_bills")
    assert full.json()["limit"] == 20
    assert "Tối đa 20" in full.json()["detail"]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"customer_code": "123"}, "/customer_code"),
        ({"label": ""}, "/label"),
        ({"label": "x" * 61}, "/label"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_not_kept(cast: Cast, given: dict[str, Any], pointer: str) -> None:
    answer = save(cast.owner, **given)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not SavedBill.objects.exists()


def test_an_unknown_biller_is_not_kept(cast: Cast) -> None:
    assert save(cast.owner, biller="khong-co").status_code == 404


def test_to_others_it_does_not_exist(cast: Cast) -> None:
    saved_id = save(cast.owner).json()["id"]
    for who, status in {"stranger": 404, "reception": 403, "anonymous": 401}.items():
        api = getattr(cast, who)
        assert api.get(f"{SAVED}/{saved_id}").status_code == status
        assert api.delete(f"{SAVED}/{saved_id}", version=1).status_code == status
    assert cast.stranger.get(SAVED).json()["items"] == []
    assert cast.reception.get(SAVED).status_code == 403
    assert cast.anonymous.post(SAVED, HOME).status_code == 401
    assert SavedBill.objects.count() == 1


def test_the_list_costs_the_same_for_one_and_many(cast: Cast, count_queries: Any) -> None:
    save(cast.owner)
    with count_queries() as one:
        assert len(cast.owner.get(SAVED).json()["items"]) == 1
    for number in range(2, 7):
        save(cast.owner, customer_code=f"MPD{number:07d}")
    with count_queries() as six:
        assert len(cast.owner.get(SAVED).json()["items"]) == 6
    assert len(one) == len(six)


def test_each_new_bill_is_told_once(cast: Cast, hub: Mock, world: World) -> None:
    save(cast.owner)
    assert saved_bills.remind(now=world.now) == 0  # nobody is told in the middle of saving
    assert morning(world) == 1
    told = Message.objects.filter(kind="bill_open").order_by("id")
    assert {one.body_vi for one in told} == {
        "Đơn vị cấp điện (MÔ PHỎNG), kỳ 10/2026: 165.000 đồng, hạn nộp 28/10/2026.",
        "Đơn vị cấp điện (MÔ PHỎNG), kỳ 11/2026: 167.000 đồng, hạn nộp 28/11/2026.",
    }
    assert {one.title_vi for one in told} == {"Hóa đơn mới: Nhà mẹ"}
    assert {one.reference for one in told} == set(Bill.objects.values_list("id", flat=True))
    assert saved_bills.remind(now=world.now) == 0  # once a day
    assert morning(world) == 1
    assert told.all().count() == 2
    world.later(days=7)  # December
    assert saved_bills.remind(now=world.now) == 1
    world.drain()
    assert told.all().count() == 3
    assert SavedBill.objects.get().checked_at == world.now


def test_two_people_with_one_code_are_each_told(cast: Cast, world: World) -> None:
    save(cast.owner)
    save(cast.stranger)
    assert morning(world) == 2
    assert Message.objects.filter(kind="bill_open").count() == 4


def test_a_forgotten_code_tells_nothing(cast: Cast, hub: Mock, world: World) -> None:
    row = save(cast.owner).json()
    cast.owner.delete(f"{SAVED}/{row['id']}", version=1)
    assert morning(world) == 0
    assert hub.calls == []
    assert not Message.objects.exists()


def test_a_biller_that_is_down_is_asked_again_and_holds_up_no_other(
    cast: Cast, hub: Mock, world: World
) -> None:
    for number in range(1, 6):
        save(cast.owner, customer_code=f"MPD{number:07d}")
    save(cast.owner, biller="nuoc-mau", customer_code="MPN0000001")
    hub.fault("drop_before", times=50, path="/v1/billers/dien-mau")
    assert morning(world) == 1
    assert 50 - hub.faults[0].times == 3  # three lost answers, then it is left alone
    hub.faults.clear()
    assert saved_bills.remind(now=world.now) == 0
    world.later(minutes=61)
    assert saved_bills.remind(now=world.now) == 5
    assert SavedBill.objects.filter(checked_at=None).count() == 0
