"""Steps that several tests tell: a consent, a filled draft, a submitted dossier."""

import io
import uuid

from PIL import Image

EXTRACT = "2.000635"
MARRIAGE = "1.000894"
RESIDENCE = {"line": "12 Nguyễn Trãi", "ward_code": "31135", "province_code": "92"}
ANSWERS = {
    "nyc_noi_cu_tru": RESIDENCE,
    "nyc_quan_he": "ban_than",
    "nyc_dien_thoai": "+84900000001",
    "doi_tuong": "khai_sinh",
    "noi_da_dang_ky": {"name": "Phường Ninh Kiều", "ward_code": "31135"},
    "so_ban_sao": 2,
}
PAPER = "000.00.00.G15-KQ004946"
OFFICE = "ttpvhcc-31135"


def agree(api, purpose="prefill", decision="grant"):
    answer = api.post(
        "/api/v1/me/consents",
        {"purpose": purpose, "decision": decision, "text_version": "2026-1"},
    )
    assert answer.status_code == 201, answer.content


def start(api, service=EXTRACT, draft_id=None, **kwargs):
    draft_id = draft_id or str(uuid.uuid4())
    body = {"id": draft_id, "service_code": service, "another": True}
    return api.post("/api/v1/drafts", body, **kwargs)


def picture(colour="white", size=(40, 30)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    out.seek(0)
    out.name = "căn cước.jpg"
    return out


def filled(api, answers=None, **kwargs):
    """Return a draft of an extract that can be submitted, as the server shows it."""
    draft = start(api, **kwargs).json()
    body = {"answers": dict(ANSWERS if answers is None else answers), "receiving_agency": OFFICE}
    known = {item["field"] for item in draft["prefilled"]}
    if "nyc_ho_ten" not in known:
        body["answers"] |= {
            "nyc_ho_ten": "Nguyễn Thị Lan",
            "nyc_so_dinh_danh": "092195000001",
            "sj_ho_ten": "Nguyễn Thị Lan",
            "sj_ngay_sinh": "1995-03-14",
        }
    saved = api.patch(f"/api/v1/drafts/{draft['id']}", body, version=draft["version"])
    assert saved.status_code == 200, saved.content
    return saved.json()


def submit(api, draft, **kwargs):
    return api.post(f"/api/v1/drafts/{draft['id']}/submit", {}, **kwargs)


def submitted(api, **kwargs):
    """Return a freshly submitted dossier."""
    answer = submit(api, filled(api, **kwargs))
    assert answer.status_code == 201, answer.content
    return answer.json()
