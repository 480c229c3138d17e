"""The service index (bộ chỉ số 766): each measure with what was counted and of how many.

Source: a note of the portal's team on the formulae of QĐ 766/QĐ-TTg of 23/06/2022, table of
measures 1.1 to 5.4 (3.4 is missing in it). "In the period" is by the time of reception unless a
measure says otherwise. A measure whose facts do not arise here is null and says why; the marks
that each measure may give were not found, so none are given.
"""

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Least

from dossiers.models import (
    Attachment,
    Channel,
    Document,
    Dossier,
    Feedback,
    FeedbackEvent,
    Rating,
    SupplementRequest,
    TimelineEvent,
)
from dossiers.queries import calendar
from dossiers.rules.calendar import HCM, Calendar
from dossiers.rules.feedback import DISLIKE_STARS
from dossiers.rules.feedback import State as FeedbackState
from dossiers.rules.states import State
from payments import queries as payments
from services import queries as services

FINISHED = (State.COMPLETED, State.RETURNED)
OUTSIDE = "Không phát sinh trong hệ thống này"


@dataclasses.dataclass(frozen=True)
class Measure:
    """One line of the index. `percent` of two nulls, or of nothing, is null.

    Units: target_percent as the note gives it; value and unit for the measure that is no ratio.
    """

    number: str
    name_vi: str
    numerator: int | None = None
    denominator: int | None = None
    target_percent: int | None = None
    note_vi: str = ""

    @property
    def percent(self) -> float | None:
        """Return the percentage with two decimals; null when there is nothing to count."""
        if self.numerator is None or not self.denominator:
            return None
        return round(100 * self.numerator / self.denominator, 2)


@dataclasses.dataclass(frozen=True)
class HandlingTime:
    """Measure 2.2 for one procedure: the mean, in the unit of its own limit."""

    service_code: str
    unit: str
    dossiers: int
    mean: float


def measures(
    *, start: datetime, end: datetime, now: datetime, agency_key: str | None = None
) -> tuple[Measure, ...]:
    """Return every measure of a period, end exclusive, of the city or of one agency."""
    dossiers = _dossiers(agency_key).filter(received_at__gte=start, received_at__lt=end)
    counted = _count(dossiers, min(end, now))
    today = now.astimezone(HCM).date()
    levels = services.online_levels(today)
    online = levels["full"] + levels["partial"]
    fee_services = services.fee_bearing_codes(today)
    paid_services = dossiers.filter(fee_quote__total_vnd__gt=0).values("service_code").distinct()
    received = counted["received"]
    return (
        Measure("1.1", "Công bố thủ tục đúng hạn", note_vi=OUTSIDE),
        Measure("1.2", "Công khai thủ tục đúng hạn", note_vi=OUTSIDE),
        Measure(
            "1.3",
            "Thủ tục có đủ nội dung",
            services.described_count(today),
            sum(levels.values()),
            note_vi="Trình tự thực hiện không có trong dữ liệu, không xét",
        ),
        Measure("1.4", "Hồ sơ đồng bộ", note_vi="Chưa có kết nối đồng bộ với Cổng quốc gia"),
        Measure(
            "2.1",
            "Hồ sơ đúng hạn hoặc sớm hạn",
            counted["judged"] - counted["late"],
            counted["judged"],
            note_vi=f"{counted['unlimited']} hồ sơ không có thời hạn trong dữ liệu, không tính",
        ),
        Measure("3.1", "Dịch vụ công trực tuyến", online, sum(levels.values()), 80),
        Measure(
            "3.2",
            "Dịch vụ công trực tuyến có phát sinh hồ sơ",
            dossiers.filter(channel=Channel.ONLINE).values("service_code").distinct().count(),
            online,
        ),
        Measure(
            "3.3",
            "Hồ sơ trực tuyến",
            counted["online"],
            received,
            50,
            "Chưa nhân với tỷ lệ đồng bộ (chỉ số 1.4)",
        ),
        Measure("3.4", "", note_vi="Không có trong tài liệu nguồn"),
        Measure(
            "3.5",
            "Thủ tục có phí được thanh toán trực tuyến",
            paid_services.filter(service_code__in=fee_services).count(),
            len(fee_services),
            80,
        ),
        Measure(
            "3.6",
            "Hồ sơ thanh toán trực tuyến",
            dossiers.filter(
                fee_quote__total_vnd__gt=0,
                id__in=payments.paid_references(start=start, end=None),
            ).count(),
            counted["fee_bearing"],
        ),
        Measure("4.1", "Cấp kết quả điện tử", counted["e_results"], counted["with_results"]),
        Measure("4.2", "Số hóa hồ sơ và kết quả", counted["digitised"], received, 80),
        Measure("4.3", "Tái sử dụng giấy tờ", counted["reused"], received, 80),
        Measure("4.4", "Chia sẻ để tái sử dụng", counted["shared"], received),
        Measure("4.5", "Khai thác dữ liệu dân cư", counted["verified"], received),
        *_voices(start=start, end=end, now=now, agency_key=agency_key),
        Measure(
            "5.4",
            "Mức độ hài lòng",
            max(received - counted["late"] - counted["unhappy"], 0),
            received,
            90,
        ),
    )


