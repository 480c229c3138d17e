"""Forms 06 and 07, and decisions by template, as officers make them."""

import datetime

import pytest

from citizens.models import VaultAccess
from dossiers.actions import decisions, desk_papers
from dossiers.models import DecisionTemplate, Document, Dossier
from tests.dossiers import stories
from tests.dossiers.pdfs import pages_of, paper, text_of
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_papers import CENTRE, HOSTILE, WARD, whole_way

BOOK = "/api/v1/officer/dossier-book?from=2026-11-24&to=2026-11-24"


def slip(api, dossier):
    return api.get(f"/api/v1/officer/dossiers/{dossier['id']}/control-slip")


def reads():
    rows = VaultAccess.objects.order_by("at", "id").values_list("reader_label", "what")
    return [(label, what) for label, what in rows if what.startswith(("paper:", "dossier:list"))]


def test_form_06_tells_who_gave_it_to_whom_and_whether_the_promise_held(cast, clock, sign_in):
    dossier = received(cast)
    clock.move_to("2026-11-25T09:00:00+07:00")
    move(sign_in("tiep-nhan"), dossier, "forward", 2)
    clock.move_to("2026-11-26T09:00:00+07:00")
    move(sign_in("thu-ly"), dossier, "propose", 4, result_text="Cấp")
    reception = sign_in("tiep-nhan")
    answer = slip(reception, dossier)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer.content)
    for words in (
        "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
        "Mẫu số 06",
        "Mã hồ sơ: H13.022-261124-0001",
        "Trạng thái hiện tại: Đang xử lý",
        "10:00 24/11/2026",
        "09:00 25/11/2026 17:00 25/11/2026 Trong hạn",
        "09:00 26/11/2026 17:00 25/11/2026 Quá hạn",
        "Công chức thụ lý",
        "tính đến 09 giờ 00, ngày 26/11/2026",
    ):
        assert words in text, (words, text)
    assert "Cán bộ mẫu" not in text
    assert "Nguyễn Thị Lan" not in text
    assert reads() == [(f"Bộ phận tiếp nhận, {CENTRE}", "paper:control_slip")]
    again = slip(reception, dossier)
    assert again["ETag"] == answer["ETag"]
    same = reception.get(
        f"/api/v1/officer/dossiers/{dossier['id']}/control-slip",
        **{"If-None-Match": answer["ETag"]},
    )
    assert same.status_code == 304


def test_form_07_is_the_book_of_what_the_agency_received(cast, clock):
    first = received(cast)
    stories.submitted(cast.owner)  # never received: not in the book
    answer = cast.reception.get(BOOK)
    assert answer.status_code == 200, answer.content
    text = text_of(answer.content)
    for words in (
        "SỔ THEO DÕI HỒ SƠ",
        "Mẫu số 07",
        CENTRE.upper(),
        "từ ngày 24/11/2026 đến hết ngày 24/11/2026",
        first["code"],
        "Nguyễn Thị Lan",
        "10:00 24/11/2026",
        "17:00 25/11/2026",
        "Được tiếp nhận",
        "Tổng số: 1 hồ sơ.",
    ):
        assert words in text, (words, text)
    assert "261124-0002" not in text
    assert reads() == [(f"Bộ phận tiếp nhận, {CENTRE}", "dossier:list")]
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert log[0]["reader"] == f"Bộ phận tiếp nhận, {CENTRE}"


def test_the_book_of_another_agency_or_of_other_days_has_nothing(cast, clock):
    received(cast)
    for api, address in (
        (cast.foreign_officer, BOOK),
        (cast.handler, BOOK),  # the body that decides keeps no book of what another received
        (cast.reception, BOOK.replace("2026-11-24", "2026-11-23")),
        (cast.reception, BOOK.replace("2026-11-24", "2026-11-25")),
    ):
        answer = api.get(address)
        assert answer.status_code == 200
        text = text_of(answer.content)
        assert "Không có hồ sơ nào được tiếp nhận" in text
        assert "Nguyễn Thị Lan" not in text
    assert reads() == []


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("", "from"),
        ("from=2026-11-24", "to"),
        ("from=2026-11-24&to=2026-11-23", "to"),
        ("from=2026-08-01&to=2026-11-24", "to"),
        ("from=x&to=2026-11-24", "from"),
        ("from=2026-11-24&to=2026-11-24&all=1", "all"),
    ],
)
def test_a_range_that_is_none_or_too_long_is_refused(cast, query, param):
    answer = cast.reception.get(f"/api/v1/officer/dossier-book?{query}")
    assert answer.status_code == 400
    assert param in [one["param"] for one in answer.json()["errors"]]


