"""`make_ca`: makes the certificate authority that signs results in development.

A root, an issuing certificate, one for time stamps, and one for each body named; the others are
issued when they first sign. `--rotate` makes a new generation: it signs from now on, and what the
earlier ones signed stays valid. Every certificate says that it is a demonstration.
"""

import pathlib
from argparse import ArgumentParser
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.signing import Signatory, authority
from services import queries as services


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="make a new generation")
        parser.add_argument("--agency", action="append", default=[], help="key of a body; repeat")

    def handle(self, *args: Any, rotate: bool, agency: list[str], **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("the development authority has no place in production")
        directory = pathlib.Path(settings.SIGNING_DIR).resolve()
        if directory.is_relative_to(pathlib.Path(settings.BASE_DIR).resolve()):
            raise CommandError("SIGNING_DIR lies in the repository: keys do not belong there")
        known = authority.generations(directory)
        if not known or rotate:
            authority.make(directory, settings.SIGNING_PASSWORD)
        for generation in authority.generations(directory):
            root = (generation / authority.ROOT).read_bytes()
            print_of = x509.load_pem_x509_certificate(root).fingerprint(hashes.SHA256()).hex()
            self.stdout.write(f"{generation / authority.ROOT}  SHA-256 {print_of}")
        newest = authority.generations(directory)[-1]
        for key in agency:
            name = services.agency(key).name_vi
            file = authority.issue(newest, Signatory(key, name), settings.SIGNING_PASSWORD)
            self.stdout.write(f"{name}: {file}")
