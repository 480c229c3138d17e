"""Who sends bills, and speaking to them without waiting for ever."""

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from common import db
from common.errors import NotFound, OutsideError, Refusal
from payments.actions import breaker
from payments.billers import base, registry
from payments.models import Biller

logger = logging.getLogger(__name__)
R = TypeVar("R")

# A biller that answers slowly must not hold all threads of a web process.
CALLS_AT_ONCE = 2
WAIT_FOR_A_TURN_SECONDS = 2.0
_turn = threading.BoundedSemaphore(CALLS_AT_ONCE)


class BillerUnreachable(Refusal):
    code = "biller_unreachable"
    status = 503
    title_vi = "Chưa hỏi được đơn vị phát hành hóa đơn"
    title_en = "The biller did not answer"
    detail_vi = "{biller} chưa trả lời. Chưa có khoản nào được thu; hãy thử lại sau ít phút."
    detail_en = "{biller} did not answer. Nothing was charged; try again in a few minutes."
    members = ("biller",)


class CustomerUnknown(Refusal):
    code = "bill_customer_unknown"
    status = 404
    title_vi = "Đơn vị phát hành không có mã khách hàng này"
    title_en = "The biller has no customer with that code"
    detail_vi = "Mã cần có dạng: {format}. Hãy xem lại trên hóa đơn giấy."
    detail_en = "A code looks like this: {format}. Look at the paper bill again."
    members = ("format",)


@dataclasses.dataclass(frozen=True)
class BillerRow:
    """One biller to put in place."""

    code: str
    kind: str
    name: str
    code_pattern: str
    code_example: str
    code_hint: str
    is_demo: bool = True


@db.transaction()
def import_billers(*, rows: Iterable[BillerRow]) -> int:
    """Put the billers in place, again and again; return how many there were."""
    billers = [Biller(**dataclasses.asdict(row)) for row in rows]
    Biller.objects.bulk_create(
        billers,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["kind", "name", "code_pattern", "code_example", "code_hint", "is_demo"],
    )
    return len(billers)


def known(code: str) -> Biller:
    """Return an active biller. Errors: NotFound."""
    found = Biller.objects.filter(code=code, active=True).first()
    if found is None:
        raise NotFound
    return found


def ask(biller: Biller, question: Callable[[base.Port], R]) -> R:
    """Return what a biller says to somebody who waits for it.

    Errors: CustomerUnknown; BillerUnreachable at once while its breaker is open, when too many
    wait already, and when it gives no answer that makes sense.
    """
    place = f"biller:{biller.code}"
    if breaker.is_open(place):
        raise BillerUnreachable(biller=biller.name, retry_after=breaker.PAUSE_SECONDS)
    if not _turn.acquire(timeout=WAIT_FOR_A_TURN_SECONDS):
        raise BillerUnreachable(biller=biller.name, retry_after=2)
    try:
        told = question(registry.get(biller.code))
    except base.CustomerUnknown as failure:
        breaker.answered(place)
        raise CustomerUnknown(format=f"{biller.code_hint} ({biller.code_example})") from failure
    except OutsideError as failure:
        logger.warning("biller %s: %s", biller.code, failure)
        if failure.transient:
            breaker.lost(place)
        raise BillerUnreachable(biller=biller.name, retry_after=10) from failure
    finally:
        _turn.release()
    breaker.answered(place)
    return told
