"""The transfer's code: equal to another implementation's, read back strictly, matched exactly."""

import json
import pathlib
import shutil
import string
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules import vietqr

HERE = pathlib.Path(__file__).parent
WITNESS = HERE / "witnesses" / "vietqr.mjs"
DATA = json.loads((HERE / "data" / "vietqr.json").read_text("utf-8"))
VECTORS = [(vietqr.Transfer(*one["transfer"]), one["payload"]) for one in DATA["vectors"]]
PLAIN = string.ascii_letters + string.digits

transfers = st.builds(
    vietqr.Transfer,
    bank_bin=st.from_regex(r"[0-9]{6}", fullmatch=True),
    account=st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=19),
    amount_vnd=st.none() | st.integers(1, vietqr.MAX_AMOUNT),
    purpose=st.just("") | st.text(PLAIN, min_size=1, max_size=25),
)
keys = st.text(min_size=1, max_size=60)


def test_the_checksum_has_its_published_check_value() -> None:
    assert f"{vietqr.crc16('123456789'):04X}" == "29B1"


@pytest.mark.parametrize(("transfer", "payload"), VECTORS, ids=lambda v: str(v)[-20:])
def test_payloads_equal_the_other_implementations(transfer: vietqr.Transfer, payload: str) -> None:
    assert vietqr.build(transfer) == payload
    assert vietqr.parse(payload) == transfer


@pytest.mark.parametrize("payload", DATA["refused"])
def test_what_the_other_implementation_refuses_is_refused(payload: str) -> None:
    with pytest.raises(vietqr.NotVietQR, match="checksum"):
        vietqr.parse(payload)


def test_the_other_implementation_agrees_when_asked_now() -> None:
    node = shutil.which("node")
    module = HERE.parents[1] / "node_modules" / "vietnam-qr-pay"
    if node is None or not module.exists():
        pytest.skip("needs node and the npm package vietnam-qr-pay (npm ci)")
    mine = [vietqr.build(transfer) for transfer, _ in VECTORS]
    broken = mine[0].replace("50000", "50001")
    asked = {"build": [one["transfer"] for one in DATA["vectors"]], "parse": [*mine, broken]}
    run = subprocess.run(
        [node, str(WITNESS), "answer"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = json.loads(run.stdout)
    assert told["build"] == mine
    assert told["parse"] == [*(one["transfer"] for one in DATA["vectors"]), None]


@given(transfers)
def test_what_was_built_is_read_back(transfer: vietqr.Transfer) -> None:
    payload = vietqr.build(transfer)
    assert payload.isascii()
    assert vietqr.parse(payload) == transfer


@given(transfers, st.data())
def test_one_changed_character_is_refused(transfer: vietqr.Transfer, data: st.DataObject) -> None:
    payload = vietqr.build(transfer)
    place = data.draw(st.integers(0, len(payload) - 1))
    other = data.draw(st.characters().filter(lambda c: c != payload[place]))
    with pytest.raises(vietqr.NotVietQR):
        vietqr.parse(payload[:place] + other + payload[place + 1 :])


@given(st.text(max_size=120))
def test_no_text_breaks_the_reader(text: str) -> None:
    sealed = text.encode("ascii", "ignore").decode() + "6304"
    for payload in (text, f"{sealed}{vietqr.crc16(sealed):04X}"):
        with pytest.raises(vietqr.NotVietQR):
            vietqr.parse(payload)


def _sealed(body: str) -> str:
    return f"{body}6304{vietqr.crc16(body + '6304'):04X}"


GOOD = vietqr.build(vietqr.Transfer("970415", "1133", 16_000, "LE PHI"))[:-8]


@pytest.mark.parametrize(
    "body",
    [
        GOOD.replace("010212", "010211"),  # says static, has an amount
        GOOD.replace("5303704", "5303840"),  # dollars
        GOOD.replace("5802VN", "5802US"),
        GOOD.replace("QRIBFTTA", "QRIBFTTC"),  # to a card
        GOOD.replace("540516000", "540506000"),  # a leading zero
        GOOD.replace("540516000", "540616.000"),
        GOOD.replace("540516000", "54051600"),  # shorter than it says
        GOOD.replace("5802VN", "5802VN5802VN"),  # doubled
        GOOD.replace("5802VN", "5802VN5903ABC"),  # a name that nobody here writes
        GOOD.replace("5303704", "") + "5303704",  # out of its place
        GOOD.replace("62100806LE PHI", "6200"),
        GOOD + "99",
        "",
    ],
)
def test_a_sealed_payload_that_is_not_ours_is_refused(body: str) -> None:
    with pytest.raises(vietqr.NotVietQR):
        vietqr.parse(_sealed(body))
    assert vietqr.parse(_sealed(GOOD)).amount_vnd == 16_000


@pytest.mark.parametrize(
    "transfer",
    [
        vietqr.Transfer("97041", "1133"),
        vietqr.Transfer("9704151", "1133"),
        vietqr.Transfer("97041५", "1133"),
        vietqr.Transfer("970415", ""),
        vietqr.Transfer("970415", "1" * 20),
        vietqr.Transfer("970415", "11 33"),
        vietqr.Transfer("970415", "abc"),
        vietqr.Transfer("970415", "1133", 0),
        vietqr.Transfer("970415", "1133", -1),
        vietqr.Transfer("970415", "1133", vietqr.MAX_AMOUNT + 1),
        vietqr.Transfer("970415", "1133", 1, "lệ phí"),
        vietqr.Transfer("970415", "1133", 1, "x" * 26),
        vietqr.Transfer("970415", "1133", 1, "x "),
        vietqr.Transfer("970415", "1133", 1, " x"),
    ],
)
def test_a_part_out_of_its_limits_is_not_built(transfer: vietqr.Transfer) -> None:
    with pytest.raises(vietqr.NotVietQR):
        vietqr.build(transfer)


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("Lệ phí cấp bản sao trích lục hộ tịch", "Le phi cap ban sao trich"),
        ("Đường Đề Thám, số 5/2", "Duong De Tham so 5 2"),
        ("  \n", ""),
        ("phí", "phi"),  # decomposed letters too
    ],
)
def test_words_lose_their_diacritics_and_signs(text: str, carried: str) -> None:
    assert vietqr.plain(text) == carried


