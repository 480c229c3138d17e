"""Is this PDF ours and unchanged: for anybody, as an operation and as a page."""

import io
import uuid

import pytest

from common.models import StoredFile
from dossiers.actions import papers
from dossiers.actions.papers import MAX_PDF_BYTES
from dossiers.models import Document
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.pdfs import paper
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_papers import WARD, draw, whole_way

DOOR = "/api/v1/validate-document"
NOTHING = {
    "verdict": "not_ours",
    "text": "Không phải giấy tờ do hệ thống này cấp, hoặc đã bị thay đổi.",
    "ours": False,
    "intact": False,
    "paper": None,
    "signature": None,
}


def named(data, name="ket-qua.pdf"):
    file = io.BytesIO(data)
    file.name = name
    return file


def ask(data, **headers):
    """Ask as somebody who is not signed in, without any key."""
    return Api().client.post(DOOR, data={"file": named(data)}, headers=headers)


def test_a_result_of_ours_is_known_with_its_signature_and_nothing_personal(cast, clock, drain):
    dossier = whole_way(cast)
    drain()
    pdf = paper(cast.owner, dossier, "result")
    stored = StoredFile.objects.count()
    answer = ask(pdf)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "verdict": "genuine",
        "text": "Giấy tờ do hệ thống này cấp, còn nguyên vẹn.",
        "ours": True,
        "intact": True,
        "paper": {
            "kind": "result",
            "title_vi": "Kết quả giải quyết",
            "dossier_code": dossier["code"],
            "issued_at": "2026-11-24T10:00:00+07:00",
            "standing": "current",
            "standing_text": "Đang có hiệu lực trong hồ sơ",
        },
        "signature": {
            "signer": WARD,
            "signed_at": "2026-11-24T10:00:00+07:00",
            "time_proved": True,
            "trusted": True,
            "intact": True,
        },
    }
    assert "Lan" not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert StoredFile.objects.count() == stored  # nothing is kept
    english = ask(pdf, **{"Accept-Language": "en"}).json()
    assert english["text"] == "Issued by this system, unchanged."


def test_a_slip_without_a_signature_is_known_by_its_bytes(cast, drain):
    dossier = received(cast)
    drain()
    pdf = paper(cast.owner, dossier, "reception_slip")
    told = ask(pdf).json()
    assert (told["verdict"], told["paper"]["kind"], told["signature"]) == (
        "genuine",
        "reception_slip",
        None,
    )
    assert ask(pdf + b" ").json() == NOTHING
    assert ask(pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1)).json() == NOTHING


