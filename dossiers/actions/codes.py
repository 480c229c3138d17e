"""Dossier codes (mã hồ sơ): unique and dense per agency and day."""

import datetime

from django.db.models import F

from common import db
from dossiers.models import CodeCounter


@db.transaction_required
def next_code(*, agency_key: str, identifier: str, day: datetime.date) -> str:
    """Return the next code of an agency on a day, such as `H13.007-261123-0001`.

    The counter's row stays locked until the dossier is committed: a number that was not used is
    given out again, so there are no gaps.
    Source: shape of TT 03/2025/TT-VPCP Art.13 (cited); the running number has at least 4 digits.
    """
    CodeCounter.objects.bulk_create(
        [CodeCounter(agency_id=agency_key, day=day, last=0)], ignore_conflicts=True
    )
    counter = db.lock(CodeCounter.objects.filter(agency_id=agency_key, day=day)).get()
    CodeCounter.objects.filter(id=counter.id).update(last=F("last") + 1)
    return f"{identifier}-{day:%y%m%d}-{counter.last + 1:04d}"
