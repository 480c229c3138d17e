"""Signatures: made, checked by ourselves and by an independent tool, and attacked."""

import datetime
import io
import pathlib
import shutil
import subprocess
import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError

from cantho_smart import checks
from common import signing
from common.signing import authority, inspection, keys
from tests.dossiers.test_papers import draw

NOW = datetime.datetime(2026, 11, 24, 3, tzinfo=datetime.UTC)
WARD = signing.Signatory("ubnd-31135", "Ủy ban nhân dân phường Ninh Kiều")
PDFSIG = shutil.which("pdfsig")
needs_pdfsig = pytest.mark.skipif(
    PDFSIG is None, reason="poppler-utils is no part of a bare machine; .ci/run installs it"
)


@pytest.fixture(autouse=True)
def _authority(tmp_path, settings):
    settings.SIGNING_DIR = str(tmp_path / "signing")


@pytest.fixture
def paper():
    return draw("result.typ", paragraphs=["Cấp 02 bản sao"])


@pytest.fixture
def signed(paper):
    return signing.sign(paper, signatory=WARD, reason="Kết quả giải quyết", now=NOW)


def pdfsig(pdf, tmp_path):
    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(
        [PDFSIG, "-nocert", str(file)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def signed_range(pdf):
    """Return where the container of the signature begins and ends: all else is what was signed."""
    first = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
    start, length, again, _ = (int(one) for one in first.byte_range)
    return start + length, again


def flipped(pdf, at):
    changed = bytearray(pdf)
    changed[at] ^= 1
    return bytes(changed)


def standing(pdf):
    """Return whether we would call a file sound; one that cannot even be read is not."""
    try:
        found = signing.check(pdf, now=NOW)
    except signing.Unreadable:
        return False
    return found is not None and found.whole and found.trusted


def test_a_signature_says_who_and_when_with_a_proof_of_the_time(signed):
    found = signing.check(signed, now=NOW + datetime.timedelta(days=400))
    assert found == signing.Finding(
        whole=True,
        ours=True,
        trusted=True,
        signer=WARD.name,
        signed_at=NOW,
        time_proved=True,
    )


def test_a_paper_without_a_signature_is_not_even_read(paper):
    assert signing.check(paper, now=NOW) is None


@needs_pdfsig
def test_an_independent_tool_finds_it_valid_and_whole(signed, tmp_path):
    told = pdfsig(signed, tmp_path)
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert "SHA-256" in told
    assert WARD.name in told
    assert "THU NGHIEM" in told


@needs_pdfsig
def test_one_changed_byte_anywhere_in_what_was_signed_breaks_it_for_that_tool(signed, tmp_path):
    before, after = signed_range(signed)
    # The first bytes name the format, the last ones where the file ends; all others are content.
    places = [*range(0, before - 1, before // 23), *range(after + 1, len(signed), 97)]
    assert len(places) > 25
    for at in places:
        told = pdfsig(flipped(signed, at), tmp_path)
        assert "Signature is Valid" not in told, (at, told)


def test_one_changed_byte_anywhere_in_what_was_signed_breaks_it_for_us(signed):
    before, after = signed_range(signed)
    roots = keys.configured().roots()
    assert inspection.inspect(signed, roots, NOW)["whole"]
    places = [*range(0, before - 1, before // 47), *range(after + 1, len(signed), 31)]
    assert len(places) > 60
    for at in places:
        try:
            told = inspection.inspect(flipped(signed, at), roots, NOW)
        except Exception:  # noqa: S112 - whatever it is, `check` calls it unreadable
            continue
        assert not told.get("whole"), (at, told)
    assert standing(signed)
    assert not standing(flipped(signed, before // 2))


def test_bytes_put_after_the_end_are_seen(signed):
    assert not standing(signed + b"\n%a comment\n")
    found = signing.check(signed + b"\n%a comment\n", now=NOW)
    assert (found.ours, found.whole) == (True, False)


def test_a_new_revision_over_the_signed_one_is_seen(signed, tmp_path):
    """The attack that leaves every signed byte alone and shows another page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    text = generic.StreamObject(stream_data=b"BT /F1 40 Tf 1 0 0 1 72 400 Tm (20 BAN SAO) Tj ET")
    page["/Contents"] = writer.add_object(text)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    shown = out.getvalue()
    assert shown.startswith(signed)
    found = signing.check(shown, now=NOW)
    assert (found.ours, found.whole) == (True, False)
    if PDFSIG:
        assert "Not total document signed" in pdfsig(shown, tmp_path)


def test_a_tool_that_keeps_the_rules_refuses_to_add_anything(signed, settings, tmp_path):
    settings.SIGNING_DIR = str(tmp_path / "other")
    other = authority.DevelopmentKeys().signer(signing.Signatory("a", "Cơ quan lạ"))
    pen = signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name="Second"),
        signer=other,
        new_field_spec=fields.SigFieldSpec("Second"),
    )
    with pytest.raises(SigningError, match="forbids all changes"):
        pen.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(signed)))


def test_another_authority_is_not_trusted_even_with_our_names(paper, settings, tmp_path):
    settings.SIGNING_DIR = str(tmp_path / "forger")
    forged = signing.sign(paper, signatory=WARD, reason="Kết quả giải quyết", now=NOW)
    settings.SIGNING_DIR = str(tmp_path / "signing")
    found = signing.check(forged, now=NOW)
    assert found.signer == WARD.name
    assert (found.ours, found.trusted) == (False, False)


@pytest.mark.django_db
def test_rotation_signs_with_the_new_keys_and_the_old_papers_stay_valid(
    paper, signed, settings, capsys
):
    directory = pathlib.Path(settings.SIGNING_DIR)
    call_command("make_ca")
    assert len(authority.generations(directory)) == 1
    call_command("make_ca", "--rotate", "--agency", "ubnd-31135")
    told = capsys.readouterr().out
    assert told.count("SHA-256") == 3
    assert (directory / "0002" / "agencies" / "ubnd-31135.p12").stat().st_mode & 0o077 == 0
    new = signing.sign(paper, signatory=WARD, reason="Kết quả giải quyết", now=NOW)
    issuers = [
        PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].signer_cert.issuer.native
        for pdf in (signed, new)
    ]
    assert [one["common_name"] for one in issuers] == ["DEMO issuing 1", "DEMO issuing 2"]
    assert standing(signed)
    assert standing(new)
    shutil.rmtree(directory / "0001")
    assert not standing(signed)
    assert standing(new)


def test_twins_that_make_the_first_authority_end_with_one(settings):
    results = []

    def ask():
        signer = authority.DevelopmentKeys().signer(WARD)
        results.append(signer.signing_cert.dump())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    directory = pathlib.Path(settings.SIGNING_DIR)
    assert len(results) == 4
    assert len(set(results)) == 1
    assert [one.name for one in authority.generations(directory)] == ["0001"]
    assert list(directory.rglob(".making-*")) == []


def test_the_key_is_unreadable_without_its_passphrase(settings):
    authority.DevelopmentKeys().signer(WARD)
    file = pathlib.Path(settings.SIGNING_DIR) / "0001" / "agencies" / "ubnd-31135.p12"
    with pytest.raises(keys.KeyRefused):
        keys.open_pkcs12(str(file), "wrong")


def test_production_refuses_the_authority_of_development(settings, tmp_path, signed):
    demo_root = authority.DevelopmentKeys().roots()
    demo_key = pathlib.Path(settings.SIGNING_DIR) / "0001" / "agencies" / "ubnd-31135.p12"
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="no place in production"):
        call_command("make_ca")
    with pytest.raises(keys.KeyRefused):
        authority.DevelopmentKeys()
    found = {one.id for one in checks.safe_in_production(None)}
    assert "cantho.E006" in found
    settings.SIGNING_KEYS = "common.signing.keys.Pkcs12Keys"
    found = {one.id for one in checks.safe_in_production(None)}
    assert "cantho.E006" not in found
    assert "cantho.E007" in found
    (tmp_path / "roots.pem").write_bytes(demo_root)
    settings.SIGNING_ROOTS = str(tmp_path / "roots.pem")
    settings.SIGNING_PKCS12 = str(demo_key)
    found = {one.id for one in checks.safe_in_production(None)}
    assert "cantho.E007" not in found
    assert "cantho.E008" in found
    with pytest.raises(keys.KeyRefused, match="signs nothing real"):
        keys.Pkcs12Keys().signer(WARD)


def test_keys_of_files_sign_for_each_body_and_claim_the_time_without_a_stamp(
    settings, tmp_path, paper
):
    authority.DevelopmentKeys().signer(WARD)
    directory = pathlib.Path(settings.SIGNING_DIR) / "0001"
    settings.SIGNING_KEYS = "common.signing.keys.Pkcs12Keys"
    settings.SIGNING_PKCS12 = str(directory / "agencies" / "{agency}.p12")
    settings.SIGNING_ROOTS = str(directory / "root.pem")
    pdf = signing.sign(paper, signatory=WARD, reason="Kết quả giải quyết", now=NOW)
    found = signing.check(pdf, now=NOW)
    assert (found.whole, found.trusted, found.time_proved) == (True, True, False)
    # Only claimed: once the certificate has run out, nothing says that it was signed before.
    later = signing.check(pdf, now=authority.START + authority.LIFE + datetime.timedelta(days=1))
    assert (later.whole, later.trusted) == (True, False)
    with pytest.raises(keys.KeyRefused):
        signing.sign(paper, signatory=signing.Signatory("x", "X"), reason="", now=NOW)


def test_the_repository_is_no_place_for_keys(settings):
    settings.SIGNING_DIR = str(pathlib.Path(settings.BASE_DIR) / "signing")
    with pytest.raises(CommandError, match="repository"):
        call_command("make_ca")


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 /ByteRange [0 0 0 0]",
        b"%PDF-1.7\n" + b"/ByteRange " * 10_000,
        b"%PDF-1.7\n1 0 obj<</ByteRange[0 1 2 3]/Type/Sig>>endobj\ntrailer<</Root 1 0 R/Prev 9>>\n"
        b"startxref\n9\n%%EOF",
        b"%PDF-1.7\n/ByteRange\n" + b"[" * 50_000,
    ],
)
def test_a_broken_pdf_is_a_refusal_and_nothing_else(data):
    with pytest.raises(signing.Unreadable):
        signing.check(data, now=NOW)


def test_a_file_that_takes_too_long_is_given_up(signed, monkeypatch):
    monkeypatch.setattr(signing.checking, "SECONDS", 0.01)
    with pytest.raises(signing.Unreadable):
        signing.check(signed, now=NOW)


def test_a_bomb_ends_the_process_that_reads_it_and_not_ours(paper):
    """A cross-reference stream of a few thousand bytes that would unpack to gigabytes."""
    import zlib

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(800)) + packer.flush()
    bomb = (
        b"%PDF-1.7\n/ByteRange\n1 0 obj<</Type/XRef/Size 9/W[1 2 1]/Root 2 0 R/Filter/FlateDecode"
        b"/Length " + str(len(packed)).encode() + b">>stream\n" + packed + b"\nendstream endobj\n"
        b"startxref\n20\n%%EOF"
    )
    assert len(bomb) < 2_000_000
    with pytest.raises(signing.Unreadable):
        signing.check(bomb, now=NOW)
