"""What the app sees: whole bodies; owner, stranger, officer and nobody on every address."""

import io
from typing import Any

import pypdf
import pytest

from citizens.models import User
from payments.actions import bodies
from payments.models import Attempt, CollectingBody, Payment, Receipt
from tests import fakes
from tests.conftest import Api, Cast
from tests.payments.factories import AGENCY, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(world: World, cast: Cast) -> Api:
    return cast.owner


@pytest.fixture
def due(owner: Api, world: World) -> Payment:
    me = User.objects.get(id=owner.get("/api/v1/me").json()["id"])
    return world.owe(16_000, citizen_id=me.id)


def _url(due: Payment, tail: str = "") -> str:
    return f"/api/v1/payments/{due.id}{tail}"


def test_a_payment_from_owed_to_paid_as_the_app_sees_it(
    owner: Api, due: Payment, world: World
) -> None:
    seen = owner.get(_url(due))
    assert seen.status_code == 200
    assert seen.json() == {
        "id": due.id,
        "role": "own",
        "reference": due.reference,
        "agency_code": AGENCY,
        "title": due.title,
        "state": "owed",
        "amount": {"amount": 16_000, "currency": "VND"},
        "paid": {"amount": 0, "currency": "VND"},
        "refunded": {"amount": 0, "currency": "VND"},
        "can_pay": True,
        "declined": None,
        "lines": [
            {
                "code": "trich_luc",
                "label": "Lệ phí cấp bản sao trích lục hộ tịch",
                "kind": "le_phi",
                "quantity": 1,
                "unit": {"amount": 16_000, "currency": "VND"},
                "amount": {"amount": 16_000, "currency": "VND"},
            }
        ],
        "attempt": None,
        "paid_by": None,
        "replaces": None,
        "replaced_by": None,
        "refunds": [],
        "has_receipt": False,
        "created_at": "2026-11-24T10:00:00+07:00",
        "settled_at": None,
    }
    assert "Retry-After" not in seen.headers
    started = owner.post(_url(due, "/attempts"), {"return_url": "canthosmart://paid"})
    assert started.status_code == 201, started.content
    attempt = started.json()
    assert attempt == {
        "id": attempt["id"],
        "payment_id": due.id,
        "number": 1,
        "provider": "stripe",
        "state": "pending",
        "declined": None,
        "checkout_url": attempt["checkout_url"],
        "checkout_id": None,
        "paid_by": None,
        "transfer": None,
        "expires_at": "2026-11-24T11:00:00+07:00",
        "created_at": "2026-11-24T10:00:00+07:00",
    }
    assert attempt["checkout_url"].startswith(world.provider.url)
    assert started.headers["Retry-After"] == "3"
    assert owner.get(started.headers["Location"]).json() == attempt
    row = Attempt.objects.get(id=attempt["id"])
    session = world.provider.get(row.session_id)
    assert session["success_url"] == "canthosmart://paid"
    waiting = owner.get(_url(due))
    assert (waiting.json()["state"], waiting.headers["Retry-After"]) == ("pending", "3")
    unchanged = owner.get(_url(due), **{"If-None-Match": waiting.headers["ETag"]})
    assert unchanged.status_code == 304
    world.provider.press(row.session_id, fakes.CARDS["chargeDeclinedLostCard"])
    world.deliver()
    refused = owner.get(_url(due)).json()
    assert refused["state"] == "declined"
    assert refused["declined"] == {
        "reason": "card_declined",  # a lost card is not named as such
        "message": "Thẻ bị từ chối. Chưa có khoản tiền nào bị trừ; hãy dùng thẻ khác.",
        "can_retry": True,
    }
    world.provider.press(row.session_id)
    world.deliver()
    paid = owner.get(_url(due))
    assert paid.json()["state"] == "paid"
    assert paid.json()["paid"] == {"amount": 16_000, "currency": "VND"}
    assert (paid.json()["has_receipt"], paid.json()["can_pay"]) == (True, False)
    assert "Retry-After" not in paid.headers
    again = owner.post(_url(due, "/attempts"))
    assert (again.status_code, again.json()["code"]) == (409, "payment_not_owed")


