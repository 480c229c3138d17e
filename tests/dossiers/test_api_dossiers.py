"""From submission to the result, and everybody who may not see it."""

import json

import pytest

from dossiers.models import Dossier, TimelineEvent
from payments.models import Payment
from tests.dossiers import stories


def move(api, dossier, name, state, **more):
    return api.post(
        f"/api/v1/officer/dossiers/{dossier['id']}/moves",
        {"move": name, "expected_state": state, **more},
    )


def settle(dossier):
    """Mark what is owed as paid; the money's own tests show how it comes to that."""
    from common import clock

    Payment.objects.filter(reference=dossier["id"]).update(
        state="paid", captured_vnd=16_000, settled_at=clock.now()
    )


def received(cast):
    dossier = stories.submitted(cast.owner)
    settle(dossier)
    answer = move(cast.reception, dossier, "receive", 1)
    assert answer.status_code == 201, answer.content
    return dossier


def test_submission_gives_a_dossier_in_state_1_with_code_fee_and_acknowledgement(cast, clock):
    dossier = stories.submitted(cast.owner)
    assert dossier["code"] == "H13.022-261124-0001"
    assert dossier["state"] == {"code": 1, "key": "submitted", "name": "Mới đăng ký"}
    assert (dossier["received_at"], dossier["due_at"]) == (None, None)
    assert dossier["owed"] == {"amount": 16_000, "currency": "VND"}
    assert [one["kind"] for one in dossier["documents"]] == ["acknowledgement"]
    assert [one["move"] for one in dossier["timeline"]] == ["submit"]
    assert dossier["submitted_at"] == "2026-11-24T10:00:00+07:00"
    assert dossier["needed"][0]["kind"] == "pay"


def test_the_same_key_gives_the_same_dossier_and_another_key_too(cast):
    draft = stories.filled(cast.owner)
    first = stories.submit(cast.owner, draft, key="gui-mot-lan")
    again = stories.submit(cast.owner, draft, key="gui-mot-lan")
    other = stories.submit(cast.owner, draft, key="gui-khoa-khac")
    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 201]
    assert first.json() == again.json()
    assert other.json()["id"] == first.json()["id"]
    assert Dossier.objects.count() == Payment.objects.count() == 1


def test_an_incomplete_draft_is_refused_with_every_failure_and_nothing_is_done(cast):
    draft = stories.start(cast.owner).json()
    answer = stories.submit(cast.owner, draft)
    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 10
    assert Dossier.objects.count() == 0
    assert cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()["version"] == 1


def test_a_typed_name_that_differs_from_the_identity_is_refused(cast):
    draft = stories.filled(cast.owner)
    changed = cast.owner.patch(
        f"/api/v1/drafts/{draft['id']}",
        {"answers": {"nyc_ho_ten": "Nguyễn Thị Khác"}},
        version=draft["version"],
    ).json()
    answer = stories.submit(cast.owner, changed)
    assert answer.status_code == 400
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [
        ("differs_from_identity", "/answers/nyc_ho_ten")
    ]


def test_an_identity_of_level_1_may_draft_but_not_submit(cast):
    draft = stories.start(cast.weak).json()
    answer = stories.submit(cast.weak, draft)
    assert (answer.status_code, answer.json()["code"]) == (403, "assurance_too_low")
    assert answer.json()["required_level"] == 2


def test_a_prefilled_value_that_changed_since_is_flagged_and_not_sent_silently(cast):
    from citizens.actions import vault
    from citizens.models import User
    from common import clock, db

    stories.agree(cast.owner)
    first = stories.submitted(cast.owner)
    draft = stories.start(cast.owner).json()
    assert draft["answers"]["nyc_dien_thoai"] == "+84900000001"
    saved = stories.filled(
        cast.owner,
        {k: v for k, v in stories.ANSWERS.items() if k != "nyc_dien_thoai"},
    )
    with db.transaction():
        vault.learn(
            citizen_id=User.objects.get(email="lan@demo.invalid").id,
            facts={"person.phone": "+84911111111"},
            source="typed",
            source_ref="",
            verified=False,
            now=clock.now(),
        )
    answer = stories.submit(cast.owner, saved)
    assert (answer.status_code, answer.json()["code"]) == (409, "prefill_changed")
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/answers/nyc_dien_thoai"]
    seen = cast.owner.patch(f"/api/v1/drafts/{saved['id']}", {}, version=saved["version"]).json()
    assert stories.submit(cast.owner, seen).status_code == 201
    assert first["answers"]["nyc_dien_thoai"] == "+84900000001"


