"""The way back of a result: chosen, handed over with proof, confirmed, recalled."""

import pytest

from dossiers.models import AnswerVersion, Delivery, DeliveryEvent, Document, Dossier
from tests.conftest import NOON
from tests.dossiers import stories, ten_states
from tests.dossiers.test_api_dossiers import move

HOME = {
    "name": "Nguyễn Thị Lan",
    "phone": "+84900000001",
    "line": "12 Nguyễn Trãi",
    "ward_code": "31135",
    "province_code": "92",
}
TAKEN = {
    "way": "counter",
    "taken_by": "representative",
    "taker_name": "Nguyễn Văn Thay",
    "proof": "authorisation",
    "signed": True,
}


def path(dossier, what="delivery"):
    return f"/api/v1/dossiers/{dossier['id']}/{what}"


def put(api, dossier, body, version):
    headers = api._headers(**({"If-Match": f'"{version}"'} if version else {}))
    return api.client.put(path(dossier), body, content_type="application/json", headers=headers)


def now_of(api, dossier):
    one = api.get(f"/api/v1/dossiers/{dossier['id']}").json()
    return one["state"]["code"], one["delivery"]["way"], one["delivery"]["state"]


def test_the_way_is_chosen_at_submission_and_changed_until_it_is_handed_over(cast):
    draft = stories.filled(cast.owner)
    dossier = cast.owner.post(
        f"/api/v1/drafts/{draft['id']}/submit", {"delivery": {"way": "post", "address": HOME}}
    ).json()
    assert dossier["delivery"] == {"way": "post", "state": "waiting", "acknowledged_at": None}
    seen = cast.owner.get(path(dossier))
    assert (seen.json()["address"], seen["ETag"]) == (HOME, '"1"')
    assert put(cast.owner, dossier, {"way": "counter"}, None).status_code == 428
    changed = put(cast.owner, dossier, {"way": "counter"}, 1)
    assert (changed.status_code, changed.json()["address"]) == (200, None)
    assert put(cast.owner, dossier, {"way": "app"}, 1).status_code == 412


