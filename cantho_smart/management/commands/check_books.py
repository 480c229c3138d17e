"""`check_books`: build every kept sum anew from the transfers and print what does not hold."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.actions import books


class Command(BaseCommand):
    help = "Rebuild balances from the ledger and compare. Exit code 1 when something differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--balances", action="store_true", help="print every account, too")

    def handle(self, *args: Any, **options: Any) -> None:
        found, totals = books.check()
        if options["balances"]:
            for account, total in totals.items():
                self.stdout.write(f"{account} {total}")
        for one in found:
            self.stdout.write(str(one))
        self.stdout.write(f"{len(totals)} accounts, {len(found)} differences")
        if found:
            sys.exit(1)