def handling_times(
    *, start: datetime, end: datetime, agency_key: str | None = None
) -> tuple[HandlingTime, ...]:
    """Return measure 2.2: the mean handling time of each procedure, finished and begun in a period.

    Units: those of the procedure's limit: working or calendar days, hours, months of 30 days.
    Waiting for a supplement does not count.
    """
    rows = (
        _dossiers(agency_key)
        .filter(received_at__gte=start, received_at__lt=end, state__in=FINISHED)
        .exclude(time_limit=None)
        .exclude(finished_at=None)
        .order_by("service_code", "id")
        .values_list("id", "service_code", "time_limit__unit", "received_at", "finished_at")
    )
    waits = _waits(start=start, end=end, agency_key=agency_key)
    days = calendar.working()
    sums: dict[tuple[str, str], list[float]] = {}
    for dossier_id, code, unit, received_at, finished_at in rows.iterator(chunk_size=2000):
        if received_at is None or finished_at is None:
            continue
        waited = sum(_length(unit, *span, days) for span in waits.get(dossier_id, []))
        taken = _length(unit, received_at, finished_at, days) - waited
        sums.setdefault((code, unit), []).append(max(taken, 0.0))
    return tuple(
        HandlingTime(code, unit, len(found), round(sum(found) / len(found), 2))
        for (code, unit), found in sorted(sums.items())
    )


def _dossiers(agency_key: str | None) -> QuerySet[Dossier]:
    rows = Dossier.objects.all()
    if agency_key is None:
        return rows
    return rows.filter(Q(receiving_agency=agency_key) | Q(competent_agency=agency_key))


def _count(dossiers: QuerySet[Dossier], until: datetime) -> dict[str, int]:
    files = Attachment.objects.filter(dossier=OuterRef("id"))
    results = Document.objects.filter(
        dossier=OuterRef("id"), kind=Document.Kind.RESULT, file__isnull=False
    )
    requests = SupplementRequest.objects.filter(dossier=OuterRef("id"))
    promised = TimelineEvent.objects.filter(dossier=OuterRef("id"), due_at__isnull=False)
    rows = dossiers.annotate(
        has_file=Exists(files),
        has_reused=Exists(files.exclude(reused_from="")),
        has_result=Exists(results),
        # More than one request for a supplement counts as overdue.
        asked_twice=Exists(requests.filter(round__gt=1, requested_at__lt=until)),
        waits_since=Subquery(
            requests.exclude(state=SupplementRequest.State.CLOSED)
            .order_by("-round")
            .values("requested_at")[:1]
        ),
        promise=Coalesce("due_at", Subquery(promised.order_by("-seq").values("due_at")[:1])),
        spoken=Exists(Feedback.objects.filter(dossier=OuterRef("id"))),
        disliked=Exists(Rating.objects.filter(dossier=OuterRef("id"), stars__lte=DISLIKE_STARS)),
    ).annotate(
        # Ended: when it ended. Waiting for the citizen: when that began. Else the period's end.
        until=Coalesce("finished_at", "waits_since", Value(until, output_field=DateTimeField())),
    )
    judged = Q(promise__isnull=False)
    # A broken promise stays broken, whatever was promised after it.
    late = judged & (Q(until__gt=F("promise")) | Q(asked_twice=True) | Q(missed_at__isnull=False))
    found = rows.aggregate(
        received=Count("id"),
        judged=Count("id", filter=judged),
        unlimited=Count("id", filter=~judged),
        late=Count("id", filter=late),
        online=Count(
            "id",
            filter=Q(channel=Channel.ONLINE) & (~Q(state__in=FINISHED) | Q(has_result=True)),
        ),
        fee_bearing=Count("id", filter=Q(fee_quote__total_vnd__gt=0)),
        with_results=Count("id", filter=Q(state__in=FINISHED) & ~Q(service_version__results=[])),
        e_results=Count(
            "id",
            filter=Q(state__in=FINISHED, has_result=True) & ~Q(service_version__results=[]),
        ),
        digitised=Count("id", filter=Q(has_file=True, has_result=True)),
        reused=Count("id", filter=Q(has_reused=True)),
        shared=Count("id", filter=Q(has_reused=True) | Q(has_result=True)),
        verified=Count("id", filter=Q(citizen__assurance_level__gte=2) | Q(has_reused=True)),
        unhappy=Count("id", filter=~late & (Q(spoken=True) | Q(disliked=True))),
    )
    return {name: int(value) for name, value in found.items()}


