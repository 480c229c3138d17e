"""A large file over a bad network: parts lost, repeated, out of order, damaged, somebody else's."""

import base64
import hashlib
import random
import uuid

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from common.models import LoosePlace, StoredFile
from dossiers.models import Upload, UploadPart
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received
from tests.files import samples

PART = 512 * 1024


def start(api, data, *, upload_id=None, name="giấy khai sinh.jpg", key="", **more):
    return api.post(
        "/api/v1/uploads",
        {
            "id": upload_id or str(uuid.uuid4()),
            "file_name": name,
            "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            **more,
        },
        key=key,
    )


def piece(data, number):
    return data[(number - 1) * PART : number * PART]


def digest(data):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def put(api, upload, number, data, *, version=1, **headers):
    sent = {"If-Match": f'"{version}"', "Content-Digest": digest(data)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return api.client.put(
        f"/api/v1/uploads/{upload['id']}/parts/{number}",
        data=data,
        content_type="application/octet-stream",
        headers=api._headers(**{name: value for name, value in sent.items() if value}),
    )


def complete(api, upload, **kwargs):
    return api.post(f"/api/v1/uploads/{upload['id']}/complete", {}, **kwargs)


def look(api, upload):
    return api.get(f"/api/v1/uploads/{upload['id']}")


def sent_in_parts(api, data, **kwargs):
    upload = start(api, data, **kwargs).json()
    for number in upload["missing"]:
        assert put(api, upload, number, piece(data, number)).status_code == 200
    answer = complete(api, upload)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture(scope="module")
def photo():
    """A photograph of five parts, the last one short."""
    noise = random.Random(7).randbytes(1900 * 1200 * 3)  # noqa: S311 - the same each time

    out = samples.file(b"")
    Image.frombytes("RGB", (1900, 1200), noise).save(out, "JPEG", quality=93)
    data = out.getvalue()
    assert 4 * PART < len(data) < 5 * PART
    return data


def files_on_disk(tmp_path):
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_parts_in_any_order_make_the_file_and_progress_is_told(cast, photo):
    upload = start(cast.owner, photo, media_type="image/jpeg").json()
    assert (upload["part_bytes"], upload["part_count"]) == (PART, 5)
    assert (upload["state"], upload["missing"], upload["file"]) == ("open", [1, 2, 3, 4, 5], None)
    left = {1, 2, 3, 4, 5}
    for number in (5, 2, 4, 1, 3):
        answer = put(cast.owner, upload, number, piece(photo, number))
        left.remove(number)
        assert answer.status_code == 200, answer.content
        assert answer.json()["missing"] == sorted(left)
        assert look(cast.owner, upload).json() == answer.json()
    done = complete(cast.owner, upload)
    assert done.status_code == 201, done.content
    assert (done.json()["state"], done.json()["missing"]) == ("complete", [])
    kept = done.json()["file"]
    assert (kept["media_type"], kept["scan"]) == ("image/jpeg", "clean")
    assert StoredFile.objects.get().sha256 == kept["sha256"] != upload["sha256"]
    assert UploadPart.objects.count() == 0


def test_a_lost_answer_is_repeated_without_harm(cast, photo, tmp_path):
    upload = start(cast.owner, photo, key="bat-dau-tai-len").json()
    again = start(cast.owner, photo, upload_id=upload["id"], key="bat-dau-khoa-khac")
    assert (again.status_code, again.json()) == (201, upload)
    for _ in range(3):
        answer = put(cast.owner, upload, 1, piece(photo, 1))
        assert (answer.status_code, answer.json()["missing"]) == (200, [2, 3, 4, 5])
    for number in (2, 3, 4, 5):
        put(cast.owner, upload, number, piece(photo, number))
    first = complete(cast.owner, upload, key="xong-mot-lan")
    again = complete(cast.owner, upload, key="xong-mot-lan")
    other = complete(cast.owner, upload, key="xong-lan-khac")
    assert first.json() == again.json() == other.json()
    assert again["Idempotent-Replayed"] == "true"
    assert StoredFile.objects.count() == 1


def test_a_missing_part_is_named_and_can_be_sent_later(cast, photo):
    upload = start(cast.owner, photo).json()
    for number in (1, 3, 5):
        put(cast.owner, upload, number, piece(photo, number))
    early = complete(cast.owner, upload)
    assert (early.status_code, early.json()["code"]) == (409, "upload_incomplete")
    assert early.json()["missing"] == [2, 4]
    # The phone was off meanwhile, and another one goes on.
    [known] = cast.owner.get("/api/v1/uploads").json()["items"]
    assert (known["id"], known["missing"]) == (upload["id"], [2, 4])
    for number in known["missing"]:
        put(cast.owner, known, number, piece(photo, number))
    assert complete(cast.owner, upload).status_code == 201


def test_a_part_that_the_storage_lost_or_spoilt_is_asked_for_again(cast, photo):
    upload = start(cast.owner, photo).json()
    for number in upload["missing"]:
        put(cast.owner, upload, number, piece(photo, number))
    lost, spoilt = (UploadPart.objects.get(number=number).place for number in (2, 4))
    default_storage.delete(lost)
    with open(default_storage.path(spoilt), "r+b") as handle:
        handle.seek(2000)
        handle.write(b"!!!!")
    answer = complete(cast.owner, upload)
    assert (answer.status_code, answer.json()["missing"]) == (409, [2, 4])
    assert look(cast.owner, upload).json()["missing"] == [2, 4]
    for number in (2, 4):
        put(cast.owner, upload, number, piece(photo, number))
    assert complete(cast.owner, upload).status_code == 201


@pytest.mark.parametrize(
    ("number", "cut", "headers", "status", "code"),
    [
        (1, 0, {"Content_Digest": digest(b"khac")}, 422, "content_digest_wrong"),
        (1, 0, {"Content_Digest": ""}, 400, "content_digest_missing"),
        (1, 0, {"Content_Digest": "md5=:AAAA:"}, 400, "content_digest_missing"),
        (1, 0, {"Content_Digest": f"sha-256=:{'=' * 44}:"}, 400, "content_digest_missing"),
        (1, 1, {}, 400, "part_size_wrong"),
        (1, -1, {}, 400, "part_size_wrong"),
        (1, PART, {}, 400, "part_size_wrong"),
        (0, 0, {}, 404, "no_such_part"),
        (6, 0, {}, 404, "no_such_part"),
        ("mot", 0, {}, 404, "not_found"),
        (1, 0, {"If_Match": ""}, 428, "if_match_required"),
        (1, 0, {"If_Match": '"2"'}, 412, "stale_version"),
    ],
)
def test_a_part_that_is_not_right_is_refused_and_not_kept(
    cast, photo, tmp_path, number, cut, headers, status, code
):
    upload = start(cast.owner, photo).json()
    data = photo[: PART - cut]
    answer = put(cast.owner, upload, number, data, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert (UploadPart.objects.count(), files_on_disk(tmp_path)) == (0, [])
    assert look(cast.owner, upload).json() == upload


def test_the_exact_size_of_a_part_is_told(cast, photo):
    upload = start(cast.owner, photo).json()
    answer = put(cast.owner, upload, 5, piece(photo, 1))
    assert answer.json()["expected_bytes"] == len(photo) - 4 * PART
    assert put(cast.owner, upload, 9, b"x").json()["part_count"] == 5


def test_a_whole_file_of_another_checksum_is_refused(cast, photo):
    upload = start(cast.owner, photo, sha256="0" * 64).json()
    for number in upload["missing"]:
        put(cast.owner, upload, number, piece(photo, number))
    answer = complete(cast.owner, upload)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_checksum_wrong")
    assert answer.json()["found_sha256"] == hashlib.sha256(photo).hexdigest()
    assert StoredFile.objects.count() == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (samples.jpeg() + samples.EICAR, "file_infected"),
        (samples.archive(), "file_type_refused"),
        (samples.pdf(catalog=b"/OpenAction<</S/JavaScript>>"), "file_unsafe"),
    ],
)
def test_a_refused_file_is_refused_for_good_and_its_parts_go(cast, tmp_path, data, code):
    from common import clock
    from dossiers.actions import sweep

    upload = start(cast.owner, data).json()
    put(cast.owner, upload, 1, data)
    answer = complete(cast.owner, upload)
    assert answer.json()["code"] == code
    shown = look(cast.owner, upload).json()
    assert (shown["state"], shown["refusal"], shown["file"]) == ("refused", code, None)
    again = complete(cast.owner, upload)
    assert (again.status_code, again.json()["code"]) == (409, "upload_closed")
    assert again.json()["refusal"] == code
    late = put(cast.owner, upload, 1, data, version=2)
    assert (late.status_code, late.json()["code"]) == (409, "upload_closed")
    sweep.sweep(now=clock.now())
    assert (StoredFile.objects.count(), UploadPart.objects.count()) == (0, 0)
    assert (LoosePlace.objects.count(), files_on_disk(tmp_path)) == (0, [])


