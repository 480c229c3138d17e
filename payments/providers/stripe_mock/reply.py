"""What goes out, and what a witness is told of it."""

import dataclasses
from typing import Any

from payments.providers.stripe_mock.errors import ApiError
from payments.providers.stripe_mock.store import Obj


class Reply:
    """One answer on its way out."""

    def __init__(
        self,
        status: int,
        body: Obj,
        headers: dict[str, str] | None = None,
        *,
        kept: bool = False,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.kept = kept
        self.cut = False
        self.raw: bytes | None = None

    @classmethod
    def of(cls, refusal: ApiError, request_id: str = "") -> "Reply":
        error = dict(refusal.error)
        if request_id:
            error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        reply = cls(refusal.status, {"error": error}, kept=refusal.stored)
        if refusal.status == 401:
            reply.headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
        return reply


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A request as it was understood, and the answer before any fault spoiled it."""

    method: str
    path: str
    params: Obj
    status: int
    body: dict[str, Any]
