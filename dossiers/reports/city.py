"""The city's figures, counted from the rows; each with its numerator and denominator.

Source: the note on the formulae of QĐ 766/QĐ-TTg (measures 2.1, 3.3, 3.6, 4.2, 4.3).
"""

import dataclasses
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q

from dossiers.models import Attachment, Channel, Document, Dossier
from dossiers.rules.states import State
from payments import queries as payments


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A measure: `numerator` of `denominator`; the ratio is null when there is nothing to count."""

    key: str
    numerator: int
    denominator: int

    @property
    def percent(self) -> float | None:
        """Return the percentage with two decimals."""
        if self.denominator == 0:
            return None
        return round(100 * self.numerator / self.denominator, 2)


@dataclasses.dataclass(frozen=True)
class Kpi:
    received: int
    ratios: tuple[Ratio, ...]


def kpi(*, start: datetime, end: datetime, now: datetime) -> Kpi:
    """Return the figures of the dossiers submitted in a period, end exclusive.

    A dossier counts as fee-bearing when its frozen quote is known and above zero.
    """
    period = Dossier.objects.filter(submitted_at__gte=start, submitted_at__lt=end)
    files = Attachment.objects.filter(dossier=OuterRef("id"))
    results = Document.objects.filter(dossier=OuterRef("id"), kind=Document.Kind.RESULT)
    # A promise once broken stays broken, whatever was promised after it.
    late = Q(missed_at__isnull=False) | Q(due_at__isnull=False) & (
        Q(finished_at__gt=F("due_at")) | Q(finished_at=None, due_at__lt=now)
    )
    taken_in = Q(received_at__isnull=False)
    fee_bearing = Q(fee_quote__total_vnd__gt=0)
    figures = period.annotate(
        has_file=Exists(files),
        has_result=Exists(results),
        has_reused=Exists(files.exclude(reused_from="")),
    ).aggregate(
        submitted=Count("id"),
        received=Count("id", filter=taken_in),
        online=Count("id", filter=Q(channel=Channel.ONLINE)),
        handled=Count("id", filter=taken_in & ~Q(state__in=[State.REJECTED])),
        late=Count("id", filter=taken_in & ~Q(state__in=[State.REJECTED]) & late),
        fee_bearing=Count("id", filter=fee_bearing),
        digitised=Count("id", filter=Q(has_file=True, has_result=True)),
        finished=Count("id", filter=Q(state__in=[State.COMPLETED, State.RETURNED])),
        reused=Count("id", filter=Q(has_reused=True)),
    )
    paid_references = payments.paid_references(start=start, end=None)
    paid_online = period.filter(fee_bearing, id__in=paid_references).count()
    return Kpi(
        received=figures["received"],
        ratios=(
            Ratio("online", figures["online"], figures["submitted"]),
            Ratio("on_time", figures["handled"] - figures["late"], figures["handled"]),
            Ratio("paid_online", paid_online, figures["fee_bearing"]),
            Ratio("digitised", figures["digitised"], figures["finished"]),
            Ratio("reused", figures["reused"], figures["submitted"]),
        ),
    )
