"""To the competent agency, and on or back when it was the wrong one."""

import pytest

from dossiers.models import Dossier, TimelineEvent
from tests.dossiers.desks import QUEUE, TEXT, in_process, proposed
from tests.dossiers.test_api_dossiers import move, received

CAI_KHE = "ubnd-31120"
WARD = "Ủy ban nhân dân phường Cái Khế"
COUNTER = "ttpvhcc-31135"


def timeline(cast, dossier):
    return cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["timeline"]


def rerouted(api, dossier, agency, reason="Sổ hộ tịch do phường đó lưu giữ", state=4):
    return move(api, dossier, "reroute", state, competent_agency=agency, reason=reason)


def seat_at(who, agency):
    from dossiers.models import Seat

    Seat.objects.filter(user__email=f"{who}@demo.invalid").update(agency=agency)


def test_the_counter_corrects_where_a_dossier_goes_when_it_forwards(cast, sign_in):
    dossier = received(cast)
    before = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    sent = move(cast.reception, dossier, "forward", 2, competent_agency=CAI_KHE)
    assert sent.status_code == 201, sent.content
    assert sent.json()["competent_agency"] == {"key": CAI_KHE, "name_vi": WARD}
    after = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert after["timeline"][-1]["text"] == f"Hồ sơ đã được chuyển tới {WARD}."
    assert after["due_at"] == before["due_at"]
    event = TimelineEvent.objects.order_by("-seq").first()
    assert event.data == {"competent_agency": CAI_KHE, "before": "ubnd-31135"}
    assert cast.handler.get(f"{QUEUE}/{dossier['id']}").status_code == 404
    seat_at("cai-khe", CAI_KHE)
    assert cast.foreign_officer.get(f"{QUEUE}/{dossier['id']}").status_code == 200


def test_forwarding_to_where_it_goes_anyway_corrects_nothing(cast):
    dossier = received(cast)
    sent = move(cast.reception, dossier, "forward", 2, competent_agency="ubnd-31135")
    assert sent.status_code == 201
    assert TimelineEvent.objects.order_by("-seq").first().data == {}


@pytest.mark.parametrize("agency", ["cong-an-31135", "so-xay-dung", "ttpvhcc-31120", "khong-co"])
def test_nobody_may_decide_who_is_not_competent_by_level_and_field(cast, agency):
    dossier = received(cast)
    refused = move(cast.reception, dossier, "forward", 2, competent_agency=agency)
    assert refused.status_code == 400
    assert [(e["code"], e["pointer"]) for e in refused.json()["errors"]] == [
        ("not_competent", "/competent_agency")
    ]
    assert Dossier.objects.get().competent_agency_id == "ubnd-31135"
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    assert rerouted(cast.handler, dossier, agency).status_code == 400


def test_an_agency_with_another_move_is_refused_not_ignored(cast):
    dossier = proposed(cast)
    refused = move(cast.approver, dossier, "sign", 4, competent_agency=CAI_KHE)
    assert refused.json()["errors"][0]["code"] == "not_with_this_move"


def test_the_wrong_agency_sends_it_on_and_the_citizen_sees_where_it_is(cast):
    dossier = proposed(cast)
    before = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    sent = rerouted(cast.handler, dossier, CAI_KHE)
    assert sent.status_code == 201, sent.content
    after = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert (after["state"]["code"], after["due_at"]) == (4, before["due_at"])
    assert after["competent_agency"]["key"] == CAI_KHE
    last = after["timeline"][-1]
    assert (last["kind"], last["move"], last["state"]["code"]) == ("routing", "reroute", 4)
    assert (
        last["text"] == f"Hồ sơ đã được chuyển tới {WARD} để giải quyết. Thời hạn không thay đổi."
    )
    assert last["reason"] == "Sổ hộ tịch do phường đó lưu giữ"
    message = cast.owner.get("/api/v1/me/inbox").json()["items"][0]
    assert WARD in message["body"]
    assert cast.handler.get(f"{QUEUE}/{dossier['id']}").status_code == 404
    assert cast.approver.get(QUEUE).json()["items"] == []
    assert cast.reception.get(f"{QUEUE}/{dossier['id']}").status_code == 200


