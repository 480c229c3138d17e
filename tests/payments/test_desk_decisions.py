"""Refund decisions on the desk's pages: decided, confirmed by a second officer, sent back."""

import re
from typing import Any

import pytest
from django.test import Client

from citizens.models import VaultAccess
from dossiers import desk_labels as labels
from dossiers.models import RefundDecision, RefundDecisionEvent
from dossiers.rules import refunds as rules
from payments.models import Refund
from tests.conftest import Cast
from tests.dossiers.test_desk_moves import browser_of
from tests.payments import desk, invariants
from tests.payments.desk import FEE, WHY
from tests.payments.factories import World
from tests.payments.test_desk_receipts import looks, sent, shown
from tests.payments.test_desk_refunds import back, facts, seated

pytestmark = pytest.mark.django_db
GRANT = {
    "expected_state": "open",
    "amount_vnd": FEE,
    "refundable_believed": FEE,
    "legal_basis": "",
    "reason": WHY,
}
DECLINE = {"expected_state": "open", "legal_basis": "", "reason": WHY}
CONFIRM = {"expected_state": "proposed", "refundable_believed": FEE, "reason": WHY}
SEND_BACK = {"expected_state": "proposed", "reason": WHY}
FORMS = ("grant", "decline", "confirm", "send_back")
OTHER_PAGES = ("", "payments/", "refunds/", "discrepancies/", "runs/", "disputes/", "report/")


@pytest.fixture
def cashier(cast: Cast) -> Client:
    return browser_of("thu-ngan")


@pytest.fixture
def leader(sign_in: Any) -> Client:
    """An approver of the agency that collects, who keeps no money."""
    return seated(sign_in, "lanh-dao-mot-cua", "approver", "092080000082")


@pytest.fixture
def small_limit(settings: Any) -> int:
    settings.REFUND_FOUR_EYES_ABOVE_VND = 10_000
    return 10_000


def forms(text: str) -> list[str]:
    """Return the moves that a page offers."""
    return [name for name in FORMS if f'id="{name}"' in text]


def moved(browser: Client, decision: str, name: str, **values: Any) -> tuple[int, str]:
    return sent(browser, f"decisions/{decision}/{name}/", **values)


def state(decision: str) -> str:
    return str(RefundDecision.objects.get(id=decision).state)


def test_a_cashier_grants_what_is_kept_and_follows_it(
    world: World, cast: Cast, cashier: Client
) -> None:
    dossier, payment, decision = desk.refused(cast, world)
    listed = shown(cashier, "decisions/")
    assert f'/admin/money/decisions/{decision}/">{dossier["code"]}</a>' in listed
    text = shown(cashier, f"decisions/{decision}/")
    assert facts(text) == {
        "Hồ sơ": dossier["code"],
        "Vì sao xét": "Hồ sơ không được tiếp nhận sau khi đã nộp phí",
        "Còn có thể hoàn khi mở": "16.000 đồng",
        "Còn có thể hoàn bây giờ": "16.000 đồng",
        "Cho hoàn": "—",
        "Lý do": "—",
        "Căn cứ": "chưa có quy định chung",
        "Ai đề nghị": "—",
        "Mở lúc": "10:00 24/11/2026",
        "Quyết định lúc": "—",
    }
    assert forms(text) == ["grant", "decline"]
    assert text.count('name="expected_state" value="open"') == 2
    assert text.count('name="refundable_believed" value="16000"') == 1
    assert f'/admin/money/payments/{payment.id}/">16.000 đồng</a>' in text.split('id="kept"')[1]
    # While it waits, the payment's page leads here and has no form.
    waits = shown(cashier, f"payments/{payment.id}/")
    assert f'href="/admin/money/decisions/{decision}/">Mở quyết định</a>' in waits
    assert 'id="give-back"' not in waits
    for _ in range(2):
        status, told = moved(
            cashier, decision, "grant", once="mot-lan", **GRANT | {"legal_basis": "Nghị quyết mẫu"}
        )
        assert status == 200
    assert state(decision) == "granted"
    refund = Refund.objects.get()
    assert (refund.amount_vnd, refund.reason) == (FEE, WHY)
    world.drain()
    after = shown(cashier, f"decisions/{decision}/")
    assert "<strong>Đã hoàn xong</strong>" in after
    assert forms(after) == []
    seen = facts(after)
    assert (seen["Cho hoàn"], seen["Lý do"], seen["Căn cứ"]) == (
        "16.000 đồng",
        WHY,
        "Nghị quyết mẫu",
    )
    link = f'/admin/money/refunds/{refund.id}/">16.000 đồng</a> · đã về tới người nộp'
    assert link in after.split('id="refunds"')[1]
    history = after.split('id="history"')[1]
    for words in ("Mở quyết định</strong> · Hệ thống", "Cho hoàn</strong> · Thu phí, lệ phí"):
        assert words in history
    assert "Tiền đã về" in history
    page = shown(cashier, f"refunds/{refund.id}/")
    assert f'/admin/money/decisions/{decision}/">Quyết định đã cho hoàn</a>' in page
    assert decision not in shown(cashier, "decisions/")
    for query, found in (
        ("?state=paid_back", True),
        ("?state=all", True),
        ("?state=open", False),
        ("?state=live", False),
    ):
        assert (decision in shown(cashier, f"decisions/{query}")) is found, query
    assert cashier.get("/admin/money/decisions/?state=x").status_code == 400
    invariants.check_lines(world)


