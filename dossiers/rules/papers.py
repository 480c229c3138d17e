"""Which papers an office issues, under which number and words, and what became of each. Pure.

Forms 01 to 07 are those of TT 03/2025/TT-VPCP, Annex I (cited; the blank forms were not read: the
layouts are ours and say so). Titles follow the list of forms in `TT 01/2018/TT-VPCP` and its
successor. The table says what is issued by what; the actions that do so name the kind.
"""

import dataclasses
import enum
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from dossiers.rules.states import State

_ANNEX = "TT 03/2025/TT-VPCP Annex I (cited)"


@dataclasses.dataclass(frozen=True)
class Paper:
    """One kind of paper. `moves`: what issues it; `signed`: it carries a digital signature."""

    kind: str
    template: str
    title_vi: str
    moves: tuple[str, ...]
    source: str
    form_number: str = ""
    signed: bool = False


PAPERS: tuple[Paper, ...] = (
    Paper(
        "acknowledgement",
        "acknowledgement.typ",
        "Thông báo đã gửi hồ sơ",
        ("submit",),
        "no form: ours; before reception nothing is promised (NĐ 61/2018/NĐ-CP Art.17)",
    ),
    Paper(
        "reception_slip",
        "form_01.typ",
        "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
        ("receive",),
        f"NĐ 61/2018/NĐ-CP Art.17; {_ANNEX}",
        form_number="Mẫu số 01",
    ),
    Paper(
        "supplement_slip",
        "form_02.typ",
        "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
        ("request_supplement", "return_at_appraisal"),
        f"NĐ 61/2018/NĐ-CP Art.17, 19; {_ANNEX}",
        form_number="Mẫu số 02",
    ),
    Paper(
        "refusal_slip",
        "form_03.typ",
        "Phiếu từ chối tiếp nhận giải quyết hồ sơ",
        ("refuse", "recall_reception"),
        f"NĐ 61/2018/NĐ-CP Art.17; {_ANNEX}",
        form_number="Mẫu số 03",
    ),
    Paper(
        "apology_letter",
        "form_04.typ",
        "Văn bản xin lỗi và đề nghị gia hạn",
        ("extend",),
        f"NĐ 61/2018/NĐ-CP Art.19, one new date only; {_ANNEX}",
        form_number="Mẫu số 04",
    ),
    Paper(
        "stop_notice",
        "form_05.typ",
        "Thông báo dừng giải quyết hồ sơ",
        ("stop", "accept_withdrawal", "reject"),
        f"NĐ 118/2025/NĐ-CP Art.21 (cited); {_ANNEX}",
        form_number="Mẫu số 05",
    ),
    Paper(
        "result",
        "result.typ",
        "Kết quả giải quyết",
        ("sign",),
        "NĐ 61/2018/NĐ-CP Art.19-20; layout of NĐ 30/2020/NĐ-CP (practice)",
        signed=True,
    ),
)
BY_KIND = {paper.kind: paper for paper in PAPERS}
CONTROL_SLIP = Paper(
    "control_slip",
    "form_06.typ",
    "Phiếu kiểm soát quá trình giải quyết hồ sơ",
    (),
    _ANNEX,
    form_number="Mẫu số 06",
)
DOSSIER_BOOK = Paper(
    "dossier_book", "form_07.typ", "Sổ theo dõi hồ sơ", (), _ANNEX, form_number="Mẫu số 07"
)
# A refusal to resolve decides on the request as a result does, so its letter is signed, too.
SIGNED_MOVES = frozenset({"reject"})
# The ground that a refusal names: where the duty to give the reason in writing stands.
GROUNDS = {
    "refuse": "Điều 17 Nghị định 61/2018/NĐ-CP; Điều 18 Nghị định 63/2010/NĐ-CP",
    "recall_reception": "Điều 17 Nghị định 61/2018/NĐ-CP; Điều 18 Nghị định 63/2010/NĐ-CP",
    "accept_withdrawal": "Điều 21 Nghị định 118/2025/NĐ-CP",
    "reject": "Điều 19 Nghị định 61/2018/NĐ-CP",
}