def test_reception_is_refused_while_the_fee_is_open_and_paying_moves_no_state(cast):
    dossier = stories.submitted(cast.owner)
    refused = move(cast.reception, dossier, "receive", 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "fee_unpaid")
    settle(dossier)
    from common import clock
    from dossiers.actions import money

    for _ in range(2):  # told twice, recorded once
        money.record_payment(
            reference=dossier["id"],
            payment_id=dossier["payment_ids"][0],
            amount_vnd=16_000,
            name="payment_settled",
            now=clock.now(),
        )
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert one["state"]["code"] == 1
    assert [event["move"] for event in one["timeline"]] == ["submit", "payment_settled"]
    assert move(cast.reception, dossier, "receive", 1).status_code == 201


def test_reception_starts_the_clock_and_issues_form_01(cast, clock):
    dossier = received(cast)
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert one["state"]["code"] == 2
    # 24 November 2026 is a public holiday: received on it, due on the next working day.
    assert one["due_at"] == "2026-11-25T17:00:00+07:00"
    assert [paper["kind"] for paper in one["documents"]] == ["acknowledgement", "reception_slip"]


def test_the_whole_way_to_a_signed_result(cast, drain):
    dossier = received(cast)
    for api, name, state, more in (
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp 02 bản sao"}),
        (cast.approver, "sign", 4, {}),
        (cast.reception, "hand_over", 9, {}),
    ):
        answer = move(api, dossier, name, state, **more)
        assert answer.status_code == 201, (name, answer.content)
    drain()
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert one["state"]["code"] == 10
    assert [event["move"] for event in one["timeline"]] == [
        "submit",
        "receive",
        "forward",
        "propose",
        "sign",
        "hand_over",
    ]
    result = next(paper for paper in one["documents"] if paper["kind"] == "result")
    assert result["ready"]
    pdf = cast.owner.get(f"/api/v1/dossiers/{one['id']}/documents/{result['id']}/content")
    assert pdf["Content-Type"] == "application/pdf"
    assert b"/ETSI.CAdES.detached" in pdf.content


def test_the_papers_say_what_the_dossier_says(cast, drain):
    import io

    import pypdf

    dossier = received(cast)
    drain()
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    slip = next(paper for paper in one["documents"] if paper["kind"] == "reception_slip")
    pdf = cast.owner.get(f"/api/v1/dossiers/{one['id']}/documents/{slip['id']}/content").content
    text = " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    due = one["due_at"]
    hour, day = due[11:16], f"{due[8:10]}/{due[5:7]}/{due[:4]}"
    for words in (
        "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        one["code"],
        "Nguyễn Thị Lan",
        "16.000 đồng",
        f"{hour[:2]} giờ {hour[3:]}, ngày {day}",
        one["lookup_pin"],
    ):
        assert words in text, (words, text)


def test_a_refusal_needs_a_reason_and_gives_form_03(cast):
    dossier = stories.submitted(cast.owner)
    bare = move(cast.reception, dossier, "refuse", 1)
    assert (bare.status_code, bare.json()["errors"][0]["param"]) == (400, "reason")
    refused = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert refused.status_code == 201
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert (one["state"]["code"], one["documents"][-1]["kind"]) == (3, "refusal_slip")
    assert Payment.objects.get().state == "cancelled"


def test_a_citizen_withdraws_and_the_office_issues_the_stop_notice(cast):
    dossier = received(cast)
    asked = cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    assert (asked.status_code, asked.json()["state"]["code"]) == (201, 7)
    again = cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {})
    assert (again.status_code, again.json()["code"]) == (409, "move_not_allowed")
    stopped = move(cast.reception, dossier, "accept_withdrawal", 7)
    assert stopped.json()["state"]["code"] == 8
    assert stopped.json()["documents"][-1]["kind"] == "stop_notice"


def test_an_officer_who_saw_another_state_is_told_the_present_one(cast):
    dossier = received(cast)
    stale = move(cast.reception, dossier, "receive", 1)
    assert (stale.status_code, stale.json()["code"]) == (409, "state_changed")
    assert stale.json()["current_state"] == 2


def test_a_role_may_make_only_its_own_moves(cast):
    dossier = received(cast)
    refused = move(cast.handler, dossier, "forward", 2)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    assert refused.json()["needed"] == "reception"
    assert TimelineEvent.objects.filter(dossier_id=dossier["id"]).count() == 2