def test_a_book_that_is_too_long_says_how_long_it_may_be(cast, clock, monkeypatch):
    received(cast)
    received(cast)
    monkeypatch.setattr(desk_papers, "MAX_BOOK_ROWS", 1)
    answer = cast.reception.get(BOOK)
    assert (answer.status_code, answer.json()["code"]) == (422, "book_too_long")
    assert answer.json()["limit_rows"] == 1
    assert reads() == []


def test_the_book_asks_the_database_the_same_however_many_it_shows(cast, clock, count_queries):
    received(cast)
    cast.reception.get(BOOK)
    with count_queries() as one:
        cast.reception.get(BOOK)
    for _ in range(4):
        received(cast)
    with count_queries() as five:
        pages = pages_of(cast.reception.get(BOOK).content)
    assert "Tổng số: 5 hồ sơ." in pages[-1]
    assert len(one) == len(five)
    written = [query for query in five if "citizens_vaultaccess" in query["sql"]]
    assert len(written) == 1


@pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("owner", 403), ("stranger", 403)])
def test_only_officers_reach_the_papers_of_officers(cast, who, status):
    dossier = received(cast)
    api = getattr(cast, who)
    base = f"/api/v1/officer/dossiers/{dossier['id']}"
    for address in (
        f"{base}/control-slip",
        f"{base}/proposal.pdf",
        f"{base}/decision-templates",
        BOOK,
    ):
        assert api.get(address).status_code == status, address
    for part in ("control-slip", "proposal.pdf", "decision-templates"):
        assert cast.foreign_officer.get(f"{base}/{part}").status_code == 404
    assert reads() == []


def proposed(cast, **proposal):
    dossier = received(cast)
    move(cast.reception, dossier, "forward", 2)
    return dossier, move(cast.handler, dossier, "propose", 4, **proposal)


ENTRIES = {"so_dang_ky": f"Số 12/2026 {HOSTILE}", "ghi_chu": "{nguoi_nop} {don.so_ban_sao}"}


def test_a_decision_by_template_is_filled_from_the_dossier_the_form_and_the_entries(
    cast, clock, drain
):
    dossier, answer = proposed(
        cast, template="trich-luc-ho-tich", values=ENTRIES, result_number="TL-07"
    )
    assert answer.status_code == 201, answer.content
    wanted = (
        "KẾT QUẢ CẤP BẢN SAO TRÍCH LỤC HỘ TỊCH",
        "Số: TL-07",
        "đề nghị của Nguyễn Thị Lan, nơi cư trú: 12 Nguyễn Trãi, phường Ninh Kiều, thành phố Cần "
        "Thơ;",
        f"{WARD} cấp 2 bản sao trích lục Khai sinh của Nguyễn Thị Lan, sinh ngày 14/03/1995, đã "
        "đăng ký tại Phường Ninh Kiều",
        f"Số, ngày của đăng ký trong Sổ hộ tịch: Số 12/2026 {HOSTILE}",
        "Ghi chú: {nguoi_nop} {don.so_ban_sao}",  # what was entered is never filled again
    )
    preview = cast.approver.get(f"/api/v1/officer/dossiers/{dossier['id']}/proposal.pdf")
    assert preview.status_code == 200
    text = text_of(preview.content)
    assert "DỰ THẢO" in text
    for words in wanted:
        assert words in text, (words, text)
    assert b"/ByteRange" not in preview.content
    assert Document.objects.filter(kind="result").count() == 0
    assert reads()[-1] == (f"Người có thẩm quyền ký, {WARD}", "paper:proposal")
    assert move(cast.approver, dossier, "sign", 4).status_code == 201
    # What was signed keeps its words, whatever becomes of the template.
    DecisionTemplate.objects.filter(key="trich-luc-ho-tich").update(body=["khác"])
    drain()
    text = text_of(paper(cast.owner, dossier, "result"))
    assert "DỰ THẢO" not in text
    for words in wanted:
        assert words in text, (words, text)