def test_a_decline_keeps_the_money_and_says_why(world: World, cast: Cast, cashier: Client) -> None:
    dossier, payment, decision = desk.refused(cast, world)
    assert moved(cashier, decision, "decline", **DECLINE | {"reason": "ngắn"})[0] == 400
    status, text = moved(cashier, decision, "decline", **DECLINE)
    assert (status, "Đã ghi: không hoàn." in text) == (200, True)
    assert (state(decision), Refund.objects.count()) == ("declined", 0)
    assert desk.told(dossier) == ["refund_opened", "refund_declined"]
    assert 'id="give-back"' in shown(cashier, f"payments/{payment.id}/")


def test_what_changed_since_the_page_was_shown_is_409_and_nothing_happens(
    world: World, cast: Cast, cashier: Client
) -> None:
    _, _, decision = desk.refused(cast, world)
    stale = moved(cashier, decision, "grant", **GRANT | {"refundable_believed": FEE - 1})
    assert (stale[0], "Hiện còn hoàn được 16000 đồng" in stale[1]) == (409, True)
    assert 'name="refundable_believed" value="16000"' in stale[1]
    assert WHY in stale[1]
    large = moved(cashier, decision, "grant", **GRANT | {"amount_vnd": FEE + 1})
    assert (large[0], "Chỉ còn hoàn được 16000 đồng" in large[1]) == (409, True)
    other = moved(cashier, decision, "decline", **DECLINE | {"expected_state": "proposed"})
    assert (other[0], "đã chuyển sang trạng thái khác" in other[1]) == (409, True)
    absent = moved(cashier, decision, "confirm", **CONFIRM | {"expected_state": "open"})
    assert (absent[0], "Không thể thực hiện bước này" in absent[1]) == (409, True)
    for wrong in ({"amount_vnd": 0}, {"expected_state": "x"}, {"legal_basis": "x"}):
        assert moved(cashier, decision, "grant", **GRANT | wrong)[0] == 400, wrong
    assert moved(cashier, decision, "overtake", **DECLINE)[0] == 404
    assert cashier.get(f"/admin/money/decisions/{decision}/grant/").status_code == 400
    assert (state(decision), Refund.objects.count()) == ("open", 0)
    assert RefundDecisionEvent.objects.count() == 1


def test_a_second_officer_confirms_a_large_sum_and_never_the_one_who_proposed(
    world: World, cast: Cast, cashier: Client, leader: Client, small_limit: int
) -> None:
    _, _, decision = desk.refused(cast, world)
    assert "Trên 10.000 đồng thì chờ" in shown(cashier, f"decisions/{decision}/")
    status, text = moved(cashier, decision, "grant", **GRANT)
    assert (status, "Đã ghi: chờ cán bộ thứ hai xác nhận." in text) == (200, True)
    assert (state(decision), Refund.objects.count()) == ("proposed", 0)
    assert forms(text) == ["send_back"]
    assert 'id="own"' in text
    own = moved(cashier, decision, "confirm", **CONFIRM)
    assert (own[0], "Cần một cán bộ khác xác nhận" in own[1]) == (403, True)
    assert state(decision) == "proposed"
    page = shown(leader, f"decisions/{decision}/")
    assert forms(page) == ["confirm", "send_back"]
    assert "Hoàn 16.000 đồng; tiền đi ngay sau khi xác nhận." in page
    assert facts(page)["Ai đề nghị"].startswith("Thu phí, lệ phí, Trung tâm")
    assert page.count('name="refundable_believed" value="16000"') == 1
    stale = moved(leader, decision, "confirm", **CONFIRM | {"refundable_believed": 1})
    assert (stale[0], state(decision)) == (409, "proposed")
    status, text = moved(leader, decision, "confirm", **CONFIRM)
    assert (status, state(decision)) == (200, "granted")
    # An approver sees that money goes back, and opens no page of it.
    assert "16.000 đồng · đã ghi nhận, chờ gửi đi" in text.split('id="refunds"')[1]
    assert "/admin/money/refunds/" not in text
    assert "/admin/money/payments/" not in text
    world.drain()
    assert Refund.objects.get().state == "succeeded"
    invariants.check_lines(world)