def is_signed(kind: str, move: str) -> bool:
    """Return whether the paper of `kind` that `move` issued carries a digital signature."""
    return BY_KIND[kind].signed or move in SIGNED_MOVES


# What a layout shows beyond the heading: read only for those that show it.
WITH_FILES = frozenset({"acknowledgement", "reception_slip"})
WITH_ADDRESS = frozenset({"reception_slip", "supplement_slip", "refusal_slip", "stop_notice"})
CITY_COMMITTEE = "ubnd-tp"


def body_above(kind: str, level: str, place_code: str) -> str:
    """Return the key of the body that the heading names above another; "" where none is known."""
    if kind == "one_stop" and level == "commune":
        return f"ubnd-{place_code}"
    if kind in {"department", "inspectorate", "office", "one_stop"}:
        return CITY_COMMITTEE
    return ""


def by_competent(kind: str, move: str, from_state: int | None) -> bool:
    """Return whether the body that decides issues the paper, not the one that received."""
    if kind == "result" or move in {"reject", "stop", "extend", "return_at_appraisal"}:
        return True
    return move == "request_supplement" and from_state == State.PROCESSING


# --- what became of a paper -----------------------------------------------------------------------


class Standing(enum.StrEnum):
    """What a paper is worth today."""

    CURRENT = "current"  # the last of its kind
    SUPERSEDED = "superseded"  # a later paper of the same kind took its place
    REVOKED = "revoked"  # the office took back what it says


REVOKED_BY = {
    "result": frozenset({"recall_result"}),
    "reception_slip": frozenset({"recall_reception"}),
}


def standing(kind: str, *, later_moves: Collection[str], later_kinds: Collection[str]) -> Standing:
    """Return what a paper is worth, from what happened to its dossier after it was issued."""
    if REVOKED_BY.get(kind, frozenset()) & set(later_moves):
        return Standing.REVOKED
    return Standing.SUPERSEDED if kind in later_kinds else Standing.CURRENT


class Verdict(enum.StrEnum):
    """What the validator says of a PDF."""

    GENUINE = "genuine"  # one of ours, byte for byte as it was issued
    CHANGED = "changed"  # it carries our signature, but it is not what was signed
    UNREGISTERED = "unregistered"  # signed with our key and whole, but not a paper on record
    NOT_OURS = "not_ours"


def verdict(*, on_record: bool, signed_by_us: bool, whole: bool) -> Verdict:
    """Return the verdict on a PDF: the record of what was issued goes before any signature."""
    if on_record:
        return Verdict.GENUINE
    if not signed_by_us:
        return Verdict.NOT_OURS
    return Verdict.UNREGISTERED if whole else Verdict.CHANGED


# --- form 06 --------------------------------------------------------------------------------------


class Event(Protocol):
    """One row of the timeline; see `dossiers.models.TimelineEvent`."""

    @property
    def seq(self) -> int: ...
    @property
    def move(self) -> str: ...
    @property
    def actor_label(self) -> str: ...
    @property
    def told_office(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def at(self) -> datetime: ...


@dataclasses.dataclass(frozen=True)
class Step:
    """One line of form 06: who gave it to whom, when, and whether the promise still held."""

    seq: int
    move: str
    given_by: str
    given_to: str
    at: datetime
    due_at: datetime | None
    late: bool | None


def steps(events: Iterable[Event]) -> list[Step]:
    """Return the lines of form 06 from a timeline in its order.

    `late` compares a step with the promise that held when it was made; None where none ran.
    """
    found = []
    promised: datetime | None = None
    for event in events:
        found.append(
            Step(
                seq=event.seq,
                move=event.move,
                given_by=event.actor_label,
                given_to=event.told_office or event.actor_label,
                at=event.at,
                due_at=promised,
                late=None if promised is None else event.at > promised,
            )
        )
        promised = event.due_at
    return found