def test_a_refusal_by_template_is_a_signed_letter_and_never_a_result(cast, clock, drain):
    values = {"ly_do": "Không có trong sổ", "can_cu": "Điều 63 Luật Hộ tịch"}
    dossier, answer = proposed(cast, template="chung-tu-choi", values=values)
    assert answer.status_code == 201, answer.content
    preview = cast.handler.get(f"/api/v1/officer/dossiers/{dossier['id']}/proposal.pdf")
    assert "THÔNG BÁO TỪ CHỐI GIẢI QUYẾT" in text_of(preview.content)
    wrong = move(cast.approver, dossier, "sign", 4)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "proposal_refuses")
    assert Dossier.objects.get(id=dossier["id"]).state == 4
    done = move(cast.approver, dossier, "reject", 4, reason="Không đủ điều kiện")
    assert done.status_code == 201, done.content
    drain()
    pdf = paper(cast.owner, dossier, "stop_notice")
    text = text_of(pdf)
    for words in ("Lý do: Không đủ điều kiện", "vì: Không có trong sổ", "Điều 63 Luật Hộ tịch"):
        assert words in text, (words, text)
    from common import clock as real
    from common import signing

    assert signing.check(pdf, now=real.now()).trusted


def test_a_free_proposal_is_still_possible_and_a_rejection_needs_none(cast, clock, drain):
    dossier = whole_way(cast)
    drain()
    assert "Cấp 02 bản sao" in text_of(paper(cast.owner, dossier, "result"))
    other = received(cast)
    move(cast.reception, other, "forward", 2)
    nothing = cast.handler.get(f"/api/v1/officer/dossiers/{other['id']}/proposal.pdf")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_proposed")
    assert move(cast.approver, other, "reject", 4, reason="Sai đối tượng").status_code == 201


@pytest.mark.parametrize(
    ("proposal", "errors"),
    [
        ({}, [("required", "/result_text")]),
        ({"template": "khong-co"}, [("unknown_template", "/template")]),
        (
            {"template": "chung-dong-y", "result_text": "x"},
            [("text_and_template", "/result_text")],
        ),
        ({"result_text": "x", "values": {"a": "b"}}, [("unknown_field", "/values")]),
        (
            {"template": "chung-tu-choi", "values": {"la": "x", "can_cu": "y" * 501}},
            [
                ("unknown_field", "/values/la"),
                ("required", "/values/ly_do"),
                ("too_long", "/values/can_cu"),
            ],
        ),
    ],
)
def test_everything_wrong_with_a_proposal_is_told_at_once(cast, proposal, errors):
    dossier, answer = proposed(cast, **proposal)
    assert answer.status_code == 400, answer.content
    assert [(one["code"], one["pointer"]) for one in answer.json()["errors"]] == errors
    assert Dossier.objects.get(id=dossier["id"]).proposal is None


def test_a_procedure_is_offered_its_own_templates_and_the_general_ones(cast, count_queries):
    dossier = received(cast)
    address = f"/api/v1/officer/dossiers/{dossier['id']}/decision-templates"
    items = cast.handler.get(address).json()["items"]
    assert [(one["key"], one["procedure_code"], one["kind"]) for one in items] == [
        ("chung-dong-y", None, "approve"),
        ("chung-tu-choi", None, "reject"),
        ("trich-luc-ho-tich", "2.000635", "approve"),
    ]
    assert items[2]["entries"][0] == {
        "name": "so_dang_ky",
        "title_vi": "Số, ngày đăng ký trong Sổ hộ tịch",
        "required": True,
        "max_length": 200,
    }
    with count_queries() as three:
        cast.handler.get(address)
    DecisionTemplate.objects.exclude(key="chung-dong-y").update(active=False)
    with count_queries() as one:
        assert len(cast.handler.get(address).json()["items"]) == 1
    assert len(one) == len(three)


TEMPLATE = {
    "key": "a",
    "procedure_code": "",
    "kind": "approve",
    "title_vi": "T",
    "body": ["{nguoi_nop}"],
    "entries": [],
    "source": "test",
}


def test_importing_templates_counts_versions_and_refuses_places_that_nothing_fills(db):
    now = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)

    def load(*entries):
        return decisions.import_templates(entries=entries, now=now)

    assert load(TEMPLATE) == (1, 3)  # and the three that are shipped are not offered any more
    assert load(TEMPLATE) == (0, 0)
    assert load({**TEMPLATE, "title_vi": "U"}) == (0, 1)
    row = DecisionTemplate.objects.get(key="a")
    assert (row.version, row.title_vi, row.active) == (2, "U", True)
    for body in ("{khong_co}", "{don.so_ban_sao}", "{nhap.x}", "{nguoi_nop.x}"):
        with pytest.raises(decisions.TemplateBroken, match="nothing fills"):
            load({**TEMPLATE, "body": [body]})
    with pytest.raises(decisions.TemplateBroken):
        load({**TEMPLATE, "procedure_code": "2.000635", "body": ["{don.khong_co}"]})
    assert DecisionTemplate.objects.get(key="a").version == 2
