"""What may be kept of what people send: over HTTP, and what lies on the disk afterwards."""

import hashlib
import io
import zlib

import pytest
from PIL import Image

from common.models import LoosePlace, StoredFile
from tests.dossiers import stories
from tests.files import samples


@pytest.fixture
def send(cast):
    """Return a function that attaches bytes to a draft of the owner's."""
    draft = stories.start(cast.owner).json()

    def _send(data, name="giấy tờ.jpg", **kwargs):
        return cast.owner.upload(
            f"/api/v1/drafts/{draft['id']}/attachments",
            paper_key=stories.PAPER,
            file=samples.file(data, name),
            **kwargs,
        )

    _send.draft = f"/api/v1/drafts/{draft['id']}"
    return _send


@pytest.fixture
def on_disk(tmp_path):
    """Return a function that reads everything that lies in storage."""

    def _on_disk():
        found = sorted(path for path in (tmp_path / "files").rglob("*") if path.is_file())
        return [path.read_bytes() for path in found]

    return _on_disk


def kept(cast, send, made):
    answer = cast.owner.get(f"{send.draft}/attachments/{made['id']}/content")
    assert answer.status_code == 200, answer.content
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]
    return answer


@pytest.mark.parametrize(
    ("make", "name", "media_type", "shown"),
    [
        (samples.jpeg, "ảnh.jpg", "image/jpeg", "ảnh.jpg"),
        (samples.heic, "ảnh.heic", "image/jpeg", "ảnh.jpg"),
        (samples.png, "ảnh.png", "image/png", "ảnh.png"),
    ],
)
def test_a_picture_is_turned_upright_and_says_nothing_but_itself(
    cast, send, on_disk, make, name, media_type, shown
):
    data = make()
    assert b"Hang-dien-thoai" in data
    answer = send(data, name)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["media_type"], made["file_name"], made["scan"]) == (media_type, shown, "clean")
    content = kept(cast, send, made)
    assert content["Content-Type"] == media_type
    for private in (b"Hang-dien-thoai", b"chup tai nha", b"Exif", b"GPS"):
        assert private not in content.content
    picture = Image.open(io.BytesIO(content.content))
    picture.load()
    assert picture.size == (200, 400)
    assert dict(picture.getexif()) == {}
    red, white = picture.getpixel((190, 5)), picture.getpixel((5, 5))
    assert (red[0] > 240, red[1] < 30, min(white) > 240) == (True, True, True)
    assert len(on_disk()) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_of_holding_a_phone_comes_out_upright(cast, send, orientation):
    picture = samples.scene()
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    if orientation in back:
        picture = picture.transpose(back[orientation])
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, exif=samples.exif(orientation))
    content = kept(cast, send, send(out.getvalue()).json()).content
    upright = Image.open(io.BytesIO(content))
    assert upright.size == (400, 200)
    assert upright.getpixel((5, 5))[1] < 40
    assert upright.getpixel((395, 195))[1] > 220


def test_a_jpeg_keeps_its_quality(cast, send):
    content = kept(cast, send, send(samples.jpeg(1, quality=92, subsampling=0)).json()).content
    before = Image.open(io.BytesIO(samples.jpeg(1, quality=92, subsampling=0)))
    after = Image.open(io.BytesIO(content))
    assert after.quantization == before.quantization
    assert after.layer == before.layer


def test_a_cmyk_scan_and_a_picture_with_broken_exif_are_still_pictures(cast, send):
    out = io.BytesIO()
    Image.new("CMYK", (20, 20), (0, 0, 0, 0)).save(out, "JPEG")
    content = kept(cast, send, send(out.getvalue()).json()).content
    assert Image.open(io.BytesIO(content)).mode == "RGB"
    broken = samples.jpeg().replace(b"Exif\x00\x00II", b"Exif\x00\x00ZZ")
    broken = broken.replace(b"Exif\x00\x00MM", b"Exif\x00\x00ZZ")
    assert send(broken).status_code == 201