def test_what_the_wrong_agency_proposed_cannot_be_signed_by_the_right_one(cast):
    dossier = proposed(cast)
    assert rerouted(cast.handler, dossier, CAI_KHE).status_code == 201
    seat_at("cai-khe", CAI_KHE)
    refused = move(cast.foreign_officer, dossier, "sign", 4)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_proposed")
    proposed_anew = move(cast.foreign_officer, dossier, "propose", 4, result_text=TEXT)
    assert proposed_anew.status_code == 201
    assert move(cast.foreign_officer, dossier, "sign", 4).status_code == 201
    assert "reroute" in [one["move"] for one in timeline(cast, dossier)]


def test_sent_back_to_the_counter_it_is_sent_on_from_there(cast):
    dossier = in_process(cast)
    back = rerouted(cast.handler, dossier, COUNTER, reason="Không thuộc thẩm quyền")
    assert back.status_code == 201, back.content
    last = timeline(cast, dossier)[-1]
    assert (last["move"], last["state"]["code"]) == ("send_back", 4)
    assert "Trung tâm Phục vụ hành chính công phường Ninh Kiều" in last["text"]
    shown = cast.reception.get(f"{QUEUE}/{dossier['id']}").json()
    assert "reroute" in shown["moves"]
    on = rerouted(cast.reception, dossier, CAI_KHE, reason="Đúng thẩm quyền")
    assert on.status_code == 201, on.content
    assert on.json()["competent_agency"]["key"] == CAI_KHE
    assert "reroute" not in on.json()["moves"]


def test_nobody_decides_at_the_counter_what_was_sent_back_there(cast):
    from dossiers.models import Seat

    dossier = in_process(cast)
    assert rerouted(cast.handler, dossier, COUNTER).status_code == 201
    Seat.objects.filter(user__email="tiep-nhan@demo.invalid").update(
        roles=["reception", "handler", "approver"]
    )
    for name, more in (("propose", {"result_text": TEXT}), ("reject", {"reason": "x"})):
        refused = move(cast.reception, dossier, name, 4, **more)
        assert (refused.status_code, refused.json()["code"]) == (409, "sent_back")


def test_rerouting_asks_for_state_reason_and_another_agency(cast):
    dossier = in_process(cast)
    stale = rerouted(cast.handler, dossier, CAI_KHE, state=2)
    assert (stale.status_code, stale.json()["code"]) == (409, "state_changed")
    bare = rerouted(cast.handler, dossier, CAI_KHE, reason=" ")
    assert (bare.status_code, bare.json()["errors"][0]["param"]) == (400, "reason")
    same = rerouted(cast.handler, dossier, "ubnd-31135")
    assert same.json()["errors"][0]["code"] == "already_there"
    assert rerouted(cast.handler, dossier, "").json()["errors"][0]["code"] == "not_competent"
    unseen = cast.handler.post(
        f"{QUEUE}/{dossier['id']}/moves",
        {"move": "reroute", "competent_agency": CAI_KHE, "reason": "x"},
    )
    assert unseen.json()["errors"][0]["param"] == "expected_state"


def test_only_who_has_it_reroutes_and_only_in_process(cast):
    early = received(cast)
    refused = rerouted(cast.handler, early, CAI_KHE, state=2)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_not_allowed")
    dossier = in_process(cast)
    refused = rerouted(cast.reception, dossier, CAI_KHE)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert "reroute" not in cast.reception.get(f"{QUEUE}/{dossier['id']}").json()["moves"]
    assert "reroute" in cast.approver.get(f"{QUEUE}/{dossier['id']}").json()["moves"]
    for who, status in (("foreign_officer", 404), ("owner", 403), ("anonymous", 401)):
        assert rerouted(getattr(cast, who), dossier, CAI_KHE).status_code == status


def test_where_it_may_go_is_listed_and_each_place_leaves_one_ward(cast):
    dossier = in_process(cast)
    address = f"{QUEUE}/{dossier['id']}/competent-agencies"
    near = cast.handler.get(f"{address}?place_code=31120").json()["items"]
    assert [one["key"] for one in near] == ["so-tu-phap", CAI_KHE, "ubnd-tp"]
    first = cast.handler.get(f"{address}?page_size=100").json()
    rest = cast.handler.get(first["next"].replace("http://testserver", "")).json()
    assert len(first["items"]) + len(rest["items"]) == 105
    assert cast.handler.get(f"{address}?place=31120").status_code == 400