def test_what_is_too_large_or_of_a_wrong_type_is_refused_before_a_byte_is_sent(cast):
    huge = start(cast.owner, b"x", size_bytes=100 * 1024 * 1024)
    assert (huge.status_code, huge.json()["code"]) == (413, "file_too_large")
    assert huge.json()["limit_bytes"] == 50 * 1024 * 1024
    film = start(cast.owner, b"x", media_type="video/mp4")
    assert (film.status_code, film.json()["code"]) == (415, "file_type_refused")
    assert film.json()["accepted"] == ["application/pdf", "image/heic", "image/jpeg", "image/png"]
    assert Upload.objects.count() == 0


def test_open_uploads_are_limited_and_the_limit_is_told(cast):
    for _ in range(10):
        assert start(cast.owner, b"x").status_code == 201
    over = start(cast.owner, b"x")
    assert (over.status_code, over.json()["code"]) == (409, "too_many_uploads")
    assert (over.json()["limit_uploads"], over.json()["limit_bytes"]) == (10, 150 * 1024 * 1024)
    for _ in range(3):
        assert start(cast.stranger, b"x", size_bytes=50 * 1024 * 1024).status_code == 201
    assert start(cast.stranger, b"x").json()["code"] == "too_many_uploads"


def test_an_id_in_use_for_another_file_is_refused(cast, photo):
    upload = start(cast.owner, photo).json()
    other = start(cast.owner, b"another", upload_id=upload["id"])
    assert (other.status_code, other.json()["code"]) == (409, "upload_id_taken")


