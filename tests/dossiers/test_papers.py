"""Every paper says what the dossier says: the text taken from the PDF against the data."""

import datetime
import io

import pypdf
import pytest

from common import documents, signing
from dossiers.actions import papers
from dossiers.models import Document
from dossiers.rules import papers as rules
from tests.dossiers import stories
from tests.dossiers.pdfs import pages_of, paper, squeezed, text_of
from tests.dossiers.test_api_dossiers import move, received, settle

CENTRE = "Trung tâm Phục vụ hành chính công phường Ninh Kiều"
WARD = "Ủy ban nhân dân phường Ninh Kiều"
SERVICE = "2.000635 – Cấp bản sao Trích lục hộ tịch, bản sao Giấy khai sinh"
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
HOSTILE = (
    r"""#let x = 1 $a^2$ *đậm* _nghiêng_ <nhan> @ref \ `raw` // /* "x" [y] {z} = # -- --- ~ ..."""
)


def says(pdf, *words):
    text = text_of(pdf)
    for one in words:
        assert one in text, (one, text)
    return text


def heading(pdf, title, agency):
    return says(
        pdf,
        *MOTTO,
        agency.upper(),
        title.upper(),
        "Ninh Kiều, ngày 24 tháng 11 năm 2026",
        "Giấy tờ do hệ thống thử nghiệm lập, không có giá trị pháp lý.",
        "Trang 1/1",
    )


def whole_way(cast, **proposal):
    dossier = received(cast)
    for api, name, state, more in (
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, proposal or {"result_text": "Cấp 02 bản sao"}),
        (cast.approver, "sign", 4, {}),
    ):
        answer = move(api, dossier, name, state, **more)
        assert answer.status_code == 201, answer.content
    return dossier


def test_the_acknowledgement_promises_nothing(cast, clock, drain):
    dossier = stories.submitted(cast.owner)
    drain()
    text = heading(paper(cast.owner, dossier, "acknowledgement"), "Thông báo đã gửi hồ sơ", CENTRE)
    for words in (
        "Mã hồ sơ: H13.022-261124-0001",
        "Người nộp hồ sơ: Nguyễn Thị Lan",
        f"Thủ tục hành chính: {SERVICE}",
        f"Nơi nhận hồ sơ: {CENTRE}",
        f"Cơ quan có thẩm quyền giải quyết: {WARD}",
        "Thời điểm gửi: 10 giờ 00, ngày 24/11/2026",
        "Phí, lệ phí: 16.000 đồng",
        "Thành phần hồ sơ: không có tệp đính kèm.",
        f"mã tra cứu: {dossier['lookup_pin']}",
    ):
        assert words in text, words
    assert "Mẫu số" not in text
    assert "17 giờ" not in text


def test_form_01_says_everything_that_is_known_and_leaves_the_rest_blank(cast, clock, drain):
    draft = stories.filled(cast.owner)
    for number in range(2):
        added = cast.owner.upload(
            f"/api/v1/drafts/{draft['id']}/attachments",
            paper_key=stories.PAPER,
            file=stories.picture(("white", "black")[number]),
        )
        assert added.status_code == 201, added.content
    dossier = stories.submit(cast.owner, draft).json()
    settle(dossier)
    move(cast.reception, dossier, "receive", 1)
    drain()
    pdf = paper(cast.owner, dossier, "reception_slip")
    text = heading(pdf, "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", CENTRE)
    for words in (
        WARD.upper(),
        "Mẫu số 01",
        "Tiếp nhận hồ sơ của: Nguyễn Thị Lan",
        "Địa chỉ: 12 Nguyễn Trãi, phường Ninh Kiều, thành phố Cần Thơ",
        "Số điện thoại: +84900000001",
        f"Nội dung yêu cầu giải quyết: {SERVICE}",
        "Thời gian giải quyết theo quy định: trong ngày làm việc",
        "Thời gian nhận hồ sơ: 10 giờ 00, ngày 24/11/2026",
        "Thời gian hẹn trả kết quả: 17 giờ 00, ngày 25/11/2026",
        f"Nơi trả kết quả: {CENTRE}",
        "Phí, lệ phí: 16.000 đồng (đã nộp)",
        "NGƯỜI NỘP HỒ SƠ",
        "(nộp trực tuyến)",
        "NGƯỜI TIẾP NHẬN HỒ SƠ",
        "Bộ phận tiếp nhận",
    ):
        assert squeezed(words) in squeezed(text), words
    assert "Thư điện tử: ...." in text  # the form was sent without one: blank, not made up
    assert "Cán bộ mẫu" not in text
    assert squeezed("Hộ chiếu/Thẻ căn cước công dân") in squeezed(text)
    assert text.count("Hộ chiếu/Thẻ") == 1  # one line for the paper, with its two files
    assert "2 Thời gian giải quyết" in text


