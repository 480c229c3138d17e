"""Helping, receiving and competent agency over HTTP: each sees and does its part."""

import pytest

from dossiers.models import Dossier
from tests.dossiers import office, stories
from tests.dossiers.test_api_dossiers import move, settle
from tests.dossiers.test_api_drafts import attach

DESK = "/api/v1/officer/dossiers"
ROLES = ["reception", "handler", "approver"]
HELPING = "ttpvhcc-31120"
SIDES = {"helping": HELPING, "receiving": stories.OFFICE, "competent": "ubnd-31135"}


@pytest.fixture
def desks(sign_in):
    """One officer with every working role at each of the three agencies."""
    return {
        side: office.seat(
            sign_in, f"moi-vai-{side}", ROLES, agency=agency, number=f"09206000008{number}"
        )
        for number, (side, agency) in enumerate(SIDES.items())
    }


@pytest.fixture
def dossier(cast):
    draft = stories.filled(cast.owner)
    assert attach(cast.owner, draft).status_code == 201
    answer = stories.submit(cast.owner, draft).json()
    settle(answer)
    Dossier.objects.filter(id=answer["id"]).update(helping_agency=HELPING)
    return answer


def page(officer, dossier):
    answer = officer.get(f"{DESK}/{dossier['id']}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def shown(officer, dossier):
    """Return which parts of the page hold something."""
    one = page(officer, dossier)
    documents = {paper["kind"] for paper in one["documents"]}
    found = {
        "applicant": bool(one["applicant_name"]),
        "answers": bool(one["answers"]) and bool(one["provenance"]),
        "money": one["fee"] is not None and one["paid"] is not None,
        "timeline": bool(one["timeline"]),
        "slips": bool(documents - {"result"}),
        "result": "result" in documents,
        "papers": bool(one["attachments"]),
        "supplements": bool(one["supplements"]),
    }
    return {name for name, there in found.items() if there}


WORK = {"applicant", "answers", "money", "timeline", "slips", "papers"}
COUNTER = {"applicant", "money", "timeline", "slips"}
STEPS = (
    # after which move, by whom: what each sees, what each may do
    (None, {"helping": {"papers"}, "receiving": WORK, "competent": set()}),
    (
        ("receiving", "receive", 1, {}),
        {"helping": {"papers"}, "receiving": WORK, "competent": WORK},
    ),
    (
        ("receiving", "forward", 2, {}),
        {"helping": {"papers"}, "receiving": COUNTER, "competent": WORK},
    ),
    (
        ("competent", "request_supplement", 4, {"reason": "Ảnh mờ", "papers": [stories.PAPER]}),
        {
            "helping": {"papers"},
            "receiving": COUNTER | {"supplements"},
            "competent": WORK | {"supplements"},
        },
    ),
    (("competent", "accept_supplement", 5, {}), {}),
    (("competent", "propose", 4, {"result_text": "Cấp"}), {}),
    (
        ("competent", "sign", 4, {}),
        {
            "helping": {"papers"},
            "receiving": COUNTER | {"supplements", "result"},
            "competent": WORK | {"supplements", "result"},
        },
    ),
    (
        ("receiving", "hand_over", 9, {}),
        {
            "helping": {"papers"},
            "receiving": COUNTER | {"supplements", "result"},
            "competent": WORK | {"supplements", "result"},
        },
    ),
)


def test_what_each_agency_sees_on_the_way(desks, dossier):
    for act, expected in STEPS:
        if act is not None:
            side, name, state, more = act
            for other in set(desks) - {side}:
                refused = move(desks[other], dossier, name, state, **more)
                assert (refused.status_code, refused.json()["code"]) == (403, "not_your_agency"), (
                    other,
                    name,
                )
            done = move(desks[side], dossier, name, state, **more)
            assert done.status_code == 201, (name, done.content)
        for side, parts in expected.items():
            assert shown(desks[side], dossier) == parts, (act, side)
            summary = page(desks[side], dossier)
            assert summary["code"] == dossier["code"]
            assert summary["state"]["code"] == Dossier.objects.get().state


def test_what_each_may_do_is_what_the_moves_allow(desks, dossier):
    offered = {side: page(api, dossier)["moves"] for side, api in desks.items()}
    assert offered == {
        "helping": [],
        "receiving": ["receive", "refuse", "request_supplement", "request_payment"],
        "competent": [],
    }
    move(desks["receiving"], dossier, "receive", 1)
    offered = {side: page(api, dossier)["moves"] for side, api in desks.items()}
    assert offered == {
        "helping": [],
        "receiving": ["forward", "recall_reception", "request_supplement", "request_payment"],
        "competent": ["sign", "propose"],
    }
    move(desks["receiving"], dossier, "forward", 2)
    offered = {side: page(api, dossier)["moves"] for side, api in desks.items()}
    assert offered == {
        "helping": [],
        "receiving": [],
        "competent": [
            *("request_supplement", "return_at_appraisal", "request_payment", "reject", "sign"),
            *("propose", "reroute"),
        ],
    }


def test_a_refusal_names_the_agency_whose_move_it_is(desks, dossier):
    first = move(desks["competent"], dossier, "receive", 1)
    assert first.json()["needed_side"] == "receiving"
    move(desks["receiving"], dossier, "receive", 1)
    second = move(desks["receiving"], dossier, "propose", 2, result_text="Cấp")
    assert second.json()["needed_side"] == "competent"


def test_an_agency_that_is_both_does_both(cast, sign_in, dossier):
    Dossier.objects.filter(id=dossier["id"]).update(receiving_agency="ubnd-31135")
    both = office.seat(sign_in, "mot-cua-xa", ROLES)
    for name, state, more in (
        ("receive", 1, {}),
        ("forward", 2, {}),
        ("propose", 4, {"result_text": "Cấp"}),
        ("sign", 4, {}),
        ("hand_over", 9, {}),
    ):
        assert move(both, dossier, name, state, **more).status_code == 201, name
    assert shown(both, dossier) == WORK | {"result"}


def test_files_are_opened_only_where_they_are_shown(desks, dossier):
    [paper] = page(desks["receiving"], dossier)["attachments"]
    address = f"{DESK}/{dossier['id']}/attachments/{paper['id']}/content"
    seen = {side: api.get(address).status_code for side, api in desks.items()}
    assert seen == {"helping": 200, "receiving": 200, "competent": 404}
    move(desks["receiving"], dossier, "receive", 1)
    move(desks["receiving"], dossier, "forward", 2)
    seen = {side: api.get(address).status_code for side, api in desks.items()}
    assert seen == {"helping": 200, "receiving": 404, "competent": 200}


def test_the_helping_agency_sees_no_paper_that_came_later(cast, desks, dossier):
    move(desks["receiving"], dossier, "receive", 1)
    move(desks["receiving"], dossier, "forward", 2)
    more = {"reason": "Ảnh mờ", "papers": [stories.PAPER]}
    move(desks["competent"], dossier, "request_supplement", 4, **more)
    added = cast.owner.upload(
        f"/api/v1/dossiers/{dossier['id']}/attachments",
        paper_key=stories.PAPER,
        file=stories.picture("black"),
    )
    assert added.status_code == 201, added.content
    counts = {side: len(page(api, dossier)["attachments"]) for side, api in desks.items()}
    assert counts == {"helping": 1, "receiving": 0, "competent": 2}


def test_the_list_hides_names_where_the_page_does(desks, dossier):
    seen = {side: api.get(DESK).json()["items"] for side, api in desks.items()}
    names = {side: [item["applicant_name"] for item in items] for side, items in seen.items()}
    assert names == {"helping": [""], "receiving": ["Nguyễn Thị Lan"], "competent": [""]}
    for side, api in desks.items():
        assert len(api.get(f"{DESK}?role={side}").json()["items"]) == 1
        others = [one for one in SIDES if one != side]
        for other in others:
            assert api.get(f"{DESK}?role={other}").json()["items"] == []


def test_the_desks_pages_show_no_more_than_the_api(desks, dossier):
    from tests.dossiers.test_desk import enter, quote

    address = f"/admin/dossiers/dossier/{quote(dossier['id'])}/change/"
    for who, there in (("moi-vai-receiving", True), ("moi-vai-competent", False)):
        browser, _ = enter(who)
        text = browser.get(address).content.decode()
        assert dossier["code"] in text
        assert ("Nguyễn Thị Lan" in text) is there
        assert ("12 Nguyễn Trãi" in text) is there
