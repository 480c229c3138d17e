"""Roles lent during leave: by the clock, for an office, never a second hand of one's own."""

import datetime

import pytest

from citizens.actions import demo
from dossiers.models import Delegation, TimelineEvent
from tests.dossiers import office, stories
from tests.dossiers.test_api_dossiers import move, settle

LENDINGS = "/api/v1/officer/delegations"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def world(clock, cast, sign_in):
    """The cast at a frozen office hour, and a colleague of the approver who only handles."""
    return World(cast, sign_in)


class World:
    def __init__(self, cast, sign_in):
        self.cast = cast
        self.sign_in = sign_in
        self.deputy = office.seat(sign_in, "pho", ["handler"], title="Phó Trưởng phòng")

    def lend(self, api, *, to="pho", roles=("approver",), start=None, days=7, **more):
        body = {
            "receiver_id": demo.user_id_of(to),
            "roles": list(roles),
            "ends_at": ((start or now()) + days * DAY).isoformat(),
            **({"starts_at": start.isoformat()} if start else {}),
            **more,
        }
        return api.post(LENDINGS, body)

    def again(self, who):
        """Sign in again: the access token ran out with the clock."""
        return self.sign_in(who)


def now():
    from common import clock

    return clock.now()


def refused(answer):
    return answer.status_code, answer.json()["code"]


def in_process(world):
    """Return a dossier in state 4 with a proposal of the handler."""
    cast = world.cast
    dossier = stories.submitted(cast.owner)
    settle(dossier)
    for api, name, state, more in (
        (cast.reception, "receive", 1, {}),
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp 02 bản sao"}),
    ):
        assert move(api, dossier, name, state, **more).status_code == 201
    return dossier


def test_what_a_receiver_does_is_recorded_on_behalf_of_the_givers_office(world):
    dossier = in_process(world)
    assert refused(move(world.deputy, dossier, "sign", 4)) == (403, "not_your_role")
    lent = world.lend(world.cast.approver)
    assert (lent.status_code, lent.json()["in_force"]) == (201, True)
    seen = world.deputy.get(f"/api/v1/officer/dossiers/{dossier['id']}").json()
    assert "sign" in seen["moves"]
    signed = move(world.deputy, dossier, "sign", 4)
    assert signed.status_code == 201, signed.content
    office_name = (
        "Phó Trưởng phòng (được ủy quyền của Người có thẩm quyền ký), "
        "Ủy ban nhân dân phường Ninh Kiều"
    )
    assert signed.json()["timeline"][-1]["office"] == office_name
    event = TimelineEvent.objects.get(dossier_id=dossier["id"], move="sign")
    assert event.data == {"delegation": lent.json()["id"]}
    assert event.actor_id == demo.user_id_of("pho")
    paper = next(p for p in signed.json()["documents"] if p["kind"] == "result")
    from dossiers.models import Document

    # The heading of the paper names the body.
    assert Document.objects.get(id=paper["id"]).content["signer"] == (
        "Phó Trưởng phòng (được ủy quyền của Người có thẩm quyền ký)"
    )
    assert "Cán bộ mẫu" not in str(signed.json()["timeline"])


def test_a_role_of_ones_own_is_used_as_ones_own(world):
    dossier = in_process(world)
    world.lend(world.cast.handler, roles=["handler"])
    proposed = move(world.deputy, dossier, "propose", 4, result_text="Cấp 03 bản sao")
    assert proposed.json()["timeline"][-1]["office"].startswith("Phó Trưởng phòng, ")


def test_it_holds_from_its_start_until_its_end_by_the_clock(world, clock):
    start = now() + DAY
    lent = world.lend(world.cast.approver, start=start, days=2)
    assert lent.json()["in_force"] is False
    for at, expected in (
        (start - datetime.timedelta(microseconds=1), ["handler"]),
        (start, ["approver", "handler"]),
        (start + 2 * DAY - datetime.timedelta(microseconds=1), ["approver", "handler"]),
        (start + 2 * DAY, ["handler"]),
    ):
        clock.move_to(at)
        mine = world.again("pho").get("/api/v1/officer/seat").json()
        assert mine["acting_roles"] == expected, at
        assert bool(mine["lent"]) == (len(expected) == 2)


def test_it_shows_who_is_away_to_every_colleague(world):
    lent = world.lend(world.cast.approver).json()
    found = {
        item["title"]: item["away"]
        for item in world.cast.handler.get("/api/v1/officer/staff").json()["items"]
    }
    [away] = found["Người có thẩm quyền ký"]
    assert away == {
        "delegation_id": lent["id"],
        "receiver_title": "Phó Trưởng phòng",
        "roles": ["approver"],
        "ends_at": lent["ends_at"],
    }
    assert not found["Phó Trưởng phòng"]


def test_whoever_lent_ends_it_early_and_it_holds_at_once(world):
    dossier = in_process(world)
    lent = world.lend(world.cast.approver).json()
    address = f"{LENDINGS}/{lent['id']}"
    assert refused(world.deputy.delete(address, version=1)) == (403, "not_your_role")
    assert refused(world.cast.handler.delete(address, version=1)) == (404, "not_found")
    assert refused(world.cast.foreign_officer.delete(address, version=1)) == (404, "not_found")
    assert refused(world.cast.approver.delete(address, version=9)) == (412, "stale_version")
    assert world.cast.approver.delete(address, version=1).status_code == 204
    assert refused(move(world.deputy, dossier, "sign", 4)) == (403, "not_your_role")
    assert refused(world.cast.approver.delete(address, version=2)) == (409, "delegation_over")
    assert world.cast.approver.get(address).json()["in_force"] is False


