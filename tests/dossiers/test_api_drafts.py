"""A form that already knows the citizen."""

import uuid

import pytest

from tests.dossiers import stories


def prefilled(draft):
    return {item["field"]: item for item in draft["prefilled"]}


def test_without_consent_nothing_is_prefilled(cast):
    draft = stories.start(cast.owner).json()
    assert draft["prefilled"] == []
    assert draft["answers"] == {}


def test_under_consent_the_identity_fills_its_fields_and_locks_them(cast):
    stories.agree(cast.owner)
    draft = stories.start(cast.owner).json()
    assert draft["answers"] == {
        "nyc_ho_ten": "Nguyễn Thị Lan",
        "nyc_so_dinh_danh": "092195000001",
    }
    known = prefilled(draft)["nyc_ho_ten"]
    assert (known["source"], known["locked"], known["verified"]) == ("identity", True, True)


def test_the_subject_is_prefilled_once_the_applicant_says_it_is_themselves(cast):
    stories.agree(cast.owner)
    draft = stories.start(cast.owner).json()
    assert "sj_ho_ten" not in draft["answers"]
    saved = cast.owner.patch(
        f"/api/v1/drafts/{draft['id']}",
        {"answers": {"nyc_quan_he": "ban_than"}},
        version=draft["version"],
    ).json()
    assert saved["answers"]["sj_ho_ten"] == "Nguyễn Thị Lan"
    assert saved["answers"]["sj_ngay_sinh"] == "1995-03-14"
    assert saved["answers"]["sj_gioi_tinh"] == "female"


def test_a_withdrawn_consent_empties_the_very_next_answer(cast):
    stories.agree(cast.owner)
    draft = stories.start(cast.owner).json()
    stories.agree(cast.owner, decision="withdraw")
    again = cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()
    assert (again["answers"], again["prefilled"]) == ({}, [])


def test_a_304_never_hides_a_withdrawn_consent(cast):
    stories.agree(cast.owner)
    draft = stories.start(cast.owner).json()
    address = f"/api/v1/drafts/{draft['id']}"
    seen = cast.owner.get(address)["ETag"]
    assert cast.owner.get(address, **{"If-None-Match": seen}).status_code == 304
    stories.agree(cast.owner, decision="withdraw")
    again = cast.owner.get(address, **{"If-None-Match": seen})
    assert (again.status_code, again.json()["answers"]) == (200, {})
    saved = cast.owner.patch(address, {"answers": {"so_ban_sao": 2}}, **{"If-Match": again["ETag"]})
    assert saved.status_code == 200


