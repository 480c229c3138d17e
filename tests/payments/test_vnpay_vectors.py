"""VNPay's signatures against an outside witness, the npm package `vnpay`, in both directions.

The vectors were made by `tests/payments/witnesses/vnpay.mjs`; where Node and the package are
installed it is asked again, live.
"""

import dataclasses
import datetime
import json
import pathlib
import shutil
import subprocess
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.providers import base, vnpay, vnpay_wire
from payments.providers.vnpay_stub import wire as stub_wire
from tests.payments.witnesses import vnpay_given

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests/payments/data/vnpay_vectors.json").read_text(encoding="utf-8"))
NODE = shutil.which("node")
PACKAGE = ROOT / "node_modules" / "vnpay"
WHY_NOT = (
    "node is not installed"
    if NODE is None
    else f"{PACKAGE} is not installed (npm ci)"
    if not PACKAGE.exists()
    else ""
)
NOW = vnpay_given.MADE
PORT = vnpay_given.adapter()


def _ipn(query: str) -> base.RawRequest:
    return base.RawRequest("GET", query, b"", {})


def test_the_vectors_are_those_of_the_terminal() -> None:
    assert VECTORS["secret"] == vnpay_given.SECRET
    assert [len(VECTORS[name]) for name in ("urls", "ours", "ipns")] == [8, 9, 9]


@pytest.mark.parametrize("vector", VECTORS["urls"], ids=range(8))
def test_their_addresses_hold_here(vector: dict[str, Any]) -> None:
    query = urlsplit(vector["url"]).query
    params = vnpay_wire.read_query(query)
    assert params is not None
    assert PORT._wire.is_signed(params)
    assert params["vnp_Amount"] == vnpay_wire.hundredths(vector["order"]["vnp_Amount"])
    assert ("vnp_BankCode" in params) == bool(vector["order"]["vnp_BankCode"])
    assert PORT._wire.sign(params) == query  # to the letter, the order of names included
    for name in params:
        assert not PORT._wire.is_signed({**params, name: params[name] + "1"})


def test_our_addresses_hold_there() -> None:
    assert [one["verified"] for one in VECTORS["ours"]] == [True] * 9
    assert [one["query"] for one in VECTORS["ours"]] == [
        urlsplit(address).query for address in vnpay_given.ours()
    ]
    assert [one["amount"] for one in VECTORS["ours"]] == list(range(16_000, 16_009))


@pytest.mark.parametrize("vector", VECTORS["ipns"], ids=range(9))
def test_ipns_are_taken_and_refused_alike(vector: dict[str, Any]) -> None:
    if not vector["verified"]:
        with pytest.raises(base.Forged):
            PORT.parse_notification(_ipn(vector["query"]), now=NOW)
        return
    told = PORT.parse_notification(_ipn(vector["query"]), now=NOW)
    assert told.amount_vnd == vector["amount"] == 16_000
    assert (told.decline_code == "") == vector["success"]
    assert told.attempt_id == "att_01m85qxxw0ezd91japf9hqbh9h"
    assert told.made_at == datetime.datetime(2026, 11, 24, 17, 31, 7, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("command", "names"), [("querydr", vnpay_wire.QUERYDR), ("refund", vnpay_wire.REFUND)]
)
def test_their_questions_are_hashed_as_ours(command: str, names: tuple[str, ...]) -> None:
    sent = VECTORS[command]["sent"]
    text = vnpay_wire.piped_text(sent, names)
    assert vnpay_wire.digest(VECTORS["secret"], text) == sent["vnp_SecureHash"]
    assert (
        stub_wire.mark(VECTORS["secret"], stub_wire.piped(sent, list(names)))
        == (sent["vnp_SecureHash"])
    )


def test_answers_are_hashed_as_they_check_them() -> None:
    assert VECTORS["querydr"]["verified"] is True
    assert VECTORS["refund"]["verified"] is True
    assert VECTORS["querydr_forged"]["verified"] is False
    for name, names in (
        ("querydr_answer", vnpay_wire.QUERYDR_ANSWER),
        ("refund_answer", vnpay_wire.REFUND_ANSWER),
    ):
        answer = vnpay_given.given()[name]
        text = vnpay_wire.piped_text(answer, names)
        assert vnpay_wire.digest(VECTORS["secret"], text) == answer["vnp_SecureHash"]


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_the_live_witness_says_the_same() -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, "tests/payments/witnesses/vnpay.mjs"],
        input=json.dumps(vnpay_given.given()),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == VECTORS


# --- rules without a witness --------------------------------------------------------------------

VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.dictionaries(st.from_regex(r"vnp_[A-Za-z]{1,10}", fullmatch=True), VALUES, max_size=8))
@settings(max_examples=200, deadline=None)
def test_what_is_signed_here_is_read_back_and_holds_on_the_other_side(
    params: dict[str, str],
) -> None:
    kept = {k: v for k, v in params.items() if v and not k.startswith("vnp_SecureHash")}
    query = PORT._wire.sign(kept)
    read = vnpay_wire.read_query(query)
    if len(query) > vnpay_wire.MAX_QUERY:
        assert read is None
        return
    assert read == {**kept, "vnp_SecureHash": query.rpartition("=")[2]}
    assert PORT._wire.is_signed(read)
    assert stub_wire.signed_query(vnpay_given.SECRET, kept) == query
    assert PORT._wire.is_signed({**read, "vnp_SecureHash": read["vnp_SecureHash"].upper()})


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_order_info_holds_letters_digits_and_single_spaces(text: str) -> None:
    plain = vnpay_wire.plain(text)
    assert len(plain) <= 255
    assert plain == " ".join(plain.split())
    assert all(c == " " or (c.isascii() and c.isalnum()) for c in plain)
    assert vnpay_wire.plain(plain) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Lệ phí đăng ký kết hôn", "Le phi dang ky ket hon"),
        ("ĐƯỜNG SỐ 5/6, P. Cái Khế", "DUONG SO 5 6 P Cai Khe"),
        ("H13.020-261124-0001", "H13 020 261124 0001"),
        ("  <b>100%</b> & ", "b 100 b"),
        ("漢字 ①", ""),
        ("a" * 300, "a" * 255),
        ("a" * 254 + " b", "a" * 254),
    ],
)
def test_order_info_of_vietnamese_titles(text: str, plain: str) -> None:
    assert vnpay_wire.plain(text) == plain


def test_addresses_have_no_character_that_encoders_write_differently() -> None:
    address = vnpay_wire.address("https://a.vn/~b/(c)?d='e'&f=*!")
    assert address == "https://a.vn/%7Eb/%28c%29?d=%27e%27&f=%2A%21"
    assert (
        quote_plus(address)
        == "https%3A%2F%2Fa.vn%2F%257Eb%2F%2528c%2529%3Fd%3D%2527e%2527%26f%3D%252A%2521"
    )


@pytest.mark.parametrize(
    "query",
    ["vnp_A=1&vnp_A=1", "vnp_A=%ff", "vnp_A=é", "&".join(f"vnp_{n}=1" for n in range(60))],
)
def test_queries_that_two_readers_could_read_differently_are_none(query: str) -> None:
    assert vnpay_wire.read_query(query) is None


@pytest.mark.parametrize(
    ("value", "dong"),
    [("1600000", 16_000), (1_600_000, 16_000), ("0", 0), ("99999999999900", 999_999_999_999)],
)
def test_sums_are_whole_dong(value: Any, dong: int) -> None:
    assert vnpay_wire.dong(value) == dong


@pytest.mark.parametrize(
    "value", ["1600001", "1600000.0", "-100", "", None, True, 1.0, "1e5", "٣٠٠"]
)
def test_all_other_sums_are_none(value: Any) -> None:
    with pytest.raises(base.Unanswered):
        vnpay_wire.dong(value)


def test_times_are_those_of_viet_nam() -> None:
    moment = datetime.datetime(2026, 12, 31, 17, 0, 0, tzinfo=datetime.UTC)
    assert vnpay_wire.stamp(moment) == stub_wire.local(moment.timestamp()) == "20270101000000"


def test_a_reference_names_its_try_and_nothing_else() -> None:
    from common import ids

    attempt_id = ids.new("att")
    ref = vnpay.reference(attempt_id)
    assert ref.isalnum()
    assert vnpay.attempt_of(ref) == attempt_id
    for other in ("", "order17", "att", "ATT01M85", "att_01m85", "att" + "0" * 61):
        assert vnpay.attempt_of(other) == ""
    assert vnpay.request_id(ids.new("key")).isalnum()
    assert len(vnpay.request_id(ids.new("key"))) <= 32


def test_the_same_order_is_the_same_address_whenever_it_is_asked() -> None:
    order = vnpay_given.order(1, "Lệ phí", "canthosmart://paid")
    first = PORT.start(order)
    assert PORT.start(order) == first
    other = dataclasses.replace(order, amount_vnd=16_002)
    assert PORT.start(other).checkout_url != first.checkout_url
    assert dict(parse_qsl(urlsplit(first.checkout_url).query))["vnp_CreateDate"] == "20261125003005"
