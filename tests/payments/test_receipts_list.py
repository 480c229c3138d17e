"""My receipts: a list with a year and an agency, whoever paid."""

from typing import Any

import pytest

from payments.models import Attempt, Payment
from tests.conftest import Api, Cast
from tests.payments.factories import AGENCY, World

pytestmark = pytest.mark.django_db
URL = "/api/v1/receipts"
OTHER = "so-tu-phap"


def me(api: Api) -> str:
    return str(api.get("/api/v1/me").json()["id"])


def ids(api: Api, query: str = "") -> list[str]:
    answer = api.get(f"{URL}{query}")
    assert answer.status_code == 200, answer.content
    return [item["payment_id"] for item in answer.json()["items"]]


def paid_by_code(cast: Cast, due: Payment, world: World) -> None:
    code = cast.owner.post(f"/api/v1/payments/{due.id}/pay-code").json()["code"]
    made = cast.stranger.post(f"/api/v1/pay-codes/{code}/attempts").json()
    world.provider.press(Attempt.objects.get(id=made["id"]).session_id)
    world.deliver()


def test_mine_are_those_of_my_dues_and_those_that_i_paid(cast: Cast, world: World) -> None:
    own = world.owe(citizen_id=me(cast.owner))
    world.pay(own)
    world.later(seconds=1)
    given = world.owe(citizen_id=me(cast.owner), agency_code=OTHER)
    paid_by_code(cast, given, world)
    world.pay(world.owe())  # a stranger's
    assert ids(cast.owner) == [given.id, own.id]
    assert ids(cast.stranger) == [given.id]
    assert ids(cast.weak) == []
    [item] = cast.stranger.get(URL).json()["items"]
    assert item == cast.stranger.get(f"/api/v1/payments/{given.id}/receipt").json()
    assert item["paid_for"] == "Nguyễn Thị Thử"
    assert cast.reception.get(URL).status_code == 403
    assert cast.anonymous.get(URL).status_code == 401
    same = {"If-None-Match": cast.owner.get(URL).headers["ETag"]}
    assert cast.owner.get(URL, **same).status_code == 304


def test_by_year_and_agency(cast: Cast, world: World, sign_in: Any) -> None:
    old = world.owe(citizen_id=me(cast.owner))
    world.traveller.move_to("2026-12-31T23:59:59+07:00")
    world.pay(old)
    world.traveller.move_to("2027-01-01T00:00:00+07:00")
    api = sign_in("lan")
    new = world.owe(citizen_id=old.citizen_id, agency_code=OTHER)
    world.pay(new)
    assert ids(api) == [new.id, old.id]
    assert ids(api, "?year=2026") == [old.id]
    assert ids(api, "?year=2027") == [new.id]
    assert ids(api, "?year=2025") == []
    assert ids(api, f"?agency={AGENCY}") == [old.id]
    assert ids(api, f"?agency={OTHER}&year=2026") == []
    for query, code in (
        ("?year=1999", "min_value"),
        ("?year=x", "invalid"),
        ("?agency=", "blank"),
        ("?month=1", "unknown_field"),
    ):
        answer = api.get(f"{URL}{query}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_the_list_is_paged_and_costs_the_same(cast: Cast, world: World, count_queries: Any) -> None:
    paid_by_code(cast, world.owe(citizen_id=me(cast.owner)), world)
    with count_queries() as one:
        assert len(ids(cast.owner)) == 1
    for _ in range(4):
        world.later(seconds=1)
        paid_by_code(cast, world.owe(citizen_id=me(cast.owner)), world)
    with count_queries() as five:
        found = ids(cast.owner)
    assert len(found) == 5
    assert len(one) == len(five)
    first = cast.owner.get(f"{URL}?page_size=2").json()
    second = cast.owner.get(first["next"]).json()
    assert [i["payment_id"] for i in first["items"] + second["items"]] == found[:4]


def test_whoever_is_named_on_a_receipt_can_see_that_the_other_read_it(
    cast: Cast, world: World
) -> None:
    due = world.owe(citizen_id=me(cast.owner))
    paid_by_code(cast, due, world)

    def reads(api: Api) -> int:
        items = api.get("/api/v1/me/access-log?page_size=100").json()["items"]
        return sum(item["what"] == "payment:receipt" for item in items)

    assert (reads(cast.owner), reads(cast.stranger)) == (0, 0)
    cast.stranger.get(URL)
    cast.stranger.get(f"/api/v1/payments/{due.id}/receipt.pdf")
    cast.owner.get(f"/api/v1/payments/{due.id}/receipt")
    assert (reads(cast.owner), reads(cast.stranger)) == (2, 1)