def test_two_citizens_may_choose_the_same_id_and_reach_only_their_own(cast, photo):
    upload = start(cast.owner, photo).json()
    other = samples.pdf()
    assert start(cast.stranger, other, upload_id=upload["id"]).status_code == 201
    put(cast.owner, upload, 1, piece(photo, 1))
    assert look(cast.stranger, upload).json()["missing"] == [1]
    assert look(cast.owner, upload).json()["missing"] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("anonymous", 401), ("reception", 403)]
)
def test_nobody_else_reaches_an_upload_by_any_method(cast, photo, who, status):
    upload = start(cast.owner, photo).json()
    put(cast.owner, upload, 1, piece(photo, 1))
    before = look(cast.owner, upload).json()
    other = getattr(cast, who)
    address = f"/api/v1/uploads/{upload['id']}"
    answers = [
        other.get(address),
        put(other, upload, 1, piece(photo, 2)),
        put(other, upload, 2, piece(photo, 2)),
        other.delete(address, version=1),
        complete(other, upload),
    ]
    assert [answer.status_code for answer in answers] == [status] * 5
    assert look(cast.owner, upload).json() == before
    draft = stories.start(cast.stranger).json()
    stolen = cast.stranger.post(
        f"/api/v1/drafts/{draft['id']}/attachments",
        {"paper_key": stories.PAPER, "upload_id": upload["id"]},
    )
    assert (stolen.status_code, stolen.json()["code"]) == (404, "not_found")


