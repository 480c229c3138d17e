"""Loads the decision templates that this project ships; a city brings its own the same way."""

from collections.abc import Iterator
from datetime import datetime

from dossiers.actions import decisions
from seeds import catalogue


def load(*, now: datetime) -> Iterator[str]:
    """Load the templates and say what changed. They need the forms of the catalogue."""
    entries = catalogue.read("decision_templates.json")["templates"]
    new, changed = decisions.import_templates(entries=entries, now=now)
    yield f"decision templates: {new} new, {changed} changed"
