"""A representative pays what the dossier owes that they filed, from an account of their own."""

from typing import Any

import pytest

from payments.models import Attempt, Payer, Payment
from tests.conftest import Api, Cast
from tests.dossiers import handing
from tests.payments import invariants
from tests.payments.factories import World

pytestmark = pytest.mark.django_db
LIST = "/api/v1/payments"


def me(api: Api) -> str:
    return str(api.get("/api/v1/me").json()["id"])


@pytest.fixture
def filed(world: World, cast: Cast) -> tuple[dict[str, Any], Payment]:
    """The representation, and what the dossier owes."""
    row, dossier = handing.filed(cast)
    return row, Payment.objects.get(reference=dossier["id"])


def _url(due: Payment, tail: str = "") -> str:
    return f"/api/v1/payments/{due.id}{tail}"


def reads(api: Api) -> list[tuple[str, str]]:
    items = api.get("/api/v1/me/access-log?page_size=100").json()["items"]
    wanted = [item for item in items if item["what"].startswith("payment:")]
    return sorted((item["what"], item["reader"]) for item in wanted)


def test_a_representative_pays_from_their_own_account(
    cast: Cast, filed: tuple[dict[str, Any], Payment], world: World
) -> None:
    _, due = filed
    [seen] = cast.stranger.get(LIST).json()["items"]
    assert (seen["id"], seen["role"], seen["state"]) == (due.id, "representative", "owed")
    assert cast.stranger.get(f"{LIST}?role=own").json()["items"] == []
    assert len(cast.stranger.get(f"{LIST}?role=representative").json()["items"]) == 1
    [mine] = cast.owner.get(LIST).json()["items"]
    assert (mine["id"], mine["role"]) == (due.id, "own")
    assert cast.owner.get(f"{LIST}?role=representative").json()["items"] == []
    wrong = cast.owner.get(f"{LIST}?role=boss")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (400, "invalid_choice")
    assert cast.weak.get(LIST).json()["items"] == []

    assert cast.stranger.get(_url(due)).json()["can_pay"] is True
    started = cast.stranger.post(_url(due, "/attempts"))
    assert started.status_code == 201, started.content
    assert cast.owner.get(_url(due)).json()["attempt"]["paid_by"] == "T*** V*** M***"
    world.provider.press(Attempt.objects.get().session_id)
    world.deliver()
    receipt = cast.stranger.get(_url(due, "/receipt")).json()
    assert (receipt["payer_name"], receipt["paid_for"]) == ("Trần Văn Minh", "Nguyễn Thị Lan")
    assert cast.owner.get(_url(due)).json()["paid_by"] == "T*** V*** M***"
    assert cast.stranger.get(_url(due)).json()["paid_by"] is None
    reader = "Người nộp thay T*** V*** M***"
    shared = ("payment:receipt", "Người có tên trên biên lai T*** V*** M***")
    assert reads(cast.owner) == sorted(
        [
            *[("payment:list", reader)] * 2,
            *[("payment:read", reader)] * 2,
            ("payment:pay", reader),
            shared,
        ]
    )
    invariants.check_lines(world)


def test_one_page_for_ones_own_dues_and_those_of_somebody_one_acts_for(
    cast: Cast, filed: tuple[dict[str, Any], Payment], world: World
) -> None:
    _, theirs = filed
    own = world.owe(9_000, citizen_id=me(cast.stranger), payer_name="Trần Văn Minh")
    page = cast.stranger.post(f"{LIST}/checkouts", {"payment_ids": [theirs.id, own.id]})
    assert page.status_code == 201, page.content
    assert page.json()["total"] == {"amount": 25_000, "currency": "VND"}
    # The owner sees that their due is on somebody's page, and neither the page nor what else is.
    mine = cast.owner.get(_url(theirs)).json()
    assert (mine["attempt"]["checkout_url"], mine["can_pay"]) == (None, False)
    assert cast.owner.get(f"{LIST}/checkouts/{page.json()['id']}").status_code == 404
    assert cast.owner.get(_url(own)).status_code == 404
    world.provider.press(Attempt.objects.get(paid_with=None).session_id)
    world.deliver()
    names = {
        due.id: cast.stranger.get(_url(due, "/receipt")).json()["paid_for"] for due in (theirs, own)
    }
    assert names == {theirs.id: "Nguyễn Thị Lan", own.id: None}
    invariants.check_lines(world)


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_the_right_ends_with_the_representation_and_what_was_paid_stays(
    cast: Cast, filed: tuple[dict[str, Any], Payment], world: World, who: str
) -> None:
    row, due = filed
    started = cast.stranger.post(_url(due, "/attempts")).json()
    assert handing.end(getattr(cast, who), row).status_code == 201
    assert cast.stranger.get(LIST).json()["items"] == []
    assert cast.stranger.get(_url(due)).status_code == 404
    assert cast.stranger.post(_url(due, "/attempts")).status_code == 404
    mine = f"{_url(due)}/attempts/{started['id']}"
    assert cast.stranger.get(mine).json()["state"] == "pending"  # one's own try stays one's own
    world.provider.press(Attempt.objects.get().session_id)
    world.deliver()
    assert cast.stranger.get(mine).json()["state"] == "paid"
    assert cast.stranger.get(_url(due, "/receipt")).status_code == 200
    assert Payer.objects.get().ended_at == world.now


def test_the_right_runs_out_by_the_clock_before_anybody_sweeps(
    cast: Cast, world: World, filed: tuple[dict[str, Any], Payment]
) -> None:
    _, due = filed
    Payer.objects.update(until=world.now)
    assert cast.stranger.get(_url(due)).status_code == 404
    assert cast.stranger.get(LIST).json()["items"] == []
    assert cast.stranger.post(_url(due, "/attempts")).status_code == 404


def test_allowing_twice_moves_the_end(world: World) -> None:
    from datetime import timedelta

    from common import db
    from payments.actions import payers
    from tests.payments.factories import citizen

    somebody = citizen().id
    for days in (1, 5):
        with db.transaction():
            payers.allow(
                reference="dos_x",
                citizen_id=somebody,
                until=world.now + timedelta(days=days),
                now=world.now,
            )
    assert Payer.objects.get().until == world.now + timedelta(days=5)


def test_the_list_costs_the_same_for_one_principal_and_many(
    cast: Cast, filed: tuple[dict[str, Any], Payment], world: World, count_queries: Any
) -> None:
    from datetime import timedelta

    from common import db
    from payments.actions import payers

    with count_queries() as one:
        assert len(cast.stranger.get(LIST).json()["items"]) == 1
    for _ in range(4):
        due = world.owe()
        with db.transaction():
            payers.allow(
                reference=due.reference,
                citizen_id=me(cast.stranger),
                until=world.now + timedelta(days=1),
                now=world.now,
            )
    with count_queries() as five:
        assert len(cast.stranger.get(LIST).json()["items"]) == 5
    assert len(one) == len(five)
