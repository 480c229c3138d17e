"""S36: what is owed turns out wrong, or the dossier is withdrawn, while a payment is open."""

from typing import Any

import pytest

from common import db
from dossiers.models import Dossier, Seat, TimelineEvent
from payments.actions import charge
from payments.models import Attempt, Payment, Refund
from tests.conftest import Api, Cast
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move
from tests.payments import invariants
from tests.payments.factories import World, line

pytestmark = pytest.mark.django_db
LINE = {
    "code": "trich_luc",
    "label_vi": "Lệ phí cấp bản sao trích lục hộ tịch",
    "kind": "le_phi",
    "quantity": 1,
    "unit_vnd": 8000,
}


@pytest.fixture
def dossier(world: World, cast: Cast) -> dict[str, Any]:
    return stories.submitted(cast.owner)  # type: ignore[no-any-return]


def me(api: Api) -> str:
    return str(api.get("/api/v1/me").json()["id"])


def _url(dossier: dict[str, Any]) -> str:
    return f"/api/v1/officer/dossiers/{dossier['id']}/dues"


def correct(api: Api, dossier: dict[str, Any], payment_id: str = "", **more: Any) -> Any:
    body = {
        "payment_id": payment_id or dossier["payment_ids"][-1],
        "lines": [LINE],
        "reason": "Người nộp chỉ cần một bản sao",
        "expected_state": 1,
        **more,
    }
    return api.post(_url(dossier), body)


def start(cast: Cast, payment_id: str) -> Attempt:
    made = cast.owner.post(f"/api/v1/payments/{payment_id}/attempts")
    assert made.status_code == 201, made.content
    return Attempt.objects.get(id=made.json()["id"])


def pay(cast: Cast, payment_id: str, world: World) -> None:
    world.provider.press(start(cast, payment_id).session_id)
    world.deliver()


def timeline(cast: Cast, dossier: dict[str, Any]) -> list[str]:
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    return [event["move"] for event in one["timeline"]]


