"""The agency's books at the money desk: discrepancies worked off, disputes told, alarms raised.

What belongs to no payment is worked off at the city's centre.
"""

import logging
from datetime import datetime

from citizens import queries as citizens
from citizens.actions import inbox
from common import db
from dossiers.actions import money_desk
from dossiers.models import Seat
from dossiers.queries import calendar
from dossiers.rules.calendar import HCM
from dossiers.rules.seats import Role
from payments.actions import discrepancies as working
from payments.actions import disputes
from payments.reports import discrepancies
from payments.reports import disputes as shown
from payments.reports.scope import Scope

logger = logging.getLogger(__name__)

CITY_CENTRE = "ttpvhcc"  # agency key of the city's Trung tâm Phục vụ hành chính công
ALARM_WORKING_DAYS = 3  # practice: no rule says how long a discrepancy may lie


def scope(seat: Seat) -> Scope:
    """Return whose money a seat works with: its agency's, at the centre also nobody's."""
    own = (seat.agency_id,)
    return Scope(
        agencies=(*own, "") if seat.agency_id == CITY_CENTRE else own,
        not_of=citizens.accounts_of_same_person(seat.user_id).values("id"),
    )


def sees_totals(seat: Seat) -> bool:
    """Return whether a seat is shown the sums of whole statements, which span all agencies."""
    return seat.agency_id == CITY_CENTRE


@db.transaction()
def resolve(
    *, user_id: str, discrepancy_id: str, resolution: str, note: str, now: datetime
) -> None:
    """Write down what a cashier found about a discrepancy of their agency.

    Errors: Forbidden, NotYourRole, NotFound, DiscrepancyClosed, HistoryFull.
    """
    seat = money_desk.cashier(user_id, now=now)
    row = discrepancies.discrepancy(scope(seat), discrepancy_id)
    working.resolve(
        discrepancy_id=row.id,
        resolution=working.Resolution(resolution),
        note=note,
        by=seat.user_id,
        by_label=seat.title,
        now=now,
    )


@db.transaction()
def note_dispute(*, user_id: str, dispute_id: str, text: str, now: datetime) -> None:
    """Write down what a cashier did about a dispute of their agency.

    Errors: Forbidden, NotYourRole, NotFound, DisputeNotesFull.
    """
    seat = money_desk.cashier(user_id, now=now)
    row = shown.dispute(scope(seat), dispute_id)
    disputes.note(dispute_id=row.id, by=seat.user_id, by_label=seat.title, text=text, now=now)


def alarm(*, now: datetime) -> int:
    """Raise what has been open for too many working days; return how many were raised.

    Errors: CalendarMissing.
    """
    today = now.astimezone(HCM).date()
    first_day = calendar.working().add(today, -ALARM_WORKING_DAYS)
    before = datetime.combine(first_day, datetime.min.time(), HCM)
    return len(working.alarm(found_before=before, now=now))


DISPUTE_WORDS = {
    "inquiry": (
        "Ngân hàng của người nộp hỏi về một khoản nộp",
        "A payer's bank asks about a payment",
    ),
    "open": (
        "Một khoản nộp bị khiếu nại, tiền đã bị rút về",
        "A payment is disputed; the money was taken back",
    ),
    "won": (
        "Khiếu nại kết thúc: tiền được trả lại cơ quan",
        "A dispute was won; the money comes back",
    ),
    "lost": (
        "Khiếu nại kết thúc: tiền thuộc về người nộp",
        "A dispute was lost; the money stays away",
    ),
    "closed": ("Khiếu nại đã khép lại, không có tiền bị rút", "A dispute ended; no money moved"),
}


@db.transaction()
def tell_dispute(
    *,
    agency_code: str,
    dispute_id: str,
    state: str,
    amount_vnd: int,
    answer_by: datetime | None,
    now: datetime,
) -> int:
    """Tell the agency's cashiers of a dispute, the centre's when it has none; return how many."""
    told = _cashiers(agency_code) or _cashiers(CITY_CENTRE)
    if not told:
        logger.error("dispute %s: no cashier to be told at %s", dispute_id, agency_code)
    title_vi, title_en = DISPUTE_WORDS[state]
    until_vi = until_en = ""
    if answer_by is not None and state in {"inquiry", "open"}:
        last = f"{answer_by.astimezone(HCM):%H:%M ngày %d/%m/%Y}"
        until_vi = f" Cần gửi chứng cứ trước {last}."
        until_en = f" Evidence is wanted by {answer_by.astimezone(HCM):%H:%M on %d/%m/%Y}."
    amount = f"{amount_vnd:,}".replace(",", ".")
    for user_id in told:
        inbox.notify(
            citizen_id=user_id,
            kind="money_dispute",
            title_vi=title_vi,
            body_vi=f"Số tiền {amount} đồng.{until_vi}",
            title_en=title_en,
            body_en=f"{amount} đồng.{until_en}",
            reference=dispute_id,
            dedupe_key=f"dispute:{dispute_id}:{state}:{user_id}",
            now=now,
        )
    return len(told)


def _cashiers(agency_code: str) -> list[str]:
    rows = Seat.objects.filter(
        agency_id=agency_code, active=True, roles__contains=[Role.CASHIER.value]
    )
    return list(rows.order_by("user_id").values_list("user_id", flat=True))
