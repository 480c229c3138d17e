"""The settlement report of an agency (bảng kê thu phí, lệ phí): what goes into which row. Pure."""

import dataclasses
import enum
from collections.abc import Sequence
from typing import Any

from payments.rules import money

# How a provider is called in the report. What is not here is a gateway on the network.
BANKS = frozenset({"vietqr"})


class Method(enum.StrEnum):
    """How money came in."""

    ONLINE = "online"  # through a payment gateway
    BANK = "bank"  # a transfer to the agency's account
    CASH = "cash"  # at the counter
    OTHER = "other"


def method(debit_account: str, provider: str = "") -> Method:
    """Return how money came in, by the account that holds it.

    What was held apart before somebody allotted it came in by the provider of its attempt.
    """
    head, _, name = debit_account.partition(":")
    if head == "suspense" and provider:
        head, name = "provider_clearing", provider
    match head:
        case "provider_clearing":
            return Method.BANK if name in BANKS else Method.ONLINE
        case "bank" | "bank_counter":
            return Method.BANK
        case "till" | "cash":
            return Method.CASH
    return Method.OTHER


@dataclasses.dataclass(frozen=True)
class Share:
    """How much of a refund belongs to one line of what was paid."""

    code: str
    label: str
    kind: str
    amount_vnd: int


def share_out(lines: Sequence[dict[str, Any]], before_vnd: int, change_vnd: int) -> list[Share]:
    """Return which lines a refund is taken from, given what had gone back before it.

    A refund names no line, so it is taken from the lines in their order, each to its end (practice:
    no rule was found). So no line ever gives back more than was paid for it, whatever the number of
    refunds, and the shares add up to the refund to the đồng; what exceeds all lines stays unnamed.
    A negative change undoes a refund that failed.
    """
    low, high = sorted((before_vnd, before_vnd + change_vnd))
    sign = 1 if change_vnd >= 0 else -1
    shares = []
    start = 0
    for line in lines:
        end = start + int(line["amount_vnd"])
        part = min(high, end) - max(low, start)
        if part > 0:
            shares.append(Share(line["code"], line["label"], line["kind"], sign * part))
        start = end
    rest = change_vnd - sum(one.amount_vnd for one in shares)
    if rest:
        shares.append(Share("", "", "", rest))
    return shares


def accounts_of(agency_code: str) -> dict[str, str]:
    """Return the agency's own accounts in the ledger and what each is called on paper."""
    return {
        money.revenue(agency_code): "Phí, lệ phí đã thu",
        money.refund_payable(agency_code): "Chờ hoàn trả",
        money.suspense(agency_code): "Tạm giữ, chờ xử lý",
        money.disputed(agency_code): "Đang hoặc đã bị khiếu nại, chưa thu lại được",
        money.till(agency_code): "Tiền mặt tại quầy, chưa nộp",
        money.held_at(money.BANK_COUNTER, "", agency_code): "Chuyển khoản ghi nhận tại quầy",
        money.till_difference(agency_code): "Chênh lệch kiểm kê quỹ",
    }