@pytest.mark.parametrize(
    "behind",
    [samples.archive(), b"<html><script>alert(1)</script>", samples.pdf(), b"SEFHe" + bytes(500)],
    ids=["archive", "html", "pdf", "what phones append"],
)
def test_of_a_picture_with_something_behind_it_only_the_picture_is_kept(cast, send, behind):
    made = send(samples.jpeg() + behind)
    assert made.status_code == 201
    content = kept(cast, send, made.json()).content
    assert behind[:8] not in content
    assert content.endswith(b"\xff\xd9")
    assert content.count(b"\xff\xd9") == 1


def test_a_pdf_stays_as_it_was_byte_for_byte(cast, send, on_disk):
    data = samples.pdf()
    made = send(data, "đơn.pdf").json()
    assert (made["media_type"], made["file_name"]) == ("application/pdf", "đơn.pdf")
    assert kept(cast, send, made).content == data
    [stored] = on_disk()
    assert data not in stored  # unreadable where it rests
    assert b"%PDF" not in stored


def test_a_signed_pdf_of_an_office_is_accepted(cast, send):
    from common import clock, signing

    office = signing.Signatory(key=stories.OFFICE, name="Trung tâm thử nghiệm")
    data = signing.sign(samples.pdf(), signatory=office, reason="thử", now=clock.now())
    made = send(data, "ket-qua.pdf")
    assert made.status_code == 201, made.content
    assert kept(cast, send, made.json()).content == data


SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
PACKED = zlib.compress(b"9 0 " + SCRIPT)
OBJECTS = b"/Type/ObjStm/N 1/First 4"


@pytest.mark.parametrize(
    ("data", "status", "code", "reason"),
    [
        (samples.pdf(catalog=b"/OpenAction" + SCRIPT), 422, "file_unsafe", "script"),
        (samples.pdf(catalog=b"/AA<</O<</J#53(x)>>>>"), 422, "file_unsafe", "script"),
        (
            samples.pdf(b"x", b"", samples.stream(PACKED, more=OBJECTS)),
            422,
            "file_unsafe",
            "script",
        ),
        (samples.pdf(catalog=b"/OpenAction<</S/Launch/F(a)>>"), 422, "file_unsafe", "launch"),
        (
            samples.pdf(catalog=b"/Names<</EmbeddedFiles 9 0 R>>"),
            422,
            "file_unsafe",
            "embedded_file",
        ),
        (samples.pdf(catalog=b"/AcroForm<</XFA 9 0 R>>"), 422, "file_unsafe", "dynamic_form"),
        (samples.locked_pdf(), 422, "file_unsafe", "encrypted"),
        (b"MZ junk\n" + samples.pdf(), 422, "file_unsafe", "leading_data"),
        (samples.pdf() + b"<script>", 422, "file_unsafe", "trailing_data"),
        (samples.archive(behind=samples.pdf()), 422, "file_unsafe", "trailing_data"),
        (
            samples.archive(samples.pdf())[:-2] + b"\x07\0\n%%EOF\n",
            422,
            "file_unsafe",
            "second_format",
        ),
        (
            samples.pdf(zlib.compress(samples.zeros(600)), filters=b"[/FlateDecode/FlateDecode]"),
            422,
            "file_unsafe",
            "inflates_too_much",
        ),
        (
            samples.pdf(b"x", b"", samples.stream(samples.zeros(80), more=OBJECTS)),
            422,
            "file_unsafe",
            "inflates_too_much",
        ),
        (
            samples.pdf(b"x", b"", *[b"<<>>"] * 20_001),
            422,
            "file_unsafe",
            "too_complex",
        ),
        (samples.pdf()[:-200], 422, "file_unreadable", None),
        (b"%PDF-1.7\n%%EOF", 422, "file_unreadable", None),
        (samples.png_bomb(), 422, "file_unsafe", "too_many_pixels"),
        (samples.jpeg() + b"\xff\xda" * 200, 422, "file_unsafe", "too_complex"),
        (samples.jpeg()[:-900], 422, "file_unreadable", None),
        (b"\xff\xd8\xff" + b"not a picture", 422, "file_unreadable", None),
        (samples.heic()[:300], 422, "file_unreadable", None),
        (samples.archive(), 415, "file_type_refused", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "file_type_refused", None),
        (b"GIF89a" + bytes(50), 415, "file_type_refused", None),
        (b"MZ\x90\x00" + bytes(50), 415, "file_type_refused", None),
        (samples.EICAR, 415, "file_type_refused", None),
        (samples.pdf()[:-7] + samples.EICAR + b"\n%%EOF\n", 422, "file_infected", None),
        (samples.jpeg() + samples.EICAR, 422, "file_infected", None),
        (b"", 400, "invalid", None),
    ],
)
def test_what_may_not_be_kept_is_refused_by_name_and_leaves_nothing(
    send, on_disk, data, status, code, reason
):
    answer = send(data, "giấy khai sinh.pdf")
    assert answer.status_code == status, answer.content
    assert (answer.json()["code"], answer.json().get("reason")) == (code, reason)
    assert (StoredFile.objects.count(), LoosePlace.objects.count(), on_disk()) == (0, 0, [])


