"""What is needed from the citizen now, from what is known of a dossier. Pure."""

import dataclasses
import datetime
import enum
from collections.abc import Sequence

from dossiers.rules.states import CLOSED, State


class Kind(enum.StrEnum):
    SUPPLEMENT = "supplement"
    PAY = "pay"
    COLLECT = "collect"


# Somebody who asked to stop is not asked for money; what is closed asks for nothing.
PAYING = frozenset(State) - CLOSED - {State.WITHDRAWAL_REQUESTED}
ANSWERING = frozenset({State.SUPPLEMENT_REQUESTED})
COLLECTING = frozenset({State.COMPLETED})


@dataclasses.dataclass(frozen=True)
class Ask:
    """A supplement request that waits for the citizen; `by` is None where nobody set a day."""

    reference: str
    by: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Need:
    """One thing to do. Shape: reference names a supplement request, a payment or the dossier."""

    kind: Kind
    reference: str
    deadline: datetime.datetime | None
    text_vi: str
    text_en: str
    link: str


TEXTS = {
    Kind.SUPPLEMENT: (
        "Bổ sung hồ sơ theo yêu cầu; thời hạn giải quyết chưa chạy tiếp cho tới khi nhận đủ",
        "Answer the supplement request; the time limit stands until it is complete",
    ),
    Kind.PAY: (
        "Thanh toán khoản phải nộp để hồ sơ được giải quyết",
        "Pay what is owed, so that the dossier can go on",
    ),
    Kind.COLLECT: (
        "Kết quả đã có: tải về trong hồ sơ hoặc nhận tại nơi tiếp nhận",
        "The result is there: download it, or collect it where the dossier was received",
    ),
}
PAY_FOR_RESULT = (
    "Thanh toán khoản phải nộp để nhận kết quả",
    "Pay what is owed, so that the result can be handed over",
)
LINKS = {
    Kind.SUPPLEMENT: "/api/v1/dossiers/{dossier}/supplements",
    Kind.PAY: "/api/v1/payments/{reference}",
    Kind.COLLECT: "/api/v1/dossiers/{dossier}/documents",
}


def needed(
    *, dossier_id: str, state: State, unpaid: Sequence[str], ask: Ask | None
) -> tuple[Need, ...]:
    """Return what the citizen has to do, the most pressing first; empty when nothing.

    Shape: unpaid holds the ids of payments still owed, ask the supplement request still open.
    """
    found = []
    if ask is not None and state in ANSWERING:
        found.append(_need(Kind.SUPPLEMENT, dossier_id, ask.reference, deadline=ask.by))
    if state in PAYING:
        words = PAY_FOR_RESULT if state in COLLECTING else TEXTS[Kind.PAY]
        found += [_need(Kind.PAY, dossier_id, one, words=words) for one in unpaid]
    if state in COLLECTING:
        found.append(_need(Kind.COLLECT, dossier_id, dossier_id))
    return tuple(found)


def _need(
    kind: Kind,
    dossier_id: str,
    reference: str,
    *,
    deadline: datetime.datetime | None = None,
    words: tuple[str, str] | None = None,
) -> Need:
    vi, en = words or TEXTS[kind]
    link = LINKS[kind].format(dossier=dossier_id, reference=reference)
    return Need(kind, reference, deadline, vi, en, link)