def test_a_repeated_post_gives_the_same_answer(owner: Api, due: Payment, world: World) -> None:
    answers = [owner.post(_url(due, "/attempts"), key="one-tap-0001") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(world.provider.all("checkout.session")) == 1


def test_a_lost_answer_is_503_and_the_same_key_resumes(
    owner: Api, due: Payment, world: World
) -> None:
    world.provider.lose_answer(times=3)
    lost = owner.post(_url(due, "/attempts"), key="one-tap-0001")
    assert (lost.status_code, lost.json()["code"]) == (503, "payment_provider_unreachable")
    assert lost.headers["Retry-After"] == "5"
    assert owner.get(_url(due)).json()["state"] == "pending"
    assert owner.post(_url(due, "/attempts"), key="one-tap-0001").status_code == 201
    assert len(world.provider.all("checkout.session")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://127.0.0.1:8000.evil.example/",
        "http://127.0.0.1:8000@evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "canthosmart://ok\\evil",
        "canthosmart://{CHECKOUT_SESSION_ID}",
        "canthosmart://" + "a" * 500,
        "http://127.0.0.1:8000/a\nb",
    ],
)
def test_the_payer_is_sent_nowhere_else(owner: Api, due: Payment, address: str) -> None:
    answer = owner.post(_url(due, "/attempts"), {"return_url": address})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/return_url"


def test_bodies_and_keys_are_strict(owner: Api, due: Payment) -> None:
    unknown = owner.post(_url(due, "/attempts"), {"amount": 1})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (400, "unknown_field")
    keyless = owner.post(_url(due, "/attempts"), key=None)
    assert keyless.json()["code"] == "idempotency_key_missing"
    assert not Attempt.objects.exists()


TAILS = ["", "/attempts", "/attempts/att_x", "/receipt", "/receipt.pdf"]


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("who", ["stranger", "reception", "anonymous"])
def test_to_others_it_does_not_exist(
    cast: Cast, due: Payment, world: World, who: str, tail: str
) -> None:
    row = world.pay(due)
    tail = tail.replace("att_x", row.id)
    expected = {"stranger": 404, "reception": 403, "anonymous": 401}[who]
    assert getattr(cast, who).get(_url(due, tail)).status_code == expected
    assert cast.owner.get(_url(due, tail)).status_code == 200


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("reception", 403)])
def test_others_cannot_start_to_pay_it(cast: Cast, due: Payment, who: str, status: int) -> None:
    assert getattr(cast, who).post(_url(due, "/attempts")).status_code == status
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("tail", TAILS)
def test_what_does_not_exist_looks_the_same(owner: Api, tail: str) -> None:
    answer = owner.get(f"/api/v1/payments/pay_nothing{tail}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_list_is_mine_newest_first_and_costs_the_same(
    owner: Api, due: Payment, world: World, count_queries: Any
) -> None:
    world.owe()  # somebody else's
    world.pay(due)
    with count_queries() as one:
        assert len(owner.get("/api/v1/payments").json()["items"]) == 1
    for _ in range(4):
        world.later(seconds=1)
        world.pay(world.owe(citizen_id=due.citizen_id))
    with count_queries() as five:
        items = owner.get("/api/v1/payments").json()["items"]
    assert len(items) == 5
    assert len(one) == len(five)
    assert [item["created_at"] for item in items] == sorted(
        (item["created_at"] for item in items), reverse=True
    )
    first = owner.get("/api/v1/payments?page_size=2").json()
    second = owner.get(first["next"]).json()
    assert [i["id"] for i in first["items"] + second["items"]] == [i["id"] for i in items[:4]]


