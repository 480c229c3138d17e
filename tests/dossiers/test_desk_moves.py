"""Moves on the desk's pages: dues, templates, routes, hand-over, recalls; in words when refused."""

import re

import pytest
from django.test import Client

from dossiers.models import DeliveryEvent, Dossier
from payments.models import Payment
from tests.dossiers import stories
from tests.dossiers.desks import in_process, lease, proposed
from tests.dossiers.ten_states import signed
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_delivery import HOME
from tests.dossiers.test_desk import enter
from tests.dossiers.test_desk_work import LIST, page
from tests.dossiers.test_opinions import ask

EXTRACT = "trich-luc-ho-tich"


def make(browser, dossier, name, state, **data):
    """Send the form of a move as a browser does; return the answer, its redirect followed."""
    body = {"move": name, "expected_state": state, **data}
    return browser.post(f"{LIST}{dossier['id']}/move/", body, follow=True)


def lines(*rows, blank=1):
    """Return the fields of the small form of dues, some of its rows left empty."""
    empty = ("extra", "", "phi", 1, "")
    data = {"lines-TOTAL_FORMS": len(rows) + blank, "lines-INITIAL_FORMS": 0}
    names = ("code", "label_vi", "kind", "quantity", "unit_vnd")
    for number, row in enumerate([*rows, *[empty] * blank]):
        data |= {f"lines-{number}-{name}": value for name, value in zip(names, row, strict=True)}
    return data


def browser_of(who):
    browser, answer = enter(who)
    assert answer.status_code == 302
    return browser


@pytest.fixture
def counter(cast):
    return browser_of("tiep-nhan")


def test_dues_are_entered_in_a_small_form_and_empty_rows_are_no_dues(cast, counter):
    dossier = received(cast)
    assert "Khoản 3" in page(counter, dossier)
    told = make(
        counter,
        dossier,
        "request_payment",
        2,
        reason="Phí thẩm định",
        **lines(("tham-dinh", "Phí thẩm định", "phi", 2, 15_000), ("bs", "Lệ phí", "le_phi", 1, 5)),
    )
    assert "Đã thực hiện: Yêu cầu nộp phí" in told.content.decode()
    assert Dossier.objects.get().state == 6
    due = Payment.objects.get(state="owed")
    assert due.amount_vnd == 30_005
    assert [(one["code"], one["quantity"], one["amount_vnd"]) for one in due.lines] == [
        ("tham-dinh", 2, 30_000),
        ("bs", 1, 5),
    ]


def test_wrong_dues_are_said_by_row_and_what_was_typed_stays(cast, counter):
    dossier = received(cast)
    rows = lines(("extra", "Phí thẩm định", "phi", 0, 15_000))
    told = make(counter, dossier, "request_payment", 2, reason="Lý do đã gõ", **rows)
    assert told.status_code == 400
    shown = told.content.decode()
    assert "Khoản 1, Số lượng" in shown
    assert "Lý do đã gõ" in shown
    assert 'value="15000"' in shown
    nothing = make(counter, dossier, "request_payment", 2, reason="x", **lines())
    assert "Cần nêu khoản phải nộp" in nothing.content.decode()
    assert Dossier.objects.get().state == 2
    assert not Payment.objects.filter(state="owed").exists()


