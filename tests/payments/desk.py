"""A real dossier whose fee went through the provider, and the officers of its money."""

from typing import Any

from citizens.models import Message
from dossiers.models import TimelineEvent
from payments.models import Payment, Refund
from tests.conftest import Api, Cast
from tests.dossiers import office, stories
from tests.dossiers.test_api_dossiers import move
from tests.payments.factories import World

PAYMENTS = "/api/v1/officer/payments"
REFUNDS = "/api/v1/officer/refunds"
DECISIONS = "/api/v1/officer/refund-decisions"
FEE = 16_000
WHY = "Thu nhầm, hoàn lại cho người nộp"
LAN = "092195000001"


def vnd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "VND"}


def paid(cast: Cast, world: World) -> tuple[dict[str, Any], Payment]:
    """Return a submitted dossier in state 1 whose fee of 16,000 đồng was paid by card."""
    dossier = stories.submitted(cast.owner)
    payment = Payment.objects.get(id=dossier["payment_ids"][0])
    world.pay(payment)
    return dossier, payment


def refused(cast: Cast, world: World) -> tuple[dict[str, Any], Payment, str]:
    """Return a dossier that was paid and refused at reception, and the decision that opened."""
    dossier, payment = paid(cast, world)
    answer = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    assert answer.status_code == 201, answer.content
    world.drain()
    return dossier, payment, live(dossier)


def live(dossier: dict[str, Any]) -> str:
    from dossiers.models import RefundDecision

    return str(RefundDecision.objects.get(dossier_id=dossier["id"], state="open").id)


def seated(sign_in: Any, who: str, roles: list[str], number: str = "092080000077") -> Any:
    """Return another officer at the agency that collects the fee."""
    return office.seat(sign_in, who, roles, agency=stories.OFFICE, number=number)


def signed_in_again(who: str) -> str:
    """Return a fresh token: one lives for five minutes, and the clock went on."""
    answer = Api().post("/api/v1/dev/sign-in", {"who": who}, key=None)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def give_back(api: Any, payment: Payment, amount: int, believed: int = FEE, **more: Any) -> Any:
    body = {"amount": amount, "refundable_believed": believed, "reason": WHY}
    return api.post(f"{PAYMENTS}/{payment.id}/refunds", body, **more)


def decide(api: Any, decision: str, name: str, expected: str = "open", **more: Any) -> Any:
    body = {"move": name, "expected_state": expected, "reason": WHY, **more}
    return api.post(f"{DECISIONS}/{decision}/moves", body)


def grant(api: Any, decision: str, amount: int = FEE, believed: int = FEE, **more: Any) -> Any:
    return decide(api, decision, "grant", amount=amount, refundable_believed=believed, **more)


def comes_back(world: World, refund: Refund, **later: float) -> None:
    """Let a refund that arrived come back, as a payer's bank does days later."""
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    world.later(**(later or {"seconds": 30}))
    world.provider.fail_refund(refund.provider_refund_id)
    world.deliver()
    refund.refresh_from_db()
    assert refund.state == "failed"


def events(dossier: dict[str, Any]) -> list[str]:
    rows = TimelineEvent.objects.filter(dossier_id=dossier["id"]).order_by("seq")
    return list(rows.values_list("move", flat=True))


def told(dossier: dict[str, Any]) -> list[str]:
    """Return what the citizen's inbox holds about the dossier's money, in the timeline's order."""
    rows = Message.objects.filter(reference=dossier["id"], kind__startswith="dossier_refund")
    found = rows.order_by("id").values_list("dedupe_key", "kind")
    in_order = sorted(found, key=lambda row: int(row[0].rsplit(":", 1)[1]))
    return [kind.removeprefix("dossier_") for _, kind in in_order]