def addresses(dossier):
    one = f"/api/v1/dossiers/{dossier['id']}"
    paper = dossier["documents"][0]["id"]
    return {
        "get": [one, f"{one}/timeline", f"{one}/documents", f"{one}/documents/{paper}/content"],
        "post": [f"{one}/supplements", f"{one}/withdrawal"],
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [("stranger", 404), ("anonymous", 401), ("reception", 403), ("foreign_officer", 403)],
)
def test_nobody_else_reaches_a_dossier_through_the_citizens_doors(cast, who, status):
    dossier = stories.submitted(cast.owner)
    other = getattr(cast, who)
    before = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    seen = [other.get(path).status_code for path in addresses(dossier)["get"]]
    seen += [other.post(path, {}).status_code for path in addresses(dossier)["post"]]
    assert seen == [status] * len(seen)
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json() == before


@pytest.mark.parametrize(
    ("who", "status"),
    [("foreign_officer", 404), ("owner", 403), ("stranger", 403), ("anonymous", 401)],
)
def test_nobody_else_reaches_a_dossier_through_the_officers_doors(cast, who, status):
    dossier = stories.submitted(cast.owner)
    other = getattr(cast, who)
    assert other.get(f"/api/v1/officer/dossiers/{dossier['id']}").status_code == status
    refused = move(other, dossier, "refuse", 1, reason="không phải của tôi")
    assert refused.status_code == status
    assert cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["state"]["code"] == 1


def test_an_officer_of_another_agency_has_an_empty_list(cast):
    stories.submitted(cast.owner)
    assert cast.foreign_officer.get("/api/v1/officer/dossiers").json()["items"] == []
    assert len(cast.reception.get("/api/v1/officer/dossiers").json()["items"]) == 1
    assert len(cast.handler.get("/api/v1/officer/dossiers?role=competent").json()["items"]) == 1


def test_an_officer_who_left_is_refused_at_once(cast):
    from dossiers.models import Seat

    stories.submitted(cast.owner)
    assert cast.reception.get("/api/v1/officer/dossiers").status_code == 200
    Seat.objects.filter(user__email="tiep-nhan@demo.invalid").update(active=False)
    assert cast.reception.get("/api/v1/officer/dossiers").status_code == 403


def test_every_read_by_an_officer_is_seen_by_the_citizen_and_names_no_person(cast):
    dossier = stories.submitted(cast.owner)
    cast.reception.get("/api/v1/officer/dossiers")
    cast.reception.get(f"/api/v1/officer/dossiers/{dossier['id']}")
    items = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [(item["what"], item["reference"]) for item in items] == [
        ("dossier:read", dossier["id"]),
        ("dossier:list", ""),
    ]
    assert "Cán bộ mẫu" not in json.dumps(items, ensure_ascii=False)


def test_public_look_up_tells_the_state_and_nothing_personal(cast):
    dossier = stories.submitted(cast.owner)
    answer = cast.anonymous.post("/api/v1/lookup", {"dossier_code": dossier["code"]}, key=None)
    assert answer.status_code == 200
    assert set(answer.json()) == {
        "dossier_code",
        "state",
        "service_code",
        "service_name",
        "submitted_at",
        "received_at",
        "due_at",
        "finished_at",
        "steps",
    }
    assert answer.json()["steps"] == []
    with_pin = cast.anonymous.post(
        "/api/v1/lookup",
        {"dossier_code": dossier["code"], "pin": dossier["lookup_pin"]},
        key=None,
    ).json()
    assert [step["move"] for step in with_pin["steps"]] == ["submit"]
    page = cast.anonymous.get("/t/" + dossier["lookup_url"].rsplit("/", 1)[-1])
    assert page.status_code == 200
    for private in ("Nguyễn Thị Lan", "092195000001", "+84900000001", "Nguyễn Trãi"):
        assert private not in json.dumps(with_pin, ensure_ascii=False)
        assert private not in page.content.decode()


@pytest.mark.parametrize("code", ["H13.022-990101-0001", "x", "' OR 1=1 --", "H13.022"])
def test_unknown_and_malformed_codes_answer_alike(cast, code):
    answer = cast.anonymous.post("/api/v1/lookup", {"dossier_code": code}, key=None)
    body = answer.json() | {"request_id": ""}
    assert answer.status_code == 404
    assert body == {
        "type": "/problems/dossier_unknown",
        "title": "Không tìm thấy hồ sơ với thông tin này",
        "status": 404,
        "detail": "Không tìm thấy hồ sơ với thông tin này",
        "code": "dossier_unknown",
        "request_id": "",
        "errors": [],
    }


def test_look_up_is_limited_and_says_how_long_to_wait(cast):
    body = {"dossier_code": "H13.022-990101-0001"}
    seen = [cast.anonymous.post("/api/v1/lookup", body, key=None) for _ in range(31)]
    assert [answer.status_code for answer in seen] == [404] * 30 + [429]
    assert int(seen[-1]["Retry-After"]) > 0
    assert seen[-1].json()["code"] == "too_many_requests"