def test_the_admin_lends_for_others_and_ends_it_but_never_to_themselves(world, sign_in):
    admin = sign_in("quan-tri")
    giver = demo.user_id_of("lanh-dao")
    own = world.lend(admin, to="quan-tri", giver_id=giver)
    assert refused(own) == (403, "own_seat")
    lent = world.lend(admin, giver_id=giver)
    assert lent.status_code == 201
    assert admin.delete(f"{LENDINGS}/{lent.json()['id']}", version=1).status_code == 204
    events = admin.get("/api/v1/officer/staff/events").json()["items"]
    assert [item["what"] for item in events[:2]] == ["delegation_ended", "delegated"]
    assert events[1]["data"]["receiver_id"] == demo.user_id_of("pho")


def test_the_giver_who_lost_a_role_or_left_lends_it_no_more(world, sign_in):
    admin = sign_in("quan-tri")
    world.lend(world.cast.approver)
    address = f"/api/v1/officer/staff/{demo.user_id_of('lanh-dao')}"
    roles = lambda: world.deputy.get("/api/v1/officer/seat").json()["acting_roles"]  # noqa: E731
    assert roles() == ["approver", "handler"]
    admin.patch(address, {"roles": ["handler"]}, version=1)
    assert roles() == ["handler"]
    admin.patch(address, {"roles": ["approver"]}, version=2)
    assert roles() == ["approver", "handler"]
    assert admin.delete(address, version=3).status_code == 204
    assert roles() == ["handler"]
    assert Delegation.objects.get().ended_at is not None


@pytest.mark.parametrize(
    ("lender", "more", "expected"),
    [
        ("handler", {"roles": ["approver"]}, (400, "roles_not_lendable")),
        ("handler", {"roles": ["catalogue"]}, (400, "invalid")),
        ("handler", {"to": "thu-ly", "roles": ["handler"]}, (400, "invalid")),
        ("handler", {"to": "cai-khe", "roles": ["handler"]}, (404, "not_found")),
        ("handler", {"to": "kiem-tra", "roles": ["handler"]}, (400, "roles_do_not_fit")),
        ("handler", {"to": "lan", "roles": ["handler"]}, (404, "not_found")),
        ("approver", {"days": 0}, (400, "invalid")),
        ("approver", {"days": 181}, (400, "invalid")),
        ("approver", {"start": -1}, (400, "invalid")),
        ("handler", {"giver_id": "lanh-dao"}, (403, "not_your_role")),
    ],
)
def test_what_may_not_be_lent(world, lender, more, expected):
    if "start" in more:
        more = more | {"start": now() - DAY}
    if "giver_id" in more:
        more = more | {"giver_id": demo.user_id_of(more["giver_id"])}
    assert refused(world.lend(getattr(world.cast, lender), **more)) == expected
    assert not Delegation.objects.exists()


def test_a_giver_has_no_endless_lendings(world):
    for _ in range(20):
        assert world.lend(world.cast.approver).status_code == 201
    answer = world.lend(world.cast.approver)
    assert (refused(answer), answer.json()["limit"]) == ((409, "too_many_delegations"), 20)


# --- four eyes ----------------------------------------------------------------------------------


def test_whoever_proposed_does_not_sign_with_a_lent_role(world):
    dossier = in_process(world)
    world.lend(world.cast.approver)
    assert move(world.deputy, dossier, "propose", 4, result_text="Cấp").status_code == 201
    assert refused(move(world.deputy, dossier, "sign", 4)) == (403, "own_proposal")
    reject = move(world.deputy, dossier, "reject", 4, reason="Không đủ điều kiện")
    assert refused(reject) == (403, "own_proposal")
    assert move(world.cast.approver, dossier, "sign", 4).status_code == 201


def test_whoever_signs_does_not_propose_with_a_lent_role(world):
    dossier = in_process(world)
    world.lend(world.cast.handler, to="lanh-dao", roles=["handler"])
    assert move(world.cast.approver, dossier, "propose", 4, result_text="Cấp").status_code == 201
    assert refused(move(world.cast.approver, dossier, "sign", 4)) == (403, "own_proposal")


def test_a_small_office_may_give_one_seat_both_roles_of_its_own(world, sign_in):
    dossier = in_process(world)
    both = office.seat(sign_in, "mot-minh", ["handler", "approver"], number="092080000072")
    assert move(both, dossier, "propose", 4, result_text="Cấp").status_code == 201
    assert move(both, dossier, "sign", 4).status_code == 201


# --- who sees it --------------------------------------------------------------------------------


def test_a_delegation_is_seen_by_its_two_and_by_the_keepers_of_the_agency(world, sign_in):
    lent = world.lend(world.cast.approver).json()
    keepers = {who: sign_in(who) for who in ("quan-tri", "kiem-tra")}
    for api, expected in (
        (world.cast.approver, [lent["id"]]),
        (world.deputy, [lent["id"]]),
        (keepers["quan-tri"], [lent["id"]]),
        (keepers["kiem-tra"], [lent["id"]]),
        (world.cast.handler, []),
        (world.cast.foreign_officer, []),
    ):
        assert [item["id"] for item in api.get(LENDINGS).json()["items"]] == expected
    assert world.cast.owner.get(LENDINGS).status_code == 403
    assert world.cast.anonymous.get(LENDINGS).status_code == 401


def test_the_number_of_queries_does_not_grow_with_what_was_lent(world, count_queries):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            world.lend(world.cast.approver)
        world.cast.approver.get(LENDINGS)
        with count_queries() as queries:
            world.cast.approver.get(LENDINGS)
        counts.append(len(queries))
    assert counts == [5, 5]