def test_form_02_lists_every_gap_at_once_and_form_03_gives_reason_and_ground(cast, clock, drain):
    dossier = received(cast)
    asked = move(
        cast.reception,
        dossier,
        "request_supplement",
        2,
        reason=f"Ảnh bị mờ {HOSTILE}\nDòng thứ hai",
        fields=["nyc_dien_thoai"],
        papers=[stories.PAPER],
    )
    assert asked.status_code == 201, asked.content
    drain()
    pdf = paper(cast.owner, dossier, "supplement_slip")
    text = heading(pdf, "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", CENTRE)
    for words in (
        "Mẫu số 02",
        "lần yêu cầu thứ 1",
        "1. Số điện thoại",
        "2. Hộ chiếu",
        HOSTILE,
        "Dòng thứ hai",
        "thời hạn giải quyết tạm dừng",
        f"xin liên hệ {CENTRE}",
    ):
        assert words in text, (words, text)

    other = stories.submitted(cast.owner)
    move(cast.reception, other, "refuse", 1, reason=HOSTILE)
    drain()
    pdf = paper(cast.owner, other, "refusal_slip")
    text = heading(pdf, "Phiếu từ chối tiếp nhận giải quyết hồ sơ", CENTRE)
    for words in ("Mẫu số 03", HOSTILE, "Điều 17 Nghị định 61/2018/NĐ-CP", "Nguyễn Thị Lan"):
        assert words in text, (words, text)


def test_a_supplement_asked_for_by_the_handler_comes_from_the_body_that_decides(cast, clock, drain):
    dossier = received(cast)
    move(cast.reception, dossier, "forward", 2)
    asked = move(cast.handler, dossier, "return_at_appraisal", 4, reason="Thiếu trang hai")
    assert asked.status_code == 201, asked.content
    drain()
    pdf = paper(cast.owner, dossier, "supplement_slip")
    text = heading(pdf, "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", WARD)
    assert "thời hạn giải quyết được tính lại từ đầu" in text
    assert "Công chức thụ lý" in text


def test_form_05_says_whose_wish_it_was(cast, clock, drain):
    dossier = stories.submitted(cast.owner)
    cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    assert move(cast.reception, dossier, "accept_withdrawal", 7).status_code == 201
    drain()
    pdf = paper(cast.owner, dossier, "stop_notice")
    text = heading(pdf, "Thông báo dừng giải quyết hồ sơ", CENTRE)
    assert "Mẫu số 05" in text
    assert "Theo đề nghị rút hồ sơ của người nộp" in text
    assert "Điều 21 Nghị định 118/2025/NĐ-CP" in text
    assert "Thời gian nhận hồ sơ" not in text  # it was never received
    assert signing.check(pdf, now=cast_now()) is None


def cast_now():
    from common import clock

    return clock.now()