def test_a_photo_of_100_mb_is_refused_before_it_is_read(cast, send, on_disk):
    answer = send(samples.jpeg() + bytes(100 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json()["limit_bytes"] == 10 * 1024 * 1024
    assert "10485760" in answer.json()["detail"]
    assert (StoredFile.objects.count(), on_disk()) == (0, [])


def test_the_limits_are_told_to_anybody_beforehand(anonymous, cast):
    answer = anonymous.get("/api/v1/upload-limits")
    told = answer.json()
    assert answer["Cache-Control"].startswith("public")
    assert told["max_file_bytes"] == 10 * 1024 * 1024
    assert told["max_upload_bytes"] == 50 * 1024 * 1024
    assert [(one["media_type"], one["kept_as"]) for one in told["media_types"]] == [
        ("application/pdf", "application/pdf"),
        ("image/jpeg", "image/jpeg"),
        ("image/png", "image/png"),
        ("image/heic", "image/jpeg"),
    ]
    shown = stories.start(cast.owner).json()["upload_limits"]
    kinds = shown.pop("media_types")
    assert kinds == sorted(one["media_type"] for one in told["media_types"])
    assert {name: told[name] for name in shown} == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\lan\\căn cước.jpeg", "căn cước.jpg"),
        ("Giấy khai sinh.jpg", "Giấy khai sinh.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\u200b\u2066b.jpg", "ab.jpg"),
        ('anh"; filename="x.exe', 'anh"; filename="x.jpg'),
        ("...", "tep.jpg"),
        ("ệ" * 300 + ".jpg", "ệ" * 190 + ".jpg"),
    ],
)
def test_a_file_name_is_shown_and_never_used(cast, send, on_disk, tmp_path, name, shown):
    # By way of an upload: JSON carries what a form's own parser would mend.
    from tests.files.test_uploads import sent_in_parts

    upload = sent_in_parts(cast.owner, samples.jpeg(), name=name)
    answer = cast.owner.post(
        f"{send.draft}/attachments", {"paper_key": stories.PAPER, "upload_id": upload["id"]}
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["file_name"] == shown
    header = kept(cast, send, answer.json())["Content-Disposition"]
    assert header.startswith("attachment; filename=\"tep.jpg\"; filename*=UTF-8''")
    assert header.isascii()
    assert header.count('"') == 2
    assert not any("passwd" in path.name for path in tmp_path.rglob("*"))


def test_a_name_that_breaks_a_header_or_a_database_is_refused(cast):
    for name in ("a\x00b.jpg", "\ud800.jpg"):
        answer = cast.owner.client.post(
            "/api/v1/uploads",
            data='{"id": "5f0c7c1e-8f0e-4a52-9a53-1d8ce1f4a201", "size_bytes": 5, "sha256": "'
            + "0" * 64
            + '", "file_name": '
            + ascii(name).replace("'", '"').replace("\\x00", "\\u0000")
            + "}",
            content_type="application/json",
            headers=cast.owner._headers(**{"Idempotency-Key": "ten-tep-xau"}),
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


def test_crlf_in_a_name_reaches_no_header(cast, send):
    made = send(samples.jpeg(), "a\r\nSet-Cookie: x=1.jpg")
    assert made.status_code == 201
    answer = kept(cast, send, made.json())
    assert "Set-Cookie" not in answer.headers
    assert "\n" not in made.json()["file_name"]