def test_a_proposal_is_sent_back_and_decided_anew(
    world: World, cast: Cast, cashier: Client, leader: Client, small_limit: int
) -> None:
    _, _, decision = desk.refused(cast, world)
    moved(cashier, decision, "grant", **GRANT)
    status, text = moved(leader, decision, "send_back", **SEND_BACK)
    assert (status, "Đã ghi: chờ quyết định." in text) == (200, True)
    assert forms(text) == []  # an approver decides nothing alone
    assert forms(shown(cashier, f"decisions/{decision}/")) == ["grant", "decline"]
    assert moved(cashier, decision, "grant", **GRANT | {"amount_vnd": 9_000})[0] == 200
    world.drain()
    assert (state(decision), Refund.objects.get().amount_vnd) == ("paid_back", 9_000)


def test_an_officers_own_proposal_ends_when_it_is_sent_back(
    world: World, cast: Cast, cashier: Client, leader: Client, small_limit: int
) -> None:
    _, payment = desk.paid(cast, world)
    back(cashier, payment, 12_000)
    row = RefundDecision.objects.get()
    text = shown(leader, f"decisions/{row.id}/")
    assert facts(text)["Đề nghị hoàn"] == "12.000 đồng"
    assert forms(text) == ["confirm", "send_back"]
    status, text = moved(leader, row.id, "send_back", **SEND_BACK)
    assert (status, state(row.id)) == (200, "withdrawn")
    assert "Không đồng ý, thôi đề nghị" in text
    assert forms(text) == []
    assert 'id="give-back"' in shown(cashier, f"payments/{payment.id}/")
    assert not Refund.objects.exists()


def test_an_approver_gets_to_the_decisions_and_to_no_other_page_of_money(
    world: World, cast: Cast, cashier: Client, leader: Client
) -> None:
    desk.refused(cast, world)
    page = shown(leader, "decisions/")
    assert 'href="/admin/money/decisions/" aria-current="page">Hoàn phí</a>' in page
    assert ">Thu phí</a>" not in page
    tabs = page.split('<p class="desk-tabs">')[1].split("</p>")[0]
    assert tabs.count("<a ") == 1
    assert ">Quyết định hoàn phí</a>" in tabs
    for path in OTHER_PAGES:
        assert leader.get(f"/admin/money/{path}").status_code == 403, path
    own = shown(cashier, "decisions/")
    assert ">Thu phí</a>" in own
    assert ">Hoàn phí</a>" in own.split('<p class="desk-tabs">')[1]
    tabs = own.split('<p class="desk-tabs">')[1].split("</p>")[0]
    words = ["Biên lai", "Khoản nộp", "Hoàn phí", "Quyết định hoàn phí", "Chênh lệch"]
    places = [tabs.index(f">{one}</a>") for one in words]
    assert places == sorted(places)
    for path in OTHER_PAGES:
        assert cashier.get(f"/admin/money/{path}").status_code == 200, path


def test_the_auditor_looks_and_does_nothing(
    world: World, cast: Cast, sign_in: Any, small_limit: int
) -> None:
    dossier, _, decision = desk.refused(cast, world)
    auditor = seated(sign_in, "soat-xet", "auditor")
    assert decision in shown(auditor, "decisions/")
    text = shown(auditor, f"decisions/{decision}/")
    assert forms(text) == []
    for name, values in (("grant", GRANT), ("decline", DECLINE)):
        assert moved(auditor, decision, name, **values)[0] == 403
    moved(browser_of("thu-ngan"), decision, "grant", **GRANT)
    assert forms(shown(auditor, f"decisions/{decision}/")) == []
    for name, values in (("confirm", CONFIRM), ("send_back", SEND_BACK)):
        assert moved(auditor, decision, name, **values)[0] == 403
    assert state(decision) == "proposed"
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    seen = [(one["what"], one["reference"]) for one in log if one["purpose"] == "audit"]
    # Its refused tries showed the page again, and each left its row.
    read = ("refund_decision:read", dossier["id"])
    assert seen == [*[read] * 6, ("refund_decision:list", "")]


