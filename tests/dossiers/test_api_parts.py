"""The parts of a dossier that an app reads one by one."""

import pytest

from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received, settle

RECEPTION = "Bộ phận tiếp nhận, Trung tâm Phục vụ hành chính công phường Ninh Kiều"
WARD = "Ủy ban nhân dân phường Ninh Kiều"


def test_the_timeline_names_the_office_it_went_to_not_who_sent_it(cast):
    dossier = received(cast)
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    items = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/timeline").json()["items"]
    assert [(one["seq"], one["move"], one["state"]["code"]) for one in items] == [
        (1, "submit", 1),
        (2, "receive", 2),
        (3, "forward", 4),
    ]
    assert items[0]["text"] == (
        "Hồ sơ đã được gửi tới Trung tâm Phục vụ hành chính công phường Ninh Kiều. "
        "Cơ quan sẽ kiểm tra trước khi tiếp nhận."
    )
    assert items[0]["office"] == "Người nộp hồ sơ"
    assert items[1]["office"] == RECEPTION
    assert items[2]["text"] == f"Hồ sơ đã được chuyển tới {WARD}."
    whole = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert whole["timeline"] == items


def test_a_withdrawal_is_looked_at_by_the_office_not_by_the_citizen(cast):
    dossier = stories.submitted(cast.owner)
    cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    items = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/timeline").json()["items"]
    assert items[-1]["text"].startswith("Trung tâm Phục vụ hành chính công phường Ninh Kiều sẽ")


def test_the_papers_of_a_dossier_become_ready_when_they_are_made(cast, drain):
    dossier = received(cast)
    address = f"/api/v1/dossiers/{dossier['id']}/documents"
    before = cast.owner.get(address).json()["items"]
    drain()
    after = cast.owner.get(address).json()["items"]
    assert [(one["kind"], one["ready"]) for one in before] == [
        ("acknowledgement", False),
        ("reception_slip", False),
    ]
    assert [one["ready"] for one in after] == [True, True]
    assert after[1]["title_vi"] == "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"


def test_a_supplement_stops_the_clock_and_only_what_was_asked_for_may_change(cast):
    dossier = received(cast)
    asked = move(
        cast.reception,
        dossier,
        "request_supplement",
        2,
        reason="Sửa số điện thoại",
        fields=["nyc_dien_thoai"],
        papers=[stories.PAPER],
    )
    assert asked.status_code == 201, asked.content
    assert asked.json()["due_at"] is None
    address = f"/api/v1/dossiers/{dossier['id']}/supplements"
    wrong = cast.owner.post(address, {"answers": {"so_ban_sao": 5}})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (400, "not_asked_for")
    empty = cast.owner.post(address, {})
    assert (empty.status_code, empty.json()["code"]) == (400, "supplement_empty")
    sent = cast.owner.upload(
        f"/api/v1/dossiers/{dossier['id']}/attachments",
        paper_key=stories.PAPER,
        file=stories.picture(),
    )
    assert sent.status_code == 201, sent.content
    right = cast.owner.post(address, {"answers": {"nyc_dien_thoai": "+84987654321"}})
    assert right.status_code == 201, right.content
    assert right.json()["state"]["code"] == 5
    assert right.json()["answers"]["nyc_dien_thoai"] == "+84987654321"
    accepted = move(cast.reception, dossier, "accept_supplement", 5)
    assert (accepted.status_code, accepted.json()["state"]["code"]) == (201, 2)
    assert accepted.json()["due_at"] is not None


def test_a_file_answers_a_supplement_and_only_a_paper_that_was_asked_for(cast):
    dossier = received(cast)
    asked = move(
        cast.reception,
        dossier,
        "request_supplement",
        2,
        reason="Ảnh căn cước bị mờ, đề nghị chụp lại",
        papers=[stories.PAPER],
    )
    assert asked.status_code == 201, asked.content
    address = f"/api/v1/dossiers/{dossier['id']}/attachments"
    other = cast.owner.upload(address, paper_key="khac", file=stories.picture())
    assert other.status_code == 400
    sent = cast.owner.upload(address, paper_key=stories.PAPER, file=stories.picture())
    assert sent.status_code == 201, sent.content
    assert sent.json()["paper_key"] == stories.PAPER
    assert sent.json()["media_type"] == "image/jpeg"


@pytest.mark.parametrize("who", ["stranger", "weak"])
def test_accepted_papers_are_their_owners_alone(cast, drain, who):
    stories.agree(cast.owner)
    draft = stories.filled(cast.owner)
    cast.owner.upload(
        f"/api/v1/drafts/{draft['id']}/attachments",
        paper_key=stories.PAPER,
        file=stories.picture(),
    )
    dossier = stories.submit(cast.owner, draft).json()
    settle(dossier)
    for api, name, state, more in (
        (cast.reception, "receive", 1, {}),
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp 02 bản sao", "result_number": "12/2026"}),
        (cast.approver, "sign", 4, {}),
    ):
        answer = move(api, dossier, name, state, **more)
        assert answer.status_code == 201, answer.content
    drain()
    [paper] = cast.owner.get("/api/v1/me/documents").json()["items"]
    assert paper["component_code"] == stories.PAPER
    assert getattr(cast, who).get("/api/v1/me/documents").json()["items"] == []