def test_the_post_needs_an_address(cast):
    draft = stories.filled(cast.owner)
    answer = cast.owner.post(f"/api/v1/drafts/{draft['id']}/submit", {"delivery": {"way": "post"}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/address")
    assert Dossier.objects.count() == 0
    dossier = ten_states.signed(cast)
    refused = put(cast.owner, dossier, {"way": "post"}, Delivery.objects.get().version)
    assert refused.status_code == 400
    sent = move(
        cast.reception, dossier, "hand_over", 9, hand_over={"way": "post", "tracking_number": "E1"}
    )
    assert sent.json()["errors"][0]["code"] == "no_address"


def test_in_the_app_the_citizens_receipt_closes_the_dossier(cast):
    dossier = ten_states.signed(cast)
    assert now_of(cast.owner, dossier) == (9, "app", "ready")
    for _ in range(2):  # confirmed twice, closed once
        answer = cast.owner.post(path(dossier, "acknowledgement"), {})
        assert answer.status_code == 201, answer.content
    assert now_of(cast.owner, dossier) == (10, "app", "returned")
    moves = [event["move"] for event in answer.json()["timeline"]]
    assert moves.count("collect") == 1
    assert DeliveryEvent.objects.get().taken_by == "applicant"
    late = put(cast.owner, dossier, {"way": "counter"}, Delivery.objects.get().version)
    assert (late.status_code, late.json()["code"]) == (409, "delivery_settled")


def test_at_the_counter_it_is_told_who_took_it_by_what_proof(cast):
    dossier = ten_states.signed(cast)
    put(cast.owner, dossier, {"way": "counter"}, Delivery.objects.get().version)
    bare = move(cast.reception, dossier, "hand_over", 9)
    assert [one["pointer"] for one in bare.json()["errors"]] == [
        "/hand_over/taken_by",
        "/hand_over/taker_name",
        "/hand_over/proof",
        "/hand_over/signed",
    ]
    unread = cast.owner.post(path(dossier, "acknowledgement"), {})
    assert (unread.status_code, unread.json()["code"]) == (409, "not_by_app")
    assert move(cast.reception, dossier, "hand_over", 9, hand_over=TAKEN).status_code == 201
    assert now_of(cast.owner, dossier) == (10, "counter", "returned")
    told = cast.owner.get(path(dossier)).json()["events"]
    assert [(one["kind"], one["taker_name"], one["proof"]) for one in told] == [
        ("handed_over", "Nguyễn Văn Thay", "authorisation")
    ]


def sent_by_post(cast):
    dossier = ten_states.signed(cast)
    put(cast.owner, dossier, {"way": "post", "address": HOME}, Delivery.objects.get().version)
    answer = move(
        cast.reception, dossier, "hand_over", 9, hand_over={"tracking_number": "EA000000001VN"}
    )
    assert answer.status_code == 201, answer.content
    return dossier


def report(api, dossier, outcome):
    return api.post(
        f"/api/v1/officer/dossiers/{dossier['id']}/delivery-reports", {"outcome": outcome}
    )


def test_by_post_it_is_on_its_way_until_delivered(cast):
    dossier = sent_by_post(cast)
    assert now_of(cast.owner, dossier) == (10, "post", "sent")
    assert report(cast.reception, dossier, "delivered").status_code == 201
    assert now_of(cast.owner, dossier) == (10, "post", "returned")
    again = report(cast.reception, dossier, "delivered")
    assert (again.status_code, again.json()["code"]) == (409, "not_on_its_way")
    assert cast.owner.post(path(dossier, "acknowledgement"), {}).status_code == 201
    kinds = list(DeliveryEvent.objects.order_by("event_seq").values_list("kind", flat=True))
    assert kinds == ["handed_over", "delivered", "acknowledged"]


def test_sent_back_by_the_post_it_is_handed_over_anew(cast):
    dossier = sent_by_post(cast)
    assert report(cast.reception, dossier, "sent_back").status_code == 201
    assert now_of(cast.owner, dossier) == (10, "post", "ready")
    told = cast.owner.get("/api/v1/me/inbox").json()["items"][0]
    assert told["kind"] == "dossier_result_sent_back"
    recalled = move(cast.reception, dossier, "recall_hand_over", 10, reason="Bưu chính hoàn lại")
    assert recalled.status_code == 201
    put(cast.owner, dossier, {"way": "app"}, Delivery.objects.get().version)
    assert cast.owner.post(path(dossier, "acknowledgement"), {}).status_code == 201
    assert now_of(cast.owner, dossier) == (10, "app", "returned")


@pytest.mark.parametrize(
    ("who", "status"), [("handler", 403), ("foreign_officer", 404), ("owner", 403)]
)
def test_only_reception_reports_for_the_post(cast, who, status):
    dossier = sent_by_post(cast)
    assert report(getattr(cast, who), dossier, "delivered").status_code == status
    assert now_of(cast.owner, dossier) == (10, "post", "sent")


def test_a_result_whose_fee_falls_due_with_it_is_given_once_that_is_paid(cast, drain, clock):
    from common import clock as real
    from dossiers.actions import money
    from payments.models import Payment

    dossier = ten_states.OTHERWISE["6 from 9"](cast)
    drain()
    before = Dossier.objects.get()
    result = Document.objects.get(kind="result")
    content = f"{path(dossier, 'documents')}/{result.id}/content"
    refused = cast.owner.get(content)
    assert (refused.status_code, refused.json()["code"]) == (409, "fee_unpaid")
    clock.move_to("2026-12-10T10:00:00+07:00")
    due = Payment.objects.get(state="owed")
    Payment.objects.filter(id=due.id).update(
        state="paid", captured_vnd=due.amount_vnd, settled_at=real.now()
    )
    money.record_payment(
        reference=dossier["id"],
        payment_id=due.id,
        amount_vnd=due.amount_vnd,
        name="payment_settled",
        now=real.now(),
    )
    after = Dossier.objects.get()
    assert (before.state, after.state, after.came_from) == (6, 9, None)
    # Signed in time is in time: the clock stood while the money was waited for.
    assert (after.due_at, after.finished_at) == (before.due_at, before.finished_at)
    clock.move_to(NOON)  # the sign-in is of then
    assert cast.owner.get(content).status_code == 200


def test_a_recalled_result_is_marked_revoked_everywhere_and_a_new_one_counts_up(cast, drain):
    dossier = ten_states.signed(cast)
    drain()
    recalled = move(cast.approver, dossier, "recall_result", 9, reason="Sai tên")
    assert recalled.status_code == 201
    again = move(cast.approver, dossier, "sign", 4)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_proposed")
    assert cast.owner.get("/api/v1/me/inbox").json()["items"][0]["kind"] == "dossier_recall_result"
    assert now_of(cast.owner, dossier) == (4, "app", "waiting")
    ten_states.go(cast.handler, dossier, "propose", 4, result_text="Cấp lại")
    ten_states.go(cast.approver, dossier, "sign", 4)
    drain()
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    results = [paper for paper in one["documents"] if paper["kind"] == "result"]
    assert [(paper["version"], paper["revoked_at"] is None) for paper in results] == [
        (1, False),
        (2, True),
    ]
    old = cast.owner.get(f"{path(dossier, 'documents')}/{results[0]['id']}/content")
    assert old.status_code == 200
    assert "%C4%91%C3%A3%20thu%20h%E1%BB%93i" in old["Content-Disposition"]  # "đã thu hồi"
    looked_up = cast.anonymous.post(
        "/api/v1/lookup", {"dossier_code": one["code"], "pin": one["lookup_pin"]}, key=None
    ).json()
    assert [(r["version"], r["revoked_at"] is None) for r in looked_up["results"]] == [
        (1, False),
        (2, True),
    ]


def test_a_reception_is_recalled_only_when_no_money_was_kept(cast):
    dossier = ten_states.received(cast)
    kept = move(cast.reception, dossier, "recall_reception", 2, reason="Tiếp nhận nhầm")
    assert (kept.status_code, kept.json()["code"]) == (409, "fee_already_paid")
    ten_states.give_back(dossier)
    assert (
        move(cast.reception, dossier, "recall_reception", 2, reason="Tiếp nhận nhầm").status_code
        == 201
    )
    kinds = [paper["kind"] for paper in cast.owner.get(path(dossier, "documents")).json()["items"]]
    assert kinds[-1] == "refusal_slip"


def test_answers_are_kept_in_versions_with_hash_and_time(cast, clock):
    from dossiers.actions import intake

    dossier = stories.submitted(cast.owner)
    ten_states.go(
        cast.reception,
        dossier,
        "request_supplement",
        1,
        reason="Sai số điện thoại",
        fields=["nyc_dien_thoai"],
    )
    clock.move_to("2026-11-24T10:01:00+07:00")
    answer = cast.owner.post(
        path(dossier, "supplements"), {"answers": {"nyc_dien_thoai": "+84987654321"}}
    )
    assert answer.status_code == 201, answer.content
    first, second = AnswerVersion.objects.order_by("number")
    assert (first.answers["nyc_dien_thoai"], second.answers["nyc_dien_thoai"]) == (
        "+84900000001",
        "+84987654321",
    )
    for row in (first, second):
        assert row.answers_hash == intake.hash_of(row.answers)
    assert first.answers_hash == dossier["answers_hash"]
    assert second.taken_at > first.taken_at


@pytest.mark.parametrize("table", ["dossiers_answerversion", "dossiers_deliveryevent"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET dossier_id = dossier_id"])
def test_what_was_said_and_given_is_never_rewritten(cast, table, sql):
    from django.db import Error, connection

    ten_states.returned(cast)
    with pytest.raises(Error), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


def test_the_database_refuses_an_edge_that_no_move_has(cast):
    from django.db import Error, transaction

    ten_states.received(cast)
    with pytest.raises(Error, match="no move leads from state 2 to state 10"), transaction.atomic():
        Dossier.objects.update(state=10)


@pytest.mark.parametrize(
    ("state", "came_from"), [(5, None), (6, None), (7, None), (5, 9), (7, 9), (6, 5), (2, 1)]
)
def test_the_database_holds_nothing_that_knows_no_way_back(cast, state, came_from):
    from django.db import Error, transaction

    ten_states.received(cast)
    with pytest.raises(Error, match="knows_the_way_back"), transaction.atomic():
        Dossier.objects.update(state=state, came_from=came_from)