def test_each_look_leaves_its_row(world: World, cast: Cast, leader: Client) -> None:
    dossier, _, decision = desk.refused(cast, world)
    desk.refused(cast, world)
    shown(leader, "decisions/")  # two decisions of one person: one row
    assert looks("refund_decision:list") == 1
    shown(leader, f"decisions/{decision}/")
    log = cast.owner.get("/api/v1/me/access-log").json()["items"]
    assert [(one["what"], one["purpose"], one["reference"]) for one in log[:2]] == [
        ("refund_decision:read", "resolve_dossier", dossier["id"]),
        ("refund_decision:list", "resolve_dossier", ""),
    ]


def test_others_find_nothing(world: World, cast: Cast, sign_in: Any) -> None:
    _, _, decision = desk.refused(cast, world)
    elsewhere = seated(sign_in, "thu-khac", "cashier", agency="ttpvhcc-31120")
    lan = seated(sign_in, "lan-thu-ngan", "cashier", desk.LAN)  # her own money
    path = f"/admin/money/decisions/{decision}/"
    seen = VaultAccess.objects.count()
    tries = (("grant", GRANT), ("decline", DECLINE), ("confirm", CONFIRM), ("send_back", SEND_BACK))
    for browser in (elsewhere, lan):
        assert decision not in shown(browser, "decisions/?state=all")
        assert browser.get(path).status_code == 404
        for name, values in tries:
            assert moved(browser, decision, name, **values)[0] == 404
    # An agency's administrator sees the days of its tills, and nothing else of its money.
    ways = {"tiep-nhan": [], "thu-ly": [], "quan-tri": ["till/days/"]}
    for name_of, way in ways.items():
        browser = browser_of(name_of)
        for one in ("/admin/money/decisions/", path):
            assert browser.get(one).status_code == 403
        for name, values in tries:
            assert moved(browser, decision, name, **values)[0] == 403
        links = re.findall(r'"/admin/money/([^"]*)"', browser.get("/admin/staff/").content.decode())
        assert links == way
    for one in ("/admin/money/decisions/", path):
        answer = Client().get(one)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")
    assert Client().post(f"{path}decline/", DECLINE).status_code == 302
    assert VaultAccess.objects.count() == seen
    assert (state(decision), RefundDecisionEvent.objects.count()) == ("open", 1)


def test_the_list_costs_the_same_for_one_and_for_many(
    world: World, cast: Cast, cashier: Client, count_queries: Any
) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            desk.refused(cast, world)
        shown(cashier, "decisions/")
        with count_queries() as queries:
            shown(cashier, "decisions/")
        counts.append(len(queries))
    assert counts == [28, 28]


def test_every_state_and_step_has_its_words() -> None:
    assert set(labels.DECISIONS) == {one.value for one in rules.State}
    assert set(labels.DECISION_EVENTS) >= {edge.move for edge in rules.EDGES} | set(rules.MOVES)


@pytest.mark.parametrize(
    ("state", "hands", "expected"),
    [
        (rules.State.OPEN, (True, True, False), ("grant", "decline")),
        (rules.State.OPEN, (False, True, False), ()),
        (rules.State.PROPOSED, (True, True, False), ("confirm", "send_back")),
        (rules.State.PROPOSED, (True, True, True), ("send_back",)),
        (rules.State.PROPOSED, (False, True, False), ("confirm", "send_back")),
        (rules.State.PROPOSED, (False, False, False), ()),
        (rules.State.GRANTED, (True, True, False), ()),
        (rules.State.FAILED, (True, True, False), ()),
    ],
)
@pytest.mark.parametrize("cause", list(rules.Cause))
def test_which_moves_are_offered(
    state: rules.State,
    hands: tuple[bool, bool, bool],
    expected: tuple[str, ...],
    cause: rules.Cause,
) -> None:
    cashier, decides, proposed_it = hands
    found = rules.offered(
        state, cause=cause, cashier=cashier, decides=decides, proposed_it=proposed_it
    )
    assert found == expected