def test_a_finished_upload_is_attached_by_its_id_once_for_one_key(cast, photo):
    upload = sent_in_parts(cast.owner, photo)
    draft = stories.start(cast.owner).json()
    address = f"/api/v1/drafts/{draft['id']}/attachments"
    body = {"paper_key": stories.PAPER, "upload_id": upload["id"]}
    first = cast.owner.post(address, body, key="dinh-kem-mot-lan")
    assert first.status_code == 201, first.content
    assert first.json()["sha256"] == upload["file"]["sha256"]
    assert first.json()["file_name"] == "giấy khai sinh.jpg"
    again = cast.owner.post(address, body, key="dinh-kem-mot-lan")
    assert again.json() == first.json()
    assert cast.owner.delete(f"/api/v1/uploads/{upload['id']}", version=2).status_code == 204
    content = cast.owner.get(f"{address}/{first.json()['id']}/content")
    assert hashlib.sha256(content.content).hexdigest() == first.json()["sha256"]


def test_an_upload_that_is_not_finished_cannot_be_attached(cast, photo):
    upload = start(cast.owner, photo).json()
    draft = stories.start(cast.owner).json()
    answer = cast.owner.post(
        f"/api/v1/drafts/{draft['id']}/attachments",
        {"paper_key": stories.PAPER, "upload_id": upload["id"]},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_not_complete")


def test_a_finished_upload_answers_a_supplement(cast, photo):
    dossier = received(cast)
    move(
        cast.reception,
        dossier,
        "request_supplement",
        2,
        reason="Ảnh mờ",
        papers=[stories.PAPER],
    )
    upload = sent_in_parts(cast.owner, photo)
    address = f"/api/v1/dossiers/{dossier['id']}/attachments"
    body = {"paper_key": stories.PAPER, "upload_id": upload["id"]}
    first = cast.owner.post(address, body, key="bo-sung-mot-lan")
    assert first.status_code == 201, first.content
    assert cast.owner.post(address, body, key="bo-sung-mot-lan").json() == first.json()
    content = cast.owner.get(f"{address}/{first.json()['id']}/content")
    assert hashlib.sha256(content.content).hexdigest() == first.json()["sha256"]
    assert cast.stranger.get(f"{address}/{first.json()['id']}/content").status_code == 404


def test_a_cancelled_upload_leaves_nothing(cast, photo, tmp_path):
    from common import clock
    from dossiers.actions import sweep

    upload = start(cast.owner, photo).json()
    put(cast.owner, upload, 1, piece(photo, 1))
    address = f"/api/v1/uploads/{upload['id']}"
    assert cast.owner.delete(address).status_code == 428
    assert cast.owner.delete(address, version=9).status_code == 412
    assert cast.owner.delete(address, version=1).status_code == 204
    assert cast.owner.get(address).status_code == 404
    sweep.sweep(now=clock.now())
    assert (Upload.objects.count(), UploadPart.objects.count()) == (0, 0)
    assert files_on_disk(tmp_path) == []


def test_parts_are_unreadable_where_they_rest(cast, photo, tmp_path):
    upload = start(cast.owner, photo).json()
    put(cast.owner, upload, 1, piece(photo, 1))
    [stored] = files_on_disk(tmp_path)
    assert photo[:100] not in stored.read_bytes()
    assert photo[50_000:50_100] not in stored.read_bytes()


def test_the_number_of_queries_does_not_grow_with_the_uploads(cast, photo, count_queries):
    counts = []
    for many in (1, 4):
        for _ in range(many):
            upload = start(cast.owner, photo).json()
            put(cast.owner, upload, 1, piece(photo, 1))
        with count_queries() as queries:
            assert cast.owner.get("/api/v1/uploads").status_code == 200
        counts.append(len(queries))
    assert counts == [4, 4]