def test_a_value_of_the_identity_cannot_be_changed(cast):
    stories.agree(cast.owner)
    draft = stories.start(cast.owner).json()
    answer = cast.owner.patch(
        f"/api/v1/drafts/{draft['id']}",
        {"answers": {"nyc_ho_ten": "Người Khác"}},
        version=draft["version"],
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "identity_value_locked"
    assert answer.json()["errors"][0]["pointer"] == "/answers/nyc_ho_ten"
    again = cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()
    assert (again["version"], again["answers"]["nyc_ho_ten"]) == (1, "Nguyễn Thị Lan")


def test_all_failures_come_at_once_as_json_pointers(cast):
    draft = stories.start(cast.owner).json()
    pointers = [item["pointer"] for item in draft["failures"] if item["code"] == "required"]
    assert pointers == [
        "/answers/doi_tuong",
        "/answers/noi_da_dang_ky",
        "/answers/nyc_dien_thoai",
        "/answers/nyc_ho_ten",
        "/answers/nyc_noi_cu_tru",
        "/answers/nyc_quan_he",
        "/answers/nyc_so_dinh_danh",
        "/answers/sj_ho_ten",
        "/answers/sj_ngay_sinh",
        "/answers/so_ban_sao",
    ]


def test_the_same_id_returns_the_same_draft_and_another_service_is_refused(cast):
    draft_id = str(uuid.uuid4())
    first = stories.start(cast.owner, draft_id=draft_id).json()
    again = stories.start(cast.owner, draft_id=draft_id)
    assert (again.status_code, again.json()["created_at"]) == (201, first["created_at"])
    other = stories.start(cast.owner, stories.MARRIAGE, draft_id=draft_id)
    assert (other.status_code, other.json()["code"]) == (409, "draft_id_taken")


def test_two_citizens_may_choose_the_same_id_and_see_only_their_own(cast):
    draft_id = str(uuid.uuid4())
    assert stories.start(cast.owner, draft_id=draft_id).status_code == 201
    assert stories.start(cast.stranger, stories.MARRIAGE, draft_id=draft_id).status_code == 201
    assert cast.owner.get(f"/api/v1/drafts/{draft_id}").json()["service_code"] == stories.EXTRACT


def test_a_counter_only_service_refuses_an_online_draft(cast):
    answer = stories.start(cast.owner, "2.000815")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_online")
    assert answer.json()["service_code"] == "2.000815"


@pytest.mark.parametrize("field", ["constructor", "__proto__", "nyc_ho_ten ", ""])
def test_an_unknown_field_is_refused_by_name(cast, field):
    draft = stories.start(cast.owner).json()
    answer = cast.owner.patch(
        f"/api/v1/drafts/{draft['id']}", {"answers": {field: "x"}}, version=draft["version"]
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "unknown_field"


def test_autosave_takes_the_version_that_was_read(cast):
    draft = stories.start(cast.owner).json()
    address = f"/api/v1/drafts/{draft['id']}"
    body = {"answers": {"so_ban_sao": 2}}
    assert cast.owner.patch(address, body).status_code == 428
    assert cast.owner.patch(address, body, version=draft["version"]).status_code == 200
    stale = cast.owner.patch(address, body, version=draft["version"])
    assert (stale.status_code, stale.json()["version"]) == (412, 2)


def test_a_half_filled_form_is_saved_and_null_empties_a_field(cast):
    stories.agree(cast.owner)
    draft = stories.filled(cast.owner)
    address = f"/api/v1/drafts/{draft['id']}"
    locked = cast.owner.patch(
        address, {"answers": {"sj_gioi_tinh": None}}, version=draft["version"]
    )
    assert locked.json()["errors"][0]["code"] == "identity_value_locked"
    emptied = cast.owner.patch(
        address, {"answers": {"nyc_dien_thoai": None}}, version=draft["version"]
    ).json()
    assert "nyc_dien_thoai" not in emptied["answers"]


def attach(api, draft, file=None, paper=stories.PAPER, **kwargs):
    return api.upload(
        f"/api/v1/drafts/{draft['id']}/attachments",
        paper_key=paper,
        file=file or stories.picture(),
        **kwargs,
    )


def test_a_picture_is_attached_under_a_safe_name(cast):
    draft = stories.start(cast.owner).json()
    answer = attach(cast.owner, draft)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["media_type"], made["file_name"]) == ("image/jpeg", "căn cước.jpg")
    content = cast.owner.get(f"/api/v1/drafts/{draft['id']}/attachments/{made['id']}/content")
    assert content.content[:3] == b"\xff\xd8\xff"
    assert content["Content-Disposition"].startswith("attachment;")
    papers = cast.owner.get(f"/api/v1/drafts/{draft['id']}").json()["papers"]
    assert [one["id"] for paper in papers for one in paper["attachments"]] == [made["id"]]


def test_the_same_upload_repeated_is_one_attachment(cast):
    draft = stories.start(cast.owner).json()
    first = attach(cast.owner, draft, key="tai-len-mot-lan")
    again = attach(cast.owner, draft, key="tai-len-mot-lan")
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.pdf", b"<html><script>alert(1)</script>", 415, "file_type_refused"),
        ("a.jpg", b"\xff\xd8\xff" + b"not a picture", 422, "file_unreadable"),
        ("a.jpg", b"MZ\x90\x00", 415, "file_type_refused"),
        ("big.pdf", b"%PDF-1.7" + b"0" * (10 * 1024 * 1024), 413, "file_too_large"),
        (
            "v.pdf",
            b"%PDF-1.7 "
            + rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$"
            + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
            422,
            "file_infected",
        ),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_and_not_kept(
    cast, tmp_path, name, content, status, code
):
    import io

    from common.models import StoredFile

    draft = stories.start(cast.owner).json()
    file = io.BytesIO(content)
    file.name = name
    answer = attach(cast.owner, draft, file)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert StoredFile.objects.count() == 0
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_the_limit_is_told_in_the_error(cast):
    import io

    draft = stories.start(cast.owner).json()
    file = io.BytesIO(b"%PDF-1.7" + b"0" * (10 * 1024 * 1024))
    file.name = "to.pdf"
    assert attach(cast.owner, draft, file).json()["limit_bytes"] == 10 * 1024 * 1024


def test_a_paper_that_is_not_asked_for_is_refused(cast):
    draft = stories.start(cast.owner).json()
    answer = attach(cast.owner, draft, paper="something")
    assert answer.json()["errors"][0]["code"] == "unknown_paper"


def test_a_discarded_draft_is_gone_with_what_was_typed(cast):
    from dossiers.models import Draft

    draft = stories.filled(cast.owner)
    address = f"/api/v1/drafts/{draft['id']}"
    assert cast.owner.delete(address, version=draft["version"]).status_code == 204
    assert cast.owner.get(address).status_code == 404
    assert Draft.objects.get().answers == {}


@pytest.mark.parametrize("who", ["stranger", "anonymous", "reception"])
def test_nobody_else_reaches_a_draft_by_any_method(cast, who):
    draft = stories.filled(cast.owner)
    other = getattr(cast, who)
    expected = {"stranger": 404, "anonymous": 401, "reception": 403}[who]
    address = f"/api/v1/drafts/{draft['id']}"
    answers = [
        other.get(address),
        other.patch(address, {"answers": {"so_ban_sao": 9}}, version=draft["version"]),
        other.delete(address, version=draft["version"]),
        other.post(f"{address}/submit", {}),
        attach(other, draft),
        other.post(f"{address}/reused-papers", {"paper_key": stories.PAPER, "paper_id": "pap_x"}),
    ]
    assert [answer.status_code for answer in answers] == [expected] * len(answers)
    assert cast.owner.get(address).json() == draft | {
        "papers": draft["papers"],
    }


def test_the_number_of_queries_does_not_grow_with_the_drafts(cast, count_queries):
    counts = []
    for _ in range(2):
        stories.start(cast.owner)
        with count_queries() as queries:
            assert cast.owner.get("/api/v1/drafts").status_code == 200
        counts.append(len(queries))
    for _ in range(3):
        stories.start(cast.owner)
    with count_queries() as queries:
        cast.owner.get("/api/v1/drafts")
    assert [*counts, len(queries)] == [3, 3, 3]


def test_every_service_of_level_none_refuses_an_online_draft(cast):
    from services.models import ProcedureVersion

    codes = ProcedureVersion.objects.filter(online_level="none").order_by("procedure_id")
    found = list(codes.values_list("procedure_id", flat=True))
    assert len(found) == 23
    for code in found:
        assert stories.start(cast.owner, code).json()["code"] == "not_online", code


def test_the_number_of_files_is_limited_and_the_limit_is_told(cast):
    draft = stories.start(cast.owner).json()
    limits = draft["upload_limits"]
    for number in range(limits["max_files"]):
        made = attach(cast.owner, draft, stories.picture(size=(10 + number, 10)))
        assert made.status_code == 201
    over = attach(cast.owner, draft, stories.picture(size=(99, 99)))
    assert (over.status_code, over.json()["code"]) == (409, "too_many_files")
    assert over.json()["limit_files"] == limits["max_files"] == 20
