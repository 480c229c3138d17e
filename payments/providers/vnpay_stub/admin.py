"""Scripts of misfortune under `/_mock/`: for tests, demonstrations and the curious.

| call | body |
|---|---|
| `POST faults` | `{"action", "command", "times", ...}`, see `faults` |
| `POST ipn` | `{"plan": ["lose", "twice", ...]}` for the next IPNs, see `ipn.PLANS` |
| `POST release` | what was held is done, or sent |
| `POST retry` | waiting IPNs are sent at once |
| `POST end` | `{"ref", "response", "bank", "force"}`: press a button of the page |
| `POST status` | `{"ref", "status"}`: the transaction says 01, 04, ... from now on |
| `POST refund` | `{"number", "status"}`: the bank takes (00) or turns away (09) a refund |
| `POST clock` | `{"advance": seconds}` |
| `POST reset` | forget everything |
| `GET transactions`, `GET deliveries`, `GET calls` | what it knows |
"""

from typing import TYPE_CHECKING, Any

from payments.providers.vnpay_stub import ipn
from payments.providers.vnpay_stub.ledger import Obj

if TYPE_CHECKING:
    from payments.providers.vnpay_stub.server import Stub


def act(stub: "Stub", method: str, name: str, given: Obj) -> Any:
    """Do what a script asks. Errors: LookupError, ValueError, TypeError for nonsense."""
    match method, name:
        case "GET", "transactions":
            return list(stub.book.transactions.values())
        case "GET", "deliveries":
            return stub.ipn.log
        case "GET", "calls":
            return stub.book.calls
        case "POST", "faults":
            stub.faults.add(**given)
        case "POST", "ipn":
            if not set(given["plan"]) <= ipn.PLANS:
                raise ValueError("no such plan")
            stub.ipn.plan += given["plan"]
        case "POST", "release":
            return {"released": stub.release_calls() + stub.ipn.release()}
        case "POST", "retry":
            stub.ipn.retry_now()
        case "POST", "end":
            end(stub, given)
        case "POST", "status":
            tx = stub.book.transactions[given["ref"]]
            tx["status"], tx["stuck"] = given["status"], True
        case "POST", "refund":
            for tx in stub.book.transactions.values():
                for refund in tx["refunds"]:
                    if refund["number"] == given["number"]:
                        stub.book.settle(refund, given["status"])
        case "POST", "clock":
            stub.book.offset += int(given["advance"])
            stub.book.tick()
        case "POST", "reset":
            stub.reset()
        case _:
            raise LookupError("no such script")
    return {}


def end(stub: "Stub", given: Obj) -> None:
    """End a payer's try as a button of the page would, late ones too with `force`."""
    tx = stub.book.transactions[given["ref"]]
    if not given.get("force") and (tx["status"] != "01" or stub.book.is_late(tx)):
        raise ValueError("the page is closed")
    stub.book.end(tx, given.get("response", "00"), given.get("bank", "NCB"))