def test_the_receipt_and_its_paper(owner: Api, due: Payment, world: World) -> None:
    bodies.import_bodies(
        rows=[
            bodies.CollectingBodyRow(
                agency_code=AGENCY,
                name="Ủy ban nhân dân phường Cái Khế",
                address="Cái Khế, Cần Thơ",
                identifier="H13.020",
            )
        ],
        now=world.now,
    )
    assert owner.get(_url(due, "/receipt")).status_code == 404
    row = world.pay(due)
    receipt = Receipt.objects.get()
    assert owner.get(_url(due, "/receipt")).json() == {
        "id": receipt.id,
        "payment_id": due.id,
        "is_demo": True,
        "form_code": "DEMO-01BL",
        "series": "DEMO-H13.020-26",
        "number": "0000001",
        "collector": {
            "name": "Ủy ban nhân dân phường Cái Khế",
            "address": "Cái Khế, Cần Thơ",
            "tax_code": "DEMO-MST-H13.020",
            "is_demo": True,
        },
        "kind": "original",
        "status": "standing",
        "corrects": None,
        "replaced_by": None,
        "reason": "",
        "payer_name": "Nguyễn Thị Thử",
        "payer_address": "",
        "payer_tax_code": "",
        "paid_for": None,
        "title": due.title,
        "lines": [
            {
                "code": "trich_luc",
                "label": "Lệ phí cấp bản sao trích lục hộ tịch",
                "kind": "le_phi",
                "quantity": 1,
                "unit": {"amount": 16_000, "currency": "VND"},
                "amount": {"amount": 16_000, "currency": "VND"},
            }
        ],
        "change": {"amount": 16_000, "currency": "VND"},
        "total": {"amount": 16_000, "currency": "VND"},
        "total_in_words": "Mười sáu nghìn đồng",
        "method": "Thanh toán trực tuyến (cổng mô phỏng)",
        "provider_reference": row.intent_id,
        "lookup_code": receipt.lookup_code,
        "refunded": {"amount": 0, "currency": "VND"},
        "issued_at": "2026-11-24T10:00:00+07:00",
    }
    paper = owner.get(_url(due, "/receipt.pdf"))
    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.content == owner.get(_url(due, "/receipt.pdf")).content
    text = " ".join(pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].extract_text().split())
    for words in (
        "BIÊN LAI THỬ NGHIỆM",
        "bản thể hiện",
        "Ủy ban nhân dân phường Cái Khế",
        "Mã số thuế: DEMO-MST-H13.020 (giá trị minh họa)",
        "Mẫu số: DEMO-01BL",
        "Ký hiệu: DEMO-H13.020-26",
        "Số: 0000001",
        "Nguyễn Thị Thử",
        "Lệ phí cấp bản sao trích lục hộ tịch",
        "16.000",
        "Số tiền bằng chữ: Mười sáu nghìn đồng.",
        "10:00:00 ngày 24/11/2026",
        receipt.lookup_code,
        "không có giá trị pháp lý",
    ):
        assert words in text, words
    CollectingBody.objects.update(name="Tên mới")
    assert owner.get(_url(due, "/receipt.pdf")).content == paper.content  # frozen when issued


def test_english_is_spoken_where_it_exists(owner: Api, due: Payment, world: World) -> None:
    owner.post(_url(due, "/attempts"))
    world.provider.press(Attempt.objects.get().session_id, fakes.CARDS["chargeDeclined"])
    world.deliver()
    seen = owner.get(_url(due), **{"Accept-Language": "en"}).json()
    assert seen["declined"]["message"].startswith("The card was declined.")


def test_coming_back_from_the_page_changes_nothing(owner: Api, due: Payment, world: World) -> None:
    owner.post(_url(due, "/attempts"))
    page = owner.get("/payments/return?state=paid&payment=" + due.id)
    assert page.status_code == 200
    assert "Hãy quay lại ứng dụng" in page.content.decode()
    assert owner.get(_url(due)).json()["state"] == "pending"


def test_an_unknown_provider_and_another_method_are_refused(world: World) -> None:
    assert world.client.post("/webhooks/payments/nobody").status_code == 404
    assert world.client.get("/webhooks/payments/stripe").status_code == 405


def test_home_export_and_figures(owner: Api, due: Payment, world: World) -> None:
    from datetime import timedelta

    from payments import queries

    part = queries.home_of(due.citizen_id)
    assert (part.owed_count, part.owed_vnd, part.payment_ids) == (1, 16_000, (due.id,))
    world.pay(due)
    assert queries.home_of(due.citizen_id).owed_count == 0
    exported = queries.export_of(due.citizen_id)
    assert [row["id"] for row in exported] == [due.id]
    assert exported[0]["receipts"] == ["DEMO-H13.020-26 0000001"]
    start, end = world.now - timedelta(days=1), world.now + timedelta(days=1)
    assert queries.figures(start, end) == queries.Figures(1, 16_000, 0)
    assert list(queries.paid_references(start=start, end=end)) == [due.reference]
    assert list(queries.paid_references(start=end, end=None)) == []
    assert len(queries.statement_of(due.id)) == 1


def test_dues_come_in_one_query(world: World, django_assert_num_queries: Any) -> None:
    from payments import queries

    references = [world.owe().reference for _ in range(5)]
    with django_assert_num_queries(1):
        assert len(queries.status_of([*references, "dos_unknown"])) == 5