def test_the_result_is_signed_for_the_body_that_decides_and_allows_no_change(cast, clock, drain):
    dossier = whole_way(cast, result_text=f"Cấp 02 bản sao {HOSTILE}", result_number="TL-01")
    drain()
    pdf = paper(cast.owner, dossier, "result")
    text = heading(pdf, "Kết quả giải quyết", WARD)
    for words in (
        "Số: TL-01",
        "Người được giải quyết: Nguyễn Thị Lan",
        f"Cấp 02 bản sao {HOSTILE}",
        "Loại kết quả:",
        "NGƯỜI CÓ THẨM QUYỀN",
        "Người có thẩm quyền ký",
    ):
        assert words in text, (words, text)
    finding = signing.check(pdf, now=cast_now())
    assert (finding.whole, finding.ours, finding.trusted) == (True, True, True)
    assert (finding.signer, finding.time_proved) == (WARD, True)
    assert finding.signed_at.isoformat() == "2026-11-24T03:00:00+00:00"
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    signature = reader.trailer["/Root"]["/Perms"]["/DocMDP"]
    assert signature["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature["/Reference"][0]["/TransformParams"]["/P"] == 1
    widget = reader.pages[-1]["/Annots"][0].get_object()
    left, bottom, right, top = (float(one) for one in widget["/Rect"])
    assert 186 <= right - left <= 188
    assert 59 <= top - bottom <= 61
    assert 250 < left < 420
    assert 100 < bottom < 700
    assert widget["/AP"]["/N"].get_object().get_data()


def test_every_kind_of_paper_is_in_the_table_with_its_layout_and_its_source():
    assert set(Document.Kind.values) <= set(rules.BY_KIND)
    assert len(rules.BY_KIND) == len(rules.PAPERS)
    for one in (*rules.PAPERS, rules.CONTROL_SLIP, rules.DOSSIER_BOOK):
        assert (papers.TEMPLATES / one.template).is_file(), one.kind
        assert one.source
        assert one.title_vi


CONTENT = {
    "agency": WARD,
    "agency_key": "ubnd-31135",
    "place_and_day": "Ninh Kiều, ngày 24 tháng 11 năm 2026",
    "title": "Một giấy tờ",
    "form_number": "Mẫu số 04",
    "number": "H13.022-261124-0001",
    "code": "H13.022-261124-0001",
    "pin": "abc123",
    "service_code": "2.000635",
    "service_name": "Tên thủ tục",
    "applicant": "Nguyễn Thị Lan",
    "receiving": CENTRE,
    "competent": WARD,
    "limit": "1 ngày",
    "submitted_at": "x",
    "received_at": "10 giờ 00, ngày 20/11/2026",
    "due_at": "",
    "fee": "16.000 đồng",
    "result_way": "",
    "channel_text": "nộp trực tuyến",
    "signer": "Công chức thụ lý",
    "lookup_url": "http://127.0.0.1:8000/t/x",
    "validate_url": "http://127.0.0.1:8000/validate",
}
SOME_DAY = datetime.datetime(2026, 11, 24, 3, tzinfo=datetime.UTC)


def draw(template, **more):
    return papers.draw(template, {**CONTENT, **more}, at=SOME_DAY)


def test_form_04_has_the_old_day_the_new_day_the_reason_and_an_apology():
    text = text_of(
        draw(
            "form_04.typ",
            old_due="17 giờ 00, ngày 23/11/2026",
            new_due="17 giờ 00, ngày 26/11/2026",
            reason=HOSTILE,
        )
    )
    for words in (
        "Kính gửi: Nguyễn Thị Lan",
        "Thời gian hẹn trả kết quả trên giấy hẹn: 17 giờ 00, ngày 23/11/2026",
        HOSTILE,
        "xin lỗi về sự chậm trễ này",
        "Thời gian hẹn trả kết quả mới: 17 giờ 00, ngày 26/11/2026",
        "chỉ được thực hiện một lần",
    ):
        assert words in text, (words, text)


@pytest.mark.parametrize("template", [one.template for one in rules.PAPERS])
def test_hostile_texts_are_printed_as_they_were_typed_on_every_paper(template):
    text = text_of(
        draw(
            template,
            applicant=HOSTILE,
            reason=HOSTILE,
            paragraphs=[HOSTILE],
            gaps=[HOSTILE],
            results=[HOSTILE],
            signer=HOSTILE,
        )
    )
    assert text.count(HOSTILE) >= (1 if template == "acknowledgement.typ" else 2), text


def test_long_lists_run_over_pages_that_name_the_dossier_and_are_numbered():
    rows = [
        {"name": f"Giấy tờ {n}", "reused": n == 7, "originals": "", "copies": "", "files": n}
        for n in range(1, 121)
    ]
    pages = pages_of(draw("form_01.typ", papers=rows))
    assert len(pages) >= 3
    for number, text in enumerate(pages, start=1):
        assert f"Trang {number}/{len(pages)}" in text
        assert "H13.022-261124-0001" in text
    assert "Tên giấy tờ" in pages[1]  # the head of the table is there again
    whole = " ".join(pages)
    for n in range(1, 121):
        assert f"{n} Giấy tờ {n}" in whole
    assert "Giấy tờ 7 (dùng lại giấy tờ đã được chấp nhận)" in whole
    assert "mã tra cứu: abc123" in pages[-1]


def test_a_word_longer_than_a_line_stays_on_the_page():
    name = "Ằ" * 190
    pdf = draw("form_01.typ", applicant=name)
    inside = []

    def visit(text, cm, tm, font, size):
        if text.strip():
            inside.append(tm[4] * cm[0] + cm[4])

    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    page.extract_text(visitor_text=visit)
    assert max(inside) < float(page.mediabox.width)
    assert squeezed(text_of(pdf)).count(name) == 2


def test_the_same_content_gives_the_same_bytes_and_only_fonts_that_come_along():
    first, again = draw("form_01.typ"), draw("form_01.typ")
    assert first == again
    fonts = set()
    for page in pypdf.PdfReader(io.BytesIO(first)).pages:
        fonts |= {str(one["/BaseFont"]) for one in page["/Resources"]["/Font"].values()}
    assert fonts
    assert all("LibertinusSerif" in one for one in fonts), fonts


def test_only_a_paper_that_is_signed_keeps_a_place_for_the_seal():
    template = papers.TEMPLATES / "result.typ"
    content = {**papers.BLANK, **CONTENT, "qr": documents.qr_svg("x")}
    assert documents.seal_place(template, content) is None
    place = documents.seal_place(template, {**content, "signed": True})
    assert (round(place.width), round(place.height)) == (187, 60)
    long = {**content, "signed": True, "paragraphs": ["Một đoạn dài. " * 60] * 12}
    assert len(pages_of(documents.pdf(template, long))) > 1
    assert documents.seal_place(template, long).bottom > 60  # still on the last page
