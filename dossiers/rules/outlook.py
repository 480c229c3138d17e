"""How a dossier stands, in plain words: what its state means, what comes next, and when. Pure."""

import dataclasses
import datetime
import enum
from collections.abc import Iterable

from dossiers.rules import deadlines
from dossiers.rules.calendar import HCM, Calendar, CalendarMissing
from dossiers.rules.deadlines import Limit
from dossiers.rules.states import CLOSED, Clock, State


@dataclasses.dataclass(frozen=True)
class Meaning:
    """Placeholders: {receiving} where it was handed in, {competent} who decides."""

    now_vi: str
    next_vi: str
    now_en: str
    next_en: str


MEANINGS = {
    State.SUBMITTED: Meaning(
        "Hồ sơ đã được gửi tới {receiving} và đang chờ kiểm tra.",
        "Nếu hồ sơ đầy đủ, {receiving} sẽ tiếp nhận và hẹn ngày, giờ trả kết quả.",
        "The dossier was sent to {receiving} and waits to be checked.",
        "If it is complete, {receiving} receives it and promises a day and hour for the result.",
    ),
    State.ACCEPTED: Meaning(
        "{receiving} đã tiếp nhận hồ sơ.",
        "Hồ sơ sẽ được chuyển tới {competent} để giải quyết.",
        "{receiving} received the dossier.",
        "It is forwarded to {competent}, which decides.",
    ),
    State.REJECTED: Meaning(
        "{receiving} không tiếp nhận hồ sơ.",
        "Xem lý do trong phiếu từ chối; có thể chuẩn bị lại và nộp hồ sơ mới.",
        "{receiving} did not receive the dossier.",
        "The refusal slip holds the reason; it can be prepared again and sent anew.",
    ),
    State.PROCESSING: Meaning(
        "{competent} đang giải quyết hồ sơ.",
        "Khi kết quả được ký, hệ thống sẽ báo ngay.",
        "{competent} is working on the dossier.",
        "You are told as soon as the result is signed.",
    ),
    State.SUPPLEMENT_REQUESTED: Meaning(
        "Hồ sơ cần bổ sung, hoàn thiện.",
        "Sau khi nhận đủ phần bổ sung, cơ quan sẽ giải quyết tiếp.",
        "The dossier has to be completed.",
        "Once the supplement is there and complete, the office goes on.",
    ),
    State.PAYMENT_REQUESTED: Meaning(
        "Hồ sơ đang chờ thực hiện nghĩa vụ tài chính.",
        "Sau khi khoản phải nộp được thanh toán đủ, hồ sơ tự động được giải quyết tiếp.",
        "The dossier waits for a payment.",
        "Once everything owed is paid, it goes on by itself.",
    ),
    State.WITHDRAWAL_REQUESTED: Meaning(
        "Đã có yêu cầu rút hồ sơ.",
        "{receiving} kiểm tra rồi ra thông báo dừng giải quyết, hoặc nêu lý do không chấp nhận.",
        "You asked to withdraw the dossier.",
        "{receiving} looks at it, then issues the stop notice or says why not.",
    ),
    State.STOPPED: Meaning(
        "Hồ sơ đã dừng xử lý.",
        "Xem lý do trong thông báo dừng giải quyết.",
        "The dossier was stopped.",
        "The stop notice holds the reason.",
    ),
    State.COMPLETED: Meaning(
        "Hồ sơ đã có kết quả.",
        "Nhận kết quả trong hồ sơ hoặc tại {receiving}.",
        "The result is there.",
        "Download it, or collect it at {receiving}.",
    ),
    State.RETURNED: Meaning(
        "Đã trả kết quả; hồ sơ đã hoàn tất.",
        "Không còn việc gì phải làm.",
        "The result was handed over; the dossier is closed.",
        "There is nothing left to do.",
    ),
}


def meaning(state: State, *, receiving: str, competent: str) -> Meaning:
    """Return what a state means and what comes next, with the offices filled in."""
    words = MEANINGS[state]
    names = {"receiving": receiving, "competent": competent}
    return Meaning(
        words.now_vi.format(**names),
        words.next_vi.format(**names),
        words.now_en.format(**names),
        words.next_en.format(**names),
    )


class Status(enum.StrEnum):
    """How the promise of a day stands."""

    NOT_STARTED = "not_started"  # nobody received the dossier yet
    RUNNING = "running"
    LATE = "late"
    PAUSED = "paused"  # it stands still and goes on with what is left
    RESTARTS = "restarts"  # it stands still and begins anew
    UNKNOWN = "unknown"  # the catalogue states no time limit
    ENDED = "ended"


@dataclasses.dataclass(frozen=True)
class Passed:
    """One event of the timeline, as far as the promise cares."""

    clock: Clock
    at: datetime.datetime
    due_at: datetime.datetime | None


@dataclasses.dataclass(frozen=True)
class Expected:
    """When the result may be expected. Units: working_days_left counts whole days."""

    status: Status
    due_at: datetime.datetime | None
    working_days_left: int | None
    text_vi: str
    text_en: str


WAITING_FOR = {
    State.SUPPLEMENT_REQUESTED: ("chờ bổ sung hồ sơ", "the supplement is being waited for"),
    State.PAYMENT_REQUESTED: ("chờ thanh toán", "the payment is being waited for"),
    State.WITHDRAWAL_REQUESTED: (
        "chờ trả lời yêu cầu rút hồ sơ",
        "the request to withdraw is being looked at",
    ),
}