@given(st.text(max_size=60))
def test_plain_text_always_fits_a_purpose(text: str) -> None:
    carried = vietqr.plain(text)
    assert vietqr.parse(vietqr.build(vietqr.Transfer("970415", "1", 1, carried))).purpose == carried


# --- the reference ------------------------------------------------------------------------------


@given(keys)
def test_a_reference_follows_from_its_key_and_fits_a_purpose(key: str) -> None:
    made = vietqr.reference(key)
    assert made == vietqr.reference(key)
    assert len(made) == 17
    assert vietqr.is_reference(made)
    assert len(vietqr.purpose(made)) <= vietqr.MAX_PURPOSE


def test_references_do_not_meet() -> None:
    assert len({vietqr.reference(f"key_{number}") for number in range(20_000)}) == 20_000


@given(keys, st.text(max_size=20), st.text(max_size=20))
def test_a_reference_survives_the_noise_around_it(key: str, before: str, after: str) -> None:
    made = vietqr.reference(key)
    for text in (f"{before} {made.lower()} {after}", f"MBVCB.99.{made}.CT tu 0123 FT26 {made}"):
        assert made in vietqr.references_in(text)
    broken = f"{made[:9]}\r\n {made[9:]}-x"
    assert vietqr.references_in(broken) == {made}


@given(keys, st.data())
def test_one_wrong_letter_or_two_swapped_are_no_reference(key: str, data: st.DataObject) -> None:
    made = vietqr.reference(key)
    place = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(st.sampled_from(vietqr.ALPHABET).filter(lambda c: c != made[place]))
    assert not vietqr.references_in(made[:place] + other + made[place + 1 :])
    swap = data.draw(st.integers(3, len(made) - 2))
    if made[swap] != made[swap + 1]:
        swapped = made[:swap] + made[swap + 1] + made[swap] + made[swap + 2 :]
        assert not vietqr.references_in(swapped)


def test_two_references_in_one_text_are_both_seen() -> None:
    first, second = vietqr.reference("a"), vietqr.reference("b")
    assert vietqr.references_in(f"{first} {second}") == {first, second}
    assert vietqr.references_in(f"{first}{second}") == {first, second}