def test_a_template_is_chosen_filled_read_and_put_to_sign_with_its_pdf(cast):
    dossier = in_process(cast)
    handler = browser_of("thu-ly")
    address = f"{LIST}{dossier['id']}/propose/"
    first = handler.get(address).content.decode()
    assert "Kết quả cấp bản sao trích lục hộ tịch" in first
    asked = handler.get(f"{address}?template={EXTRACT}").content.decode()
    assert "Số, ngày đăng ký trong Sổ hộ tịch" in asked
    body = {
        "template": EXTRACT,
        "expected_state": 4,
        "result_number": "12/TL",
        "value-so_dang_ky": "Số 7/1995",
        "value-ghi_chu": "",
    }
    looked = handler.post(address, body | {"do": "look"}).content.decode()
    assert "cấp 2 bản sao trích lục" in looked
    assert "Số 7/1995" in looked
    assert Dossier.objects.get().proposal is None
    missing = handler.post(address, body | {"value-so_dang_ky": "", "do": "propose"})
    assert missing.status_code == 400
    assert "Cần nhập nội dung này" in missing.content.decode()
    assert Dossier.objects.get().proposal is None
    done = handler.post(address, body | {"do": "propose"}, follow=True).content.decode()
    assert "Đã trình dự thảo" in done
    signer = browser_of("lanh-dao")
    shown = page(signer, dossier)
    assert "cấp 2 bản sao trích lục" in shown
    assert "Số: 12/TL" in shown
    pdf = signer.get(f"{LIST}{dossier['id']}/proposal.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf["Content-Disposition"].startswith("inline")
    assert "Đã thực hiện: Ký kết quả" in make(signer, dossier, "sign", 4).content.decode()
    assert Dossier.objects.get().state == 9
    [result] = re.findall(r'href="([^"]+/papers/[^"]+)"[^>]*>Kết quả', page(signer, dossier))
    assert signer.get(result).content.startswith(b"%PDF")
    log = {item["what"] for item in cast.owner.get("/api/v1/me/access-log").json()["items"]}
    assert {"paper:proposal", "paper:result", "dossier:propose", "dossier:sign"} <= log


def test_whoever_may_not_propose_is_told_so_and_a_stranger_finds_nothing(cast):
    dossier = in_process(cast)
    address = f"{LIST}{dossier['id']}/propose/"
    told = browser_of("lanh-dao").get(address, follow=True).content.decode()
    assert "không ở bước dự thảo" in told
    stranger = browser_of("cai-khe")
    for path in ("propose/", "proposal.pdf", "control-slip.pdf", "opinion/"):
        assert stranger.get(f"{LIST}{dossier['id']}/{path}").status_code == 404


def test_open_opinions_hold_a_decision_up_on_the_page_too(cast):
    dossier = proposed(cast)
    assert ask(cast.handler, dossier).status_code == 201
    signer = browser_of("lanh-dao")
    refused = make(signer, dossier, "sign", 4)
    assert refused.status_code == 409
    assert "Còn 1 cơ quan chưa trả lời" in refused.content.decode()
    done = make(signer, dossier, "sign", 4, without_opinions="on", reason="Đã đủ căn cứ")
    assert "Đã thực hiện: Ký kết quả" in done.content.decode()
    assert Dossier.objects.get().state == 9


def test_the_counter_corrects_the_route_and_the_handler_sends_it_on_with_a_reason(cast, counter):
    first, second = received(cast), in_process(cast)
    make(counter, first, "forward", 2, competent_agency="ubnd-31120")
    assert Dossier.objects.get(id=first["id"]).competent_agency_id == "ubnd-31120"
    handler = browser_of("thu-ly")
    assert "Trả lại Trung tâm" in page(handler, second)
    bare = make(handler, second, "reroute", 4, competent_agency="ubnd-31120", reason=" ")
    assert (bare.status_code, "Cần nêu lý do" in bare.content.decode()) == (400, True)
    wrong = make(handler, second, "reroute", 4, competent_agency="cong-an-31135", reason="x")
    assert wrong.status_code == 400
    assert Dossier.objects.get(id=second["id"]).competent_agency_id == "ubnd-31135"
    gone = make(handler, second, "reroute", 4, competent_agency="ubnd-31120", reason="Sổ ở đó")
    assert "Đã thực hiện: Chuyển cơ quan khác" in gone.content.decode()
    assert second["code"] not in gone.content.decode()
    assert Dossier.objects.get(id=second["id"]).competent_agency_id == "ubnd-31120"


def test_a_result_is_handed_over_at_the_counter_with_acknowledgement_and_recalled(cast, counter):
    dossier = signed(cast)
    told = make(counter, dossier, "hand_over", 9, way="counter", taken_by="applicant")
    assert told.status_code == 400
    assert "Cần ghi nhận khi trả kết quả" in told.content.decode()
    done = make(
        counter,
        dossier,
        "hand_over",
        9,
        way="counter",
        taken_by="representative",
        taker_name="Nguyễn Văn Thay",
        proof="authorisation",
        signed="on",
    )
    shown = done.content.decode()
    assert "Đã thực hiện: Trả kết quả" in shown
    assert "Nguyễn Văn Thay" in shown
    event = DeliveryEvent.objects.get()
    assert (event.way, event.taken_by, event.signed) == ("counter", "representative", True)
    back = make(counter, dossier, "recall_hand_over", 10, reason="Trả nhầm người")
    assert "Thu hồi việc trả kết quả" in back.content.decode()
    assert Dossier.objects.get().state == 9
    signer = browser_of("lanh-dao")
    make(signer, dossier, "recall_result", 9, reason="Sai tên")
    assert Dossier.objects.get().state == 4
    assert "đã thu hồi" in page(signer, dossier)


def test_a_result_goes_by_post_with_its_number_and_the_posts_word_is_noted(cast, counter):
    draft = stories.filled(cast.owner)
    dossier = cast.owner.post(
        f"/api/v1/drafts/{draft['id']}/submit", {"delivery": {"way": "post", "address": HOME}}
    ).json()
    from tests.dossiers.test_api_dossiers import settle

    settle(dossier)
    for api, name, state, more in (
        (cast.reception, "receive", 1, {}),
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp"}),
        (cast.approver, "sign", 4, {}),
    ):
        assert move(api, dossier, name, state, **more).status_code == 201
    assert "Người nộp chọn nhận: qua bưu chính công ích" in page(counter, dossier)
    bare = make(counter, dossier, "hand_over", 9, way="post")
    assert "tracking_number: Cần ghi nhận" in bare.content.decode()
    make(counter, dossier, "hand_over", 9, way="post", tracking_number="EA000000000VN")
    assert Dossier.objects.get().state == 10
    shown = page(counter, dossier)
    assert "mã EA000000000VN" in shown
    assert "Bưu chính chuyển hoàn" in shown
    said = counter.post(f"{LIST}{dossier['id']}/act/sent_back/", follow=True).content.decode()
    assert "Đã ghi nhận báo cáo" in said
    assert "bưu chính chuyển hoàn" in said
    again = counter.post(f"{LIST}{dossier['id']}/act/delivered/", follow=True)
    assert (again.status_code, "không ở trên đường" in again.content.decode()) == (409, True)


def test_what_moved_on_meanwhile_and_what_another_has_open_is_said(cast, counter):
    dossier = received(cast)
    stale = make(counter, dossier, "receive", 1)
    assert stale.status_code == 409
    assert "Được tiếp nhận" in stale.content.decode()
    forwarded = in_process(cast)
    assert lease(cast.approver, forwarded).status_code == 201
    handler = browser_of("thu-ly")
    held = make(handler, forwarded, "request_supplement", 4, reason="Thiếu ảnh căn cước")
    assert held.status_code == 409
    assert "Người có thẩm quyền ký đang mở đến" in held.content.decode()
    assert "Thiếu ảnh căn cước" in held.content.decode()
    assert Dossier.objects.get(id=forwarded["id"]).state == 4


def test_no_form_is_taken_without_its_token(cast):
    dossier = received(cast)
    known = browser_of("tiep-nhan")
    other = Client(enforce_csrf_checks=True)
    other.cookies = known.cookies
    body = {"move": "forward", "expected_state": 2}
    for path in (
        f"{LIST}{dossier['id']}/move/",
        f"{LIST}{dossier['id']}/act/take/",
        "/admin/counter/new/1.004837/",
        "/admin/opinions/opn_x/answer/",
    ):
        assert other.post(path, body).status_code == 403, path
    assert Dossier.objects.get().state == 2


def test_pages_load_nothing_from_elsewhere_and_are_in_nobodys_frame(cast, counter):
    dossier = received(cast)
    for path in (LIST, f"{LIST}{dossier['id'].replace('_', '_5F')}/change/", "/admin/login/"):
        policy = counter.get(path)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
