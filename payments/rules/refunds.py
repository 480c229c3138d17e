"""Money on its way back, as the payer is told of it, and the ways it may take. Pure."""

import enum

from payments.rules import states


class Way(enum.StrEnum):
    """By which way money goes back."""

    PROVIDER = "provider"  # the way it came
    COUNTER = "counter"  # in cash, at the agency's counter
    BANK = "bank"  # the agency transferred it from its own account


# What a cashier may write down when the way it came is closed.
BY_HAND = (Way.COUNTER, Way.BANK)


class Shown(enum.StrEnum):
    """How far a refund is, for the payer. Never "failed": the money is still theirs."""

    REQUESTED = "requested"  # decided; the provider has not taken the order yet
    ON_ITS_WAY = "on_its_way"  # the provider took it, or may have
    ARRIVED = "arrived"
    LOOKED_INTO = "looked_into"  # it did not arrive; the agency sends it anew or pays it out
    SENT_ANEW = "sent_anew"  # it did not arrive, and another one stands in its place


_SHOWN = {
    states.Refund.REQUESTED: Shown.REQUESTED,
    states.Refund.CALLING: Shown.ON_ITS_WAY,
    states.Refund.UNKNOWN: Shown.ON_ITS_WAY,
    states.Refund.PENDING: Shown.ON_ITS_WAY,
    states.Refund.SUCCEEDED: Shown.ARRIVED,
    states.Refund.FAILED: Shown.LOOKED_INTO,
}


def shown(state: states.Refund, *, replaced: bool) -> Shown:
    """Return what the payer is told. Shape: replaced says that another refund stands for it."""
    if replaced:
        return Shown.SENT_ANEW
    return _SHOWN[state]


# In Vietnamese and English.
WORDS = {
    Shown.REQUESTED: (
        "Đã quyết định hoàn, đang chuyển yêu cầu tới cổng thanh toán",
        "Decided; the order is being passed to the payment provider",
    ),
    Shown.ON_ITS_WAY: ("Tiền đang trên đường về", "The money is on its way"),
    Shown.ARRIVED: ("Tiền đã được hoàn", "The money was given back"),
    Shown.LOOKED_INTO: (
        "Tiền chưa về được; cơ quan đang xử lý, bạn không phải làm gì",
        "The money did not arrive; the agency is looking into it, nothing is needed from you",
    ),
    Shown.SENT_ANEW: (
        "Tiền chưa về được và đã được hoàn bằng một lần khác",
        "The money did not arrive; another refund stands in its place",
    ),
}
PAID_OUT = {
    Way.COUNTER: ("Đã trả tiền mặt tại quầy", "Paid out in cash at the counter"),
    Way.BANK: ("Cơ quan đã chuyển khoản cho bạn", "The agency transferred it to you"),
}
# Practice of card networks, not a promise of this side: no rule sets a day.
EXPECTED = (
    "Thường từ 5 đến 10 ngày làm việc, tùy ngân hàng; đây là thông lệ, không phải cam kết",
    "Usually 5 to 10 working days, depending on the bank; practice, not a promise",
)
# Why a rule gave money back, by the rule's name.
BY_RULE = {
    "paid_twice": ("Khoản này đã được nộp hai lần", "It was paid twice"),
    "paid_after_cancel": (
        "Tiền đến sau khi cơ quan không còn yêu cầu nộp",
        "The money came after it was no longer asked for",
    ),
}


def words(state: Shown, way: Way) -> tuple[str, str]:
    """Return how far a refund is, in Vietnamese and English."""
    if state == Shown.ARRIVED and way in PAID_OUT:
        return PAID_OUT[way]
    return WORDS[state]


def why(reason: str) -> tuple[str, str]:
    """Return the reason as the payer reads it: a rule's in words, an officer's as written."""
    return BY_RULE.get(reason, (reason, reason))


def expected(state: Shown) -> tuple[str, str] | None:
    """Return when money may be expected; None when it arrived or nobody can say."""
    return EXPECTED if state in {Shown.REQUESTED, Shown.ON_ITS_WAY} else None
