"""What a payer reads in the inbox when money came that does not fit, and what became of it. Pure.

Never "failed": the money is there, and the words say how much and what happens next.
"""

import dataclasses

from payments.rules.suspense import Reason


@dataclasses.dataclass(frozen=True)
class Words:
    """A message in both languages."""

    title_vi: str
    body_vi: str
    title_en: str
    body_en: str


def dong(amount_vnd: int) -> str:
    """Return a sum as people in Việt Nam write it: 16.000 đồng."""
    return f"{amount_vnd:,} đồng".replace(",", ".")


def held(reason: Reason, *, title: str, came_vnd: int, owed_vnd: int) -> Words:
    """Return what is told when money is held apart."""
    came, owed = dong(came_vnd), dong(owed_vnd)
    why_vi, why_en = _WHY.get(reason, _ELSE)
    if reason == Reason.AMOUNT_DIFFERS and came_vnd < owed_vnd:
        why_vi, why_en = _LESS
    elif reason == Reason.AMOUNT_DIFFERS:
        why_vi, why_en = _MORE
    return Words(
        title_vi=f"Đã nhận {came}, đang được đối soát",
        body_vi=f"{title}: đã nhận {came}; {why_vi.format(owed=owed)} Cán bộ sẽ xem xét và báo cho "
        "bạn; xin đừng chuyển thêm.",
        title_en=f"{came} arrived and is being looked into",
        body_en=f"{title}: {came} arrived; {why_en.format(owed=owed)} An officer decides and you "
        "will be told; please do not transfer more.",
    )


_LESS = ("khoản phải nộp là {owed}, còn thiếu.", "{owed} is owed, so a part is missing.")
_MORE = ("khoản phải nộp là {owed}, đã thừa.", "{owed} is owed, so it is more than that.")
_ELSE = ("khoản này cần được đối soát.", "it needs to be looked into.")
_WHY = {
    Reason.PAID_TWICE: ("khoản này đã được nộp trước đó.", "this was paid before."),
    Reason.PAID_AFTER_CANCEL: (
        "khoản này không còn phải nộp.",
        "this is no longer owed.",
    ),
    Reason.WRONG_ACCOUNT: (
        "tiền đến tài khoản của cơ quan khác.",
        "it came to another agency's account.",
    ),
    Reason.SECOND_TRANSFER: (
        "nội dung chuyển khoản này đã được dùng cho một lần chuyển trước.",
        "this reference was used by an earlier transfer.",
    ),
}


def going_back(*, title: str, amount_vnd: int, reason: str) -> Words:
    """Return what is told when an officer sends money back."""
    return Words(
        title_vi=f"Đang hoàn lại {dong(amount_vnd)}",
        body_vi=f"{title}: cơ quan hoàn lại {dong(amount_vnd)} về nơi đã chuyển. Lý do: {reason}",
        title_en=f"{dong(amount_vnd)} is on its way back",
        body_en=f"{title}: {dong(amount_vnd)} is sent back to where it came from. Why: {reason}",
    )


def came_back(*, title: str, amount_vnd: int) -> Words:
    """Return what is told when the bank says that the money was sent."""
    return Words(
        title_vi=f"Đã hoàn lại {dong(amount_vnd)}",
        body_vi=f"{title}: ngân hàng đã chuyển lại {dong(amount_vnd)} về nơi đã chuyển.",
        title_en=f"{dong(amount_vnd)} was sent back",
        body_en=f"{title}: the bank sent {dong(amount_vnd)} back to where it came from.",
    )


def allotted(*, title: str, amount_vnd: int, reason: str) -> Words:
    """Return what is told when an officer allots money to what is owed."""
    return Words(
        title_vi="Khoản nộp đã được ghi nhận",
        body_vi=f"{title}: {dong(amount_vnd)} đã chuyển được ghi nhận là đã nộp; có biên lai. "
        f"Lý do: {reason}",
        title_en="Your payment was recorded",
        body_en=f"{title}: {dong(amount_vnd)} that had arrived is recorded as paid; there is a "
        f"receipt. Why: {reason}",
    )
