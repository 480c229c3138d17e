"""The tries to pay one due: a list, and what the app is told of each."""

from typing import Any

import pytest

from payments.models import Attempt, Payment
from tests import fakes
from tests.conftest import Api, Cast
from tests.payments.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(world: World, cast: Cast) -> Payment:
    return world.owe(16_000, citizen_id=cast.owner.get("/api/v1/me").json()["id"])


def _url(due: Payment, tail: str = "") -> str:
    return f"/api/v1/payments/{due.id}/attempts{tail}"


def _expired(api: Api, due: Payment, world: World) -> str:
    made = api.post(_url(due)).json()
    world.provider.expire(Attempt.objects.get(id=made["id"]).session_id)
    world.deliver()
    return str(made["id"])


def test_every_state_is_told_and_says_when_to_look_again(
    cast: Cast, due: Payment, world: World
) -> None:
    api = cast.owner
    assert api.get(_url(due)).json() == {"items": [], "next": None, "previous": None}
    first = _expired(api, due, world)
    made = api.post(_url(due))
    second = made.json()["id"]
    row = Attempt.objects.get(id=second)

    def told() -> tuple[str, str | None, str | None]:
        answer = api.get(_url(due, f"/{second}"))
        unchanged = {"If-None-Match": answer.headers["ETag"]}
        assert api.get(_url(due, f"/{second}"), **unchanged).status_code == 304
        listed = api.get(_url(due))
        items = listed.json()["items"]
        assert [item["id"] for item in items] == [second, first]
        assert items[0] == answer.json()
        assert items[1]["state"] == "expired"
        assert listed.headers.get("Retry-After") == answer.headers.get("Retry-After")
        declined = answer.json()["declined"]
        return (
            answer.json()["state"],
            answer.headers.get("Retry-After"),
            declined and (declined["reason"], declined["can_retry"]),
        )

    assert told() == ("pending", "3", None)
    world.provider.press(row.session_id, fakes.CARDS["chargeDeclinedInsufficientFunds"])
    world.deliver()
    assert told() == ("declined", "3", ("insufficient_funds", True))
    world.provider.press(row.session_id)
    world.deliver()
    assert told() == ("paid", None, None)
    assert [item["number"] for item in api.get(_url(due)).json()["items"]] == [2, 1]


def test_review_is_told_and_is_no_reason_to_pay_again(
    cast: Cast, due: Payment, world: World
) -> None:
    made = cast.owner.post(_url(due)).json()
    world.provider.press(Attempt.objects.get().session_id)
    intent = world.provider.all("payment_intent")[0]["id"]
    world.provider.change(intent, amount_received=15_999)
    world.deliver()
    seen = cast.owner.get(_url(due, f"/{made['id']}"))
    assert seen.json()["state"] == "review"
    assert "Retry-After" not in seen.headers
    again = cast.owner.post(_url(due))
    assert (again.status_code, again.json()["code"]) == (409, "payment_under_review")


def test_the_list_is_paged_and_costs_the_same(
    cast: Cast, due: Payment, world: World, count_queries: Any
) -> None:
    _expired(cast.owner, due, world)
    with count_queries() as one:
        assert len(cast.owner.get(_url(due)).json()["items"]) == 1
    for _ in range(4):
        _expired(cast.owner, due, world)
    with count_queries() as five:
        items = cast.owner.get(_url(due)).json()["items"]
    assert len(items) == 5
    assert len(one) == len(five)
    first = cast.owner.get(_url(due, "?page_size=2")).json()
    second = cast.owner.get(first["next"]).json()
    assert first["items"] + second["items"] == items[:4]


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("reception", 403), ("anonymous", 401)]
)
def test_others_see_no_tries(cast: Cast, due: Payment, world: World, who: str, status: int) -> None:
    made = cast.owner.post(_url(due)).json()
    for tail in ("", f"/{made['id']}"):
        assert getattr(cast, who).get(_url(due, tail)).status_code == status
    assert cast.owner.get(_url(due, "/att_nothing")).status_code == 404


def test_whoever_pays_for_another_sees_their_own_tries_only(
    cast: Cast, due: Payment, world: World
) -> None:
    mine = _expired(cast.owner, due, world)
    code = cast.owner.post(f"/api/v1/payments/{due.id}/pay-code").json()["code"]
    theirs = cast.stranger.post(f"/api/v1/pay-codes/{code}/attempts").json()["id"]
    assert [one["id"] for one in cast.stranger.get(_url(due)).json()["items"]] == [theirs]
    assert [one["id"] for one in cast.owner.get(_url(due)).json()["items"]] == [theirs, mine]
    assert cast.stranger.get(_url(due, f"/{mine}")).status_code == 404
