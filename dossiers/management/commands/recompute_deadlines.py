"""`recompute_deadlines`: count every promise again from its timeline; print what differs.

Reads only. Ends with status 1 when a stored promise is not what the timeline leads to.
"""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dossiers.models import Dossier
from dossiers.queries import promises
from dossiers.rules.calendar import HCM


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for one in promises.differences():
            found += 1
            where = "dossier" if one.seq is None else f"event {one.seq}"
            self.stdout.write(
                f"{one.code} {where}: stored {_text(one.stored)}, found {_text(one.found)}"
            )
        if found:
            raise CommandError(f"{found} promises differ from their timelines")
        self.stdout.write(f"{Dossier.objects.count()} dossiers: every promise is as recomputed")


def _text(moment: datetime.datetime | None) -> str:
    return moment.astimezone(HCM).isoformat(timespec="minutes") if moment else "none"