def test_the_second_service_comes_from_the_first_and_reuses_its_paper(cast):
    from tests.dossiers.test_api_drafts import attach

    stories.agree(cast.owner)
    draft = stories.filled(cast.owner)
    assert attach(cast.owner, draft).status_code == 201
    first = stories.submit(cast.owner, draft).json()
    settle(first)
    for api, name, state, more in (
        (cast.reception, "receive", 1, {}),
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp 02 bản sao"}),
        (cast.approver, "sign", 4, {}),
    ):
        assert move(api, first, name, state, **more).status_code == 201
    second = stories.start(cast.owner, stories.MARRIAGE).json()
    known = {item["field"]: item for item in second["prefilled"]}
    assert second["answers"]["vo_noi_cu_tru"] == stories.RESIDENCE
    assert known["vo_noi_cu_tru"]["source_ref"] == first["code"]
    assert known["vo_noi_cu_tru"]["verified"] is True
    assert not [field for field in known if field.startswith("chong_")]
    offered = [one for paper in second["papers"] for one in paper["reusable"]]
    assert {one["source_ref"] for one in offered} == {first["code"]}
    reused = cast.owner.post(
        f"/api/v1/drafts/{second['id']}/reused-papers",
        {"paper_key": stories.PAPER, "paper_id": offered[0]["paper_id"]},
    )
    assert (reused.status_code, reused.json()["reused"]) == (201, True)
    stories.agree(cast.owner, decision="withdraw")
    empty = cast.owner.get(f"/api/v1/drafts/{second['id']}").json()
    assert (empty["answers"], [p for p in empty["papers"] if p["reusable"]]) == ({}, [])


def test_a_citizen_who_never_agreed_is_not_remembered(cast):
    from citizens.models import VaultField

    stories.submitted(cast.owner)
    assert not VaultField.objects.filter(source="dossier").exists()


def test_the_figures_are_counted_from_the_rows(cast):
    stories.submitted(cast.owner)
    settle(stories.submitted(cast.owner))
    answer = cast.anonymous.get("/api/v1/reports/kpi")
    assert answer.status_code == 200
    ratios = {one["key"]: (one["numerator"], one["denominator"]) for one in answer.json()["ratios"]}
    assert ratios == {
        "online": (2, 2),
        "on_time": (0, 0),
        "paid_online": (1, 2),
        "digitised": (0, 0),
        "reused": (0, 2),
    }


@pytest.mark.parametrize(
    ("path", "who", "expected"),
    [
        ("/api/v1/dossiers", "owner", 3),
        ("/api/v1/officer/dossiers", "reception", 9),
        ("/api/v1/me/home", "owner", 6),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_dossiers(
    cast, count_queries, path, who, expected
):
    api = getattr(cast, who)
    counts = []
    for more in (1, 4):
        for _ in range(more):
            stories.submitted(cast.owner)
        api.get(path)
        with count_queries() as queries:
            assert api.get(path).status_code == 200
        counts.append(len(queries))
    assert counts == [expected, expected]


def test_no_personal_data_rests_in_clear(cast):
    from django.db import connection

    stories.agree(cast.owner)
    stories.submitted(cast.owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text = " ".join(row[0] for row in cursor.fetchall())
            for private in ("092195000001", "Nguyễn Thị Lan", "12 Nguyễn Trãi"):
                assert private not in text, (table, private)


def test_every_task_may_run_twice(cast, drain):
    from citizens.models import Message
    from dossiers import tasks
    from dossiers.models import Document

    stories.submitted(cast.owner)
    drain()
    before = list(Document.objects.order_by("id").values_list("id", "file_id"))
    assert all(file for _, file in before)
    for document_id, _ in before:
        tasks.make_paper(document_id)
    assert list(Document.objects.order_by("id").values_list("id", "file_id")) == before
    assert not Message.objects.filter(delivered_at=None).exists()


def test_the_sweep_finds_what_a_crash_left_undone(cast, drain):
    import datetime

    from procrastinate.contrib.django.models import ProcrastinateJob

    from common import clock
    from dossiers.actions import sweep
    from dossiers.models import Document

    stories.submitted(cast.owner)
    with connection_of_the_queue() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert not ProcrastinateJob.objects.exists()
    later = clock.now() + datetime.timedelta(minutes=5)
    found = sweep.sweep(now=later)
    assert (found["papers"], found["drafts"]) == (1, 0)
    drain()
    assert not Document.objects.filter(file=None).exists()


def connection_of_the_queue():
    from django.db import connection

    return connection.cursor()
