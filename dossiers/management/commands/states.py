"""`states`: write docs/states.md from the table of states; `--dot` prints the graph to draw."""

import pathlib
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dossiers.rules import picture

TEXT = """# The states of a dossier

Drawn and written from the one table in `dossiers/rules/states.py` by `make states`; `make check`
fails while they differ. Colours say who makes the move; a double border closes a dossier, though
some closed states may be recalled. Money, supplement rounds, opinions and delivery are kept apart
from the state.

![The ten official states and the moves between them](states.svg)

"""


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dot", action="store_true")
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, dot: bool, check: bool, **options: Any) -> None:
        if dot:
            self.stdout.write(picture.dot(), ending="")
            return
        file = pathlib.Path(settings.BASE_DIR) / "docs" / "states.md"
        text = TEXT + picture.table()
        if check:
            if not file.exists() or file.read_text("utf-8") != text:
                raise CommandError("docs/states.md is not what the table says: run `make states`")
            return
        file.write_text(text, "utf-8")
