"""Steps of a hand-over that several tests tell: invited, accepted, proved, filed."""

from tests.dossiers import stories

MINH = "+84900000002"
MINH_NUMBER = "092094000002"
# What the representative types: the form's applicant is an authorised person.
ANSWERS = {
    **stories.ANSWERS,
    "nyc_quan_he": "nguoi_duoc_uy_quyen",
    "nyc_ho_ten": "Trần Văn Minh",
    "nyc_so_dinh_danh": MINH_NUMBER,
    "nyc_dien_thoai": MINH,
    "sj_ho_ten": "Nguyễn Thị Lan",
    "sj_ngay_sinh": "1995-03-14",
}


def invite(api, draft, **body):
    body = body or {"phone": MINH}
    return api.post(f"/api/v1/drafts/{draft['id']}/representation", body)


def invited(cast, draft=None, **body):
    draft = draft or stories.start(cast.owner).json()
    answer = invite(cast.owner, draft, **body)
    assert answer.status_code == 201, answer.content
    return draft, answer.json()


def accept(api, row, yes=True):
    return api.post(f"/api/v1/representations/{row['id']}/answer", {"accept": yes})


def handed(cast, draft=None, **body):
    """Return a draft and the representation under which `cast.stranger` (Minh) holds it."""
    draft, row = invited(cast, draft, **body)
    answer = accept(cast.stranger, row)
    assert answer.status_code == 201, answer.content
    return draft, answer.json()


def prove(api, row, **kwargs):
    return api.upload(
        f"/api/v1/representations/{row['id']}/proof", file=stories.picture(), **kwargs
    )


def fill(cast, draft, answers=None):
    address = f"/api/v1/drafts/{draft['id']}"
    version = cast.stranger.get(address).json()["version"]
    saved = cast.stranger.patch(
        address,
        {"answers": ANSWERS if answers is None else answers, "receiving_agency": stories.OFFICE},
        version=version,
    )
    assert saved.status_code == 200, saved.content
    return saved.json()


def filed(cast, **body):
    """Return the representation and the dossier that the representative filed."""
    draft, row = handed(cast, **body)
    assert prove(cast.stranger, row).status_code == 201
    answer = stories.submit(cast.stranger, fill(cast, draft))
    assert answer.status_code == 201, answer.content
    return row, answer.json()


def end(api, row):
    return api.post(f"/api/v1/representations/{row['id']}/end", {})