def test_reception_corrects_what_is_owed_while_the_page_is_open(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    [wrong] = dossier["payment_ids"]
    page = start(cast, wrong)
    before = cast.reception.get(_url(dossier)).json()["dues"]
    assert [(due["payment_id"], due["state"]) for due in before] == [(wrong, "owed")]
    answer = correct(cast.reception, dossier)
    assert answer.status_code == 201, answer.content
    dues = {due["payment_id"]: due for due in answer.json()["dues"]}
    right = next(name for name in dues if name != wrong)
    assert (dues[wrong]["state"], dues[wrong]["replaces"]) == ("cancelled", None)
    assert dues[right] == {
        "payment_id": right,
        "title": dues[wrong]["title"],
        "state": "owed",
        "amount": {"amount": 8_000, "currency": "VND"},
        "paid": {"amount": 0, "currency": "VND"},
        "refunded": {"amount": 0, "currency": "VND"},
        "replaces": wrong,
    }
    # The old page is closed first, by whoever wants to pay the right due, or by the queue.
    assert world.provider.get(page.session_id)["status"] == "open"
    second = start(cast, right)
    assert world.provider.get(page.session_id)["status"] == "expired"
    page.refresh_from_db()
    assert page.state == "cancelled"
    mine = cast.owner.get(f"/api/v1/payments/{wrong}").json()
    assert (mine["state"], mine["replaced_by"]) == ("cancelled", right)
    assert cast.owner.get(f"/api/v1/payments/{right}").json()["replaces"] == wrong
    world.provider.press(second.session_id)
    world.deliver()
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    assert (one["state"]["code"], one["owed"]["amount"], one["paid"]["amount"]) == (1, 8_000, 8_000)
    assert timeline(cast, dossier) == ["submit", "correct_dues", "payment_settled"]
    event = one["timeline"][1]
    assert event["kind"] == "payment"
    assert event["reason"] == "Người nộp chỉ cần một bản sao"
    assert event["state"]["code"] == 1
    kept = TimelineEvent.objects.get(dossier_id=dossier["id"], move="correct_dues")
    assert kept.actor_id == me(cast.reception)
    assert kept.data == {
        "payment_id": right,
        "replaces": wrong,
        "amount_vnd": 8_000,
        "before_vnd": 16_000,
    }
    inbox = cast.owner.get("/api/v1/me/inbox").json()["items"]
    [told] = [item for item in inbox if item["kind"] == "dossier_correct_dues"]
    assert told["title"] == f"Khoản phải nộp của hồ sơ {dossier['code']} đã được điều chỉnh"
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert sum(item["what"] == "dossier:dues" for item in log) == 2
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    invariants.check_lines(world)


def test_money_that_still_comes_for_the_wrong_due_goes_back(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    [wrong] = dossier["payment_ids"]
    page = start(cast, wrong)
    world.provider.press(page.session_id)  # paid, and nobody here knows yet
    assert correct(cast.reception, dossier).status_code == 201
    right = Payment.objects.get(replaces_id=wrong)
    pay(cast, right.id, world)
    world.heal()
    page.refresh_from_db()
    assert (page.state, page.reason) == ("resolved", "paid_after_cancel")
    back = Refund.objects.get()
    assert (back.payment_id, back.amount_vnd, back.state) == (wrong, 16_000, "succeeded")
    right.refresh_from_db()
    assert right.state == "paid"
    invariants.check_lines(world)
    invariants.check_quiet(world)


def test_while_the_old_page_cannot_be_closed_the_right_due_waits(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    start(cast, dossier["payment_ids"][0])
    correct(cast.reception, dossier)
    first = Payment.objects.get(replaces_id=dossier["payment_ids"][0]).id
    # Corrected once more before anybody paid: the very first page still stands in the way.
    again = correct(cast.reception, dossier, first, lines=[{**LINE, "quantity": 3}])
    assert again.status_code == 201, again.content
    right = Payment.objects.get(replaces_id=first)
    assert right.amount_vnd == 24_000
    world.provider.go_down()
    refused = cast.owner.post(f"/api/v1/payments/{right.id}/attempts")
    assert (refused.status_code, refused.json()["code"]) == (503, "payment_provider_unreachable")
    assert not Attempt.objects.filter(payment=right).exists()
    world.provider.come_back()
    pay(cast, right.id, world)
    assert Attempt.objects.get(payment_id=dossier["payment_ids"][0]).state == "cancelled"
    invariants.check_lines(world)


def waiting(cast: Cast, dossier: dict[str, Any], world: World) -> str:
    """Bring a dossier to state 6 from 4 and return what it owes there."""
    pay(cast, dossier["payment_ids"][0], world)
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    more = {"lines": [{**LINE, "quantity": 2}], "reason": "Cần thêm bản sao"}
    assert move(cast.handler, dossier, "request_payment", 4, **more).status_code == 201
    return Payment.objects.get(reference=dossier["id"], state="owed").id


def test_the_handler_corrects_what_they_asked_for_and_the_state_stays(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    wrong = waiting(cast, dossier, world)
    refused = correct(cast.reception, dossier, wrong, expected_state=6)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_role")
    answer = correct(cast.handler, dossier, wrong, expected_state=6)
    assert answer.status_code == 201, answer.content
    assert Dossier.objects.get(id=dossier["id"]).state == 6
    pay(cast, Payment.objects.get(replaces_id=wrong).id, world)
    assert Dossier.objects.get(id=dossier["id"]).state == 4
    assert timeline(cast, dossier)[-3:] == ["correct_dues", "payment_settled", "resume_paid"]
    late = correct(cast.handler, dossier, wrong, expected_state=4)
    assert (late.status_code, late.json()["code"]) == (409, "move_not_allowed")
    invariants.check_lines(world)


def test_nothing_is_owed_after_all_and_the_dossier_goes_on(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    wrong = waiting(cast, dossier, world)
    page = start(cast, wrong)
    answer = correct(cast.handler, dossier, wrong, expected_state=6, lines=[])
    assert answer.status_code == 201, answer.content
    [right] = [due for due in answer.json()["dues"] if due["replaces"] == wrong]
    assert (right["state"], right["amount"]["amount"]) == ("free", 0)
    assert Dossier.objects.get(id=dossier["id"]).state == 4
    assert timeline(cast, dossier)[-2:] == ["correct_dues", "resume_paid"]
    world.drain()
    page.refresh_from_db()
    assert page.state == "cancelled"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"expected_state": 2}, 409, "state_changed"),
        ({"payment_id": "pay_nothing"}, 404, "not_found"),
        ({"reason": ""}, 400, "invalid"),
        ({"reason": " "}, 400, "invalid"),
        ({"lines": [{**LINE, "quantity": 2}]}, 409, "due_unchanged"),
        ({"lines": [LINE] * 21}, 400, "invalid"),
        ({"lines": [{**LINE, "unit_vnd": 0}]}, 400, "invalid"),
    ],
)
def test_what_is_refused_changes_nothing(
    cast: Cast, dossier: dict[str, Any], more: dict[str, Any], status: int, code: str
) -> None:
    if code == "due_unchanged":
        [kept] = Payment.objects.get().lines
        same = {name: kept[name] for name in ("code", "kind", "quantity", "unit_vnd")}
        more = {"lines": [{**same, "label_vi": kept["label"]}]}
    answer = correct(cast.reception, dossier, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert Payment.objects.get().state == "owed"
    assert timeline(cast, dossier) == ["submit"]


def test_a_due_of_another_dossier_and_one_that_was_paid_are_refused(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    other = world.owe()
    assert correct(cast.reception, dossier, other.id).status_code == 404
    pay(cast, dossier["payment_ids"][0], world)
    paid = correct(cast.reception, dossier)
    assert (paid.status_code, paid.json()["code"]) == (409, "payment_not_owed")
    assert paid.json()["state"] == "paid"


def test_money_that_does_not_fit_is_looked_into_first(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    page = start(cast, dossier["payment_ids"][0])
    world.provider.press(page.session_id)
    world.provider.change(world.provider.all("payment_intent")[0]["id"], amount_received=8_000)
    world.deliver()
    refused = correct(cast.reception, dossier)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_under_review")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("foreign_officer", 404),
        ("owner", 403),
        ("stranger", 403),
        ("anonymous", 401),
    ],
)
def test_others_neither_see_nor_correct_it(
    cast: Cast, dossier: dict[str, Any], who: str, status: int
) -> None:
    api = getattr(cast, who)
    assert api.get(_url(dossier)).status_code == status
    assert correct(api, dossier).status_code == status
    assert Payment.objects.get().state == "owed"


def test_the_competent_agency_sees_no_money_before_reception(
    cast: Cast, dossier: dict[str, Any]
) -> None:
    row = Dossier.objects.get(id=dossier["id"])
    row.competent_agency_id = Seat.objects.get(user_id=me(cast.foreign_officer)).agency_id
    row.save(update_fields=["competent_agency_id"])
    assert cast.foreign_officer.get(_url(dossier)).status_code == 404
    refused = correct(cast.foreign_officer, dossier)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_agency")


def test_s36_withdrawn_while_the_page_is_open(
    cast: Cast, dossier: dict[str, Any], world: World
) -> None:
    page = start(cast, dossier["payment_ids"][0])
    asked = cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {"reason": "Đổi ý"})
    assert asked.status_code == 201, asked.content
    assert move(cast.reception, dossier, "accept_withdrawal", 7).status_code == 201
    world.provider.press(page.session_id)  # at the very moment
    world.drain()
    world.deliver()
    page.refresh_from_db()
    assert (page.state, page.reason) == ("resolved", "paid_after_cancel")
    assert Refund.objects.get().state == "succeeded"
    assert cast.owner.get(f"/api/v1/payments/{page.payment_id}").json()["state"] == "cancelled"
    invariants.check_lines(world)


def test_a_due_on_a_page_with_others_is_replaced_and_the_others_stay_owed(world: World) -> None:
    first = world.owe()
    second = world.owe(citizen_id=first.citizen_id)
    page = world.start_checkout([first, second])
    with db.transaction():
        new_id = charge.change(payment_id=first.id, lines=[line(5_000, 1)], now=world.now)
    world.drain()
    ends = Attempt.objects.of_page(page.id).order_by("id").values_list("state", flat=True)
    assert set(ends) == {"cancelled"}
    right = Payment.objects.get(id=new_id)
    again = world.start_checkout([right, second])
    world.provider.press(again.session_id)
    world.deliver()
    second.refresh_from_db()
    right.refresh_from_db()
    assert (right.state, second.state) == ("paid", "paid")
    assert Payment.objects.get(id=first.id).state == "cancelled"
    invariants.check_lines(world)
