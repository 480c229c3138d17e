"""Hears every exchange of one test with the mock and holds it against Stripe's document."""

from payments.providers.stripe_mock.reply import Exchange
from tests.fakes import Provider
from tests.payments.witnesses import stripe_document

MANY = 40  # of longer lists the two ends are read


class Judge:
    """Without the document it hears and says nothing; `test_stripe_schema` says why."""

    def __init__(self) -> None:
        self.heard: list[Exchange] = []

    def hear(self, exchange: Exchange) -> None:
        self.heard.append(exchange)

    def decide(self, provider: Provider) -> None:
        """Refuse the test when anything was not Stripe's. Errors: Wrong, AssertionError."""
        with provider.mock.store.lock:
            crashes = [call["crash"] for call in provider.mock.store.calls if "crash" in call]
            events = [provider.mock.store.copy(e) for e in provider.mock.store.all("event")]
        assert not crashes, crashes[0]
        if stripe_document.why_absent():
            return
        for exchange in self.heard:
            weigh(exchange, answer=not provider.falsified)
        if not provider.falsified:
            for event in events[:MANY]:
                stripe_document.check_object(event)


def weigh(exchange: Exchange, *, answer: bool = True) -> None:
    """Hold one exchange against the document: a request that was accepted, and every answer."""
    method, path, body = exchange.method, exchange.path, exchange.body
    if stripe_document.UNPUBLISHED.match(path):
        return
    if exchange.status < 400:
        stripe_document.check_request(method, path, exchange.params)
    if body.get("object") == "list" and len(body["data"]) > MANY:
        body = {**body, "data": [*body["data"][: MANY // 2], *body["data"][-MANY // 2 :]]}
    if answer:
        stripe_document.check_answer(method, path, exchange.status, body)
