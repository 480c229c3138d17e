"""`reconcile`: compare a provider's day with the ledger now, as the daily run does."""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from common.errors import Refusal
from payments.actions import reconcile


class Command(BaseCommand):
    help = "Compare a provider's statement of one day with the ledger. May run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", help="as 2026-11-24, in Cần Thơ; yesterday by default")
        parser.add_argument("--provider", help="all in use by default")

    def handle(self, *args: Any, **options: Any) -> None:
        day = clock.today() - datetime.timedelta(days=1)
        try:
            if options["day"]:
                day = datetime.date.fromisoformat(options["day"])
        except ValueError as failure:
            raise CommandError("--day is not a day such as 2026-11-24") from failure
        names = reconcile.providers()
        if options["provider"] and options["provider"] not in names:
            raise CommandError(f"--provider is none of {', '.join(names)}")
        unanswered = []
        for name in [options["provider"]] if options["provider"] else names:
            try:
                done = reconcile.run(provider=name, day=day, now=clock.now())
            except Refusal as refusal:
                raise CommandError(f"{refusal.code}: {refusal.detail('en')}") from refusal
            if done is None:
                unanswered.append(name)
                continue
            self.stdout.write(
                f"{name} {day}: {done.their_lines} lines, {len(done.found)} discrepancies, "
                f"{done.gone} vanished"
            )
            for one in done.found:
                self.stdout.write(f"  {one.kind} {one.line_id} {' '.join(one.differs)}".rstrip())
        if unanswered:
            raise CommandError(f"no statement of {', '.join(unanswered)} for {day}: try again")