def test_a_changed_result_is_called_changed_and_never_genuine(cast, drain):
    dossier = whole_way(cast)
    drain()
    pdf = paper(cast.owner, dossier, "result")
    changed = bytearray(pdf)
    changed[len(pdf) // 4] ^= 1
    told = ask(bytes(changed)).json()
    assert (told["verdict"], told["ours"], told["intact"], told["paper"]) == (
        "changed",
        False,
        False,
        None,
    )
    assert told["signature"]["intact"] is False
    assert told["signature"]["trusted"] is False
    # Not even in the container of the signature, whose filling no signature covers.
    at = pdf.index(b"00000000000000000000")
    filled = bytearray(pdf)
    filled[at + 5] = ord("1")
    assert ask(bytes(filled)).json()["verdict"] == "unregistered"
    for at in range(0, len(pdf), len(pdf) // 5):
        one = bytearray(pdf)
        one[at] ^= 1
        answer = ask(bytes(one))
        assert answer.status_code in {200, 415, 422}
        assert answer.json().get("ours", False) is False, at


def test_what_we_signed_and_never_recorded_is_not_called_genuine(cast, drain):
    dossier = whole_way(cast)
    drain()
    pdf = paper(cast.owner, dossier, "result")
    Document.objects.filter(kind="result").update(file=None)
    told = ask(pdf).json()
    assert (told["verdict"], told["ours"], told["paper"]) == ("unregistered", False, None)
    assert told["signature"]["trusted"] is True


def test_a_result_that_was_taken_back_is_genuine_and_revoked(cast, drain):
    dossier = whole_way(cast)
    drain()
    first = paper(cast.owner, dossier, "result")
    back = move(cast.approver, dossier, "recall_result", 9, reason="Sai tên")
    assert back.status_code == 201, back.content
    told = ask(first).json()
    assert (told["verdict"], told["paper"]["standing"]) == ("genuine", "revoked")
    move(cast.handler, dossier, "propose", 4, result_text="Cấp lại")
    move(cast.approver, dossier, "sign", 4)
    drain()
    second = paper(cast.owner, dossier, "result")
    assert second != first
    assert ask(second).json()["paper"]["standing"] == "current"
    assert ask(first).json()["paper"]["standing"] == "revoked"


def test_a_slip_that_a_later_one_replaced_is_superseded(cast, drain):
    dossier = received(cast)
    ask_more = {"reason": "Thiếu trang", "fields": ["nyc_dien_thoai"]}
    move(cast.reception, dossier, "request_supplement", 2, **ask_more)
    drain()
    first = paper(cast.owner, dossier, "supplement_slip")
    address = f"/api/v1/dossiers/{dossier['id']}/supplements"
    cast.owner.post(address, {"answers": {"nyc_dien_thoai": "+84911111111"}})
    move(cast.reception, dossier, "accept_supplement", 5)
    again = move(cast.reception, dossier, "request_supplement", 2, **ask_more)
    assert again.status_code == 201, again.content
    drain()
    assert ask(first).json()["paper"]["standing"] == "superseded"
    second = paper(cast.owner, dossier, "supplement_slip")
    assert ask(second).json()["paper"]["standing"] == "current"


def test_a_file_that_a_citizen_uploaded_is_not_a_paper_of_ours(cast, drain):
    draft = stories.filled(cast.owner)
    pdf = draw("result.typ", paragraphs=["Giả"])
    added = cast.owner.upload(
        f"/api/v1/drafts/{draft['id']}/attachments",
        paper_key=stories.PAPER,
        file=named(pdf),
    )
    assert added.status_code == 201, added.content
    assert ask(pdf).json() == NOTHING


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "file_empty"),
        (b"GIF89a", 415, "file_type_refused"),
        (b"%PDF-1.7 /ByteRange [", 422, "document_unreadable"),
        (b"%PDF-" + b"x" * MAX_PDF_BYTES, 413, "file_too_large"),
        (b"%PDF-" + b"x" * (2 * MAX_PDF_BYTES), 413, "file_too_large"),
    ],
)
def test_what_cannot_be_a_paper_of_ours_is_refused_with_a_reason(db, data, status, code):
    answer = ask(data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 413:
        assert answer.json()["limit_bytes"] == MAX_PDF_BYTES


def test_a_body_of_another_kind_and_a_missing_file_are_refused(anonymous):
    assert anonymous.post(DOOR, {}).status_code == 415
    answer = anonymous.client.post(DOOR, data={"other": "x"})
    assert answer.status_code == 400
    assert {one["code"] for one in answer.json()["errors"]} == {"unknown_field"} or {
        one["param"] for one in answer.json()["errors"]
    } >= {"file"}


def test_it_is_limited_by_address_also_on_the_page(db, settings, monkeypatch):
    from dossiers.api.validator import ValidateThrottle

    monkeypatch.setattr(ValidateThrottle, "calls", 2)
    pdf = draw("result.typ")
    assert [ask(pdf).status_code for _ in range(3)] == [200, 200, 429]
    page = Api().client.post("/validate", data={"file": named(pdf)})
    assert page.status_code == 429
    assert "Quá nhiều yêu cầu" in page.content.decode()


def test_the_page_tells_it_in_words_without_script_or_session(cast, drain):
    dossier = whole_way(cast)
    drain()
    pdf = paper(cast.owner, dossier, "result")
    client = Api().client
    empty = client.get("/validate")
    assert empty.status_code == 200
    assert 'enctype="multipart/form-data"' in empty.content.decode()
    answer = client.post("/validate", data={"file": named(pdf)})
    text = answer.content.decode()
    assert answer.status_code == 200
    for words in (
        "Giấy tờ do hệ thống này cấp, còn nguyên vẹn.",
        dossier["code"],
        WARD,
        "có dấu thời gian",
        "Không thay đổi",
    ):
        assert words in text, words
    assert "<script" not in text
    assert "Lan" not in text
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    changed = client.post("/validate", data={"file": named(pdf + b"x")})
    assert "đã bị thay đổi sau khi ký" in changed.content.decode()
    refused = client.post("/validate", data={"file": named(b"GIF89a")})
    assert refused.status_code == 415
    assert "image/" not in refused.content.decode()
    nothing = client.post("/validate", data={})
    assert (nothing.status_code, "Tệp rỗng" in nothing.content.decode()) == (400, True)


def test_a_signed_paper_made_twice_is_kept_once(cast, drain, clock):
    from common import clock as real

    dossier = whole_way(cast)
    drain()
    document = Document.objects.get(dossier_id=dossier["id"], kind="result")
    kept = document.file_id
    assert papers.make(document_id=document.id, now=real.now()) is False
    document.refresh_from_db()
    assert document.file_id == kept
    # Killed before it was recorded: the next run makes it whole, and the first to record stays.
    Document.objects.filter(id=document.id).update(file=None)
    assert papers.make(document_id=document.id, now=real.now()) is True
    assert papers.make(document_id=document.id, now=real.now()) is False
    assert papers.make(document_id=f"doc_{uuid.uuid4().hex}", now=real.now()) is False
    assert Document.objects.filter(dossier_id=dossier["id"], kind="result").count() == 1