def _voices(
    *, start: datetime, end: datetime, now: datetime, agency_key: str | None
) -> Iterable[Measure]:
    rows = Feedback.objects.filter(sent_at__gte=start, sent_at__lt=end)
    if agency_key is not None:
        rows = rows.filter(agency_id=agency_key)
    events = FeedbackEvent.objects.filter(feedback=OuterRef("id"))
    steps_late = events.filter(due_at__isnull=False, at__gt=F("due_at"))
    answered = Q(state__in=[FeedbackState.ANSWERED, FeedbackState.PUBLISHED])
    overdue = Q(step_late=True) | Q(next_due_at__lt=now)
    counted = rows.annotate(
        step_late=Exists(steps_late), raised=Exists(events.filter(move="raise_again"))
    ).aggregate(
        all=Count("id"),
        rules=Count("id", filter=Q(kind=Feedback.Kind.ABOUT_RULES)),
        conduct=Count("id", filter=Q(kind=Feedback.Kind.ABOUT_CONDUCT)),
        in_time=Count("id", filter=~overdue),
        content=Count("id", filter=answered & ~overdue & ~Q(disliked=True) & Q(raised=False)),
        answered=Count("id", filter=answered),
    )
    return (
        Measure("5.1a", "Phản ánh về quy định", counted["rules"], counted["all"]),
        Measure("5.1b", "Phản ánh về hành vi", counted["conduct"], counted["all"]),
        Measure("5.2", "Phản ánh xử lý đúng hạn", counted["in_time"], counted["all"]),
        Measure("5.3", "Hài lòng với trả lời", counted["content"], counted["answered"]),
    )


def _waits(
    *, start: datetime, end: datetime, agency_key: str | None
) -> dict[str, list[tuple[datetime, datetime]]]:
    rows = SupplementRequest.objects.filter(
        dossier__in=_dossiers(agency_key)
        .filter(received_at__gte=start, received_at__lt=end, state__in=FINISHED)
        .values("id"),
        requested_at__gte=F("dossier__received_at"),
    )
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    ends = rows.annotate(
        back=Least(Coalesce("closed_at", "dossier__finished_at"), F("dossier__finished_at"))
    )
    for dossier_id, asked, back in ends.order_by("dossier_id", "round").values_list(
        "dossier_id", "requested_at", "back"
    ):
        found.setdefault(dossier_id, []).append((asked, back))
    return found


def _length(unit: str, begin: datetime, finish: datetime, days: Calendar) -> float:
    if unit == "working_day":
        first, last = begin.astimezone(HCM).date(), finish.astimezone(HCM).date()
        return float(days.count(first, last))
    span = finish - begin
    match unit:
        case "hour":
            return span / timedelta(hours=1)
        case "month":
            return span / timedelta(days=30)
    return span / timedelta(days=1)
