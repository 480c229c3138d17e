"""`document`: write the published contract, `cantho_smart/openapi.yaml`; `--check` compares."""

import pathlib
import warnings
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from openapi_spec_validator import validate

FILE = pathlib.Path(__file__).resolve().parent.parent.parent / "openapi.yaml"
PUBLISHED = "https://cantho-smart.example"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = SchemaGenerator().get_schema(request=None, public=True)
        if GENERATOR_STATS:
            GENERATOR_STATS.emit_summary()
            raise CommandError("the document has warnings")
        # Where this build runs is no part of the contract.
        document["servers"] = [{"url": PUBLISHED, "description": "An example address"}]
        validate(document)
        text = OpenApiYamlRenderer().render(document, renderer_context={})
        if check:
            if not FILE.exists() or FILE.read_bytes() != text:
                raise CommandError("openapi.yaml is not what the code says: run `make document`")
            self.stdout.write(f"openapi.yaml is current: {len(document['paths'])} addresses")
            return
        FILE.write_bytes(text)
        self.stdout.write(f"{FILE.name}: {len(document['paths'])} addresses")
