"""`seed reference` and `seed demo`: both may run again and again."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common import clock
from seeds import bills, catalogue, decisions, holidays, officers, people, visits

STEPS = {
    "reference": (catalogue.load, holidays.load, decisions.load),
    "demo": (people.load, officers.load, visits.load, bills.load),
}


class Command(BaseCommand):
    help = "Load reference data (catalogue, calendar) or synthetic demonstration people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=sorted(STEPS))

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if what == "demo" and not settings.DEVELOPMENT:
            raise CommandError("synthetic people have no place in production")
        for step in STEPS[what]:
            for line in step(now=clock.now()):
                self.stdout.write(line)