def expected(
    *,
    state: State,
    limit: Limit | None,
    due_at: datetime.datetime | None,
    finished_at: datetime.datetime | None,
    passed: Iterable[Passed],
    now: datetime.datetime,
    calendar: Calendar,
) -> Expected:
    """Return when the result may be expected, or why the clock stands and how much is left."""
    if state in CLOSED or state == State.COMPLETED:
        return _ended(due_at, finished_at)
    if due_at is not None:
        return _running(due_at, now, calendar)
    pause, reset = _standing(passed)
    if limit is None:
        text = ("Chưa có dữ liệu về thời hạn của thủ tục này", "No time limit is known")
        return Expected(Status.UNKNOWN, None, None, *text)
    vi, en = limit_words(limit)
    why_vi, why_en = WAITING_FOR.get(state, ("tạm dừng", "it was paused"))
    if reset:
        return Expected(
            Status.RESTARTS,
            None,
            None,
            f"Thời hạn đang dừng ({why_vi}); khi hồ sơ đầy đủ, thời hạn {vi} tính lại từ đầu",
            f"The clock stands ({why_en}); once complete, the limit of {en} begins anew",
        )
    if pause is not None and pause.due_at is not None:
        left = _days(pause.at, pause.due_at, calendar)
        if left is None:
            text = (f"Thời hạn đang dừng ({why_vi})", f"The clock stands ({why_en})")
            return Expected(Status.PAUSED, None, None, *text)
        return Expected(
            Status.PAUSED,
            None,
            left,
            f"Thời hạn đang dừng ({why_vi}); còn {left} ngày làm việc khi tiếp tục",
            f"The clock stands ({why_en}); {left} working days are left when it goes on",
        )
    return Expected(
        Status.NOT_STARTED,
        None,
        None,
        f"Thời hạn {vi} bắt đầu khi hồ sơ được tiếp nhận",
        f"The limit of {en} begins when the dossier is received",
    )


def _ended(due: datetime.datetime | None, finished: datetime.datetime | None) -> Expected:
    if finished is None:
        return Expected(Status.ENDED, due, None, "Đã kết thúc", "It has ended")
    day = _words(finished)
    return Expected(Status.ENDED, due, None, f"Đã kết thúc lúc {day}", f"It ended at {day}")


def _running(due: datetime.datetime, now: datetime.datetime, calendar: Calendar) -> Expected:
    day = _words(due)
    if now > due:
        return Expected(
            Status.LATE,
            due,
            None,
            f"Đã quá hạn trả kết quả ({day})",
            f"The promised time has passed ({day})",
        )
    left = _days(now, due, calendar)
    return Expected(
        Status.RUNNING, due, left, f"Hẹn trả kết quả trước {day}", f"Promised for {day}"
    )


def _standing(passed: Iterable[Passed]) -> tuple[Passed | None, bool]:
    """Return the pause that holds now, with what was promised before it; whether it is a reset."""
    due: datetime.datetime | None = None
    pause: Passed | None = None
    reset = False
    for event in passed:
        match event.clock:
            case Clock.PAUSE:
                pause, reset = Passed(event.clock, event.at, due), False
            case Clock.RESET:
                pause, reset = None, True
            case Clock.START | Clock.RESUME:
                pause, reset = None, False
        due = event.due_at or due
    return pause, reset


def _days(start: datetime.datetime, end: datetime.datetime, calendar: Calendar) -> int | None:
    """Return the working days between two moments; None where the calendar has no list."""
    try:
        return calendar.count(deadlines.local_day(start), deadlines.local_day(end))
    except CalendarMissing:
        return None


def _words(moment: datetime.datetime) -> str:
    return f"{moment.astimezone(HCM):%H:%M %d/%m/%Y}"


UNITS = {
    "working_day": ("ngày làm việc", "working days"),
    "calendar_day": ("ngày", "days"),
    "hour": ("giờ làm việc", "office hours"),
    "month": ("tháng", "months"),
}


def limit_words(limit: Limit) -> tuple[str, str]:
    """Return a time limit as people say it, in Vietnamese and English."""
    if limit.same_day and limit.value <= 1:
        return "trong ngày làm việc", "one working day"
    vi, en = UNITS[limit.unit]
    return (
        f"{limit.value} {vi}",
        f"{limit.value} {en.removesuffix('s') if limit.value == 1 else en}",
    )


class Stage(enum.StrEnum):
    """The way of a dossier in five steps, for who only wants to know how far it is."""

    SENT = "sent"
    RECEIVED = "received"
    PROCESSING = "processing"
    DONE = "done"
    RETURNED = "returned"


STAGES = tuple(Stage)
STAGE_NAMES = {
    Stage.SENT: ("Gửi hồ sơ", "Sent"),
    Stage.RECEIVED: ("Tiếp nhận", "Received"),
    Stage.PROCESSING: ("Giải quyết", "Decision"),
    Stage.DONE: ("Có kết quả", "Result ready"),
    Stage.RETURNED: ("Trả kết quả", "Handed over"),
}


def reached(state: State, *, came_from: State | None, received: bool) -> Stage:
    """Return the last of the five steps that a dossier has reached."""
    match state:
        case State.SUBMITTED:
            return Stage.SENT
        case State.PROCESSING:
            return Stage.PROCESSING
        case State.COMPLETED:
            return Stage.DONE
        case State.RETURNED:
            return Stage.RETURNED
    if came_from == State.PROCESSING:
        return Stage.PROCESSING
    return Stage.RECEIVED if received else Stage.SENT
