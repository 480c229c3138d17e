"""Invite an agency's first admin: the one account that no agency admin can make."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from common.errors import Refusal
from dossiers.actions import seats


class Command(BaseCommand):
    help = "Make an agency's first admin and mail the invitation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("agency_key")
        parser.add_argument("--email", required=True)
        parser.add_argument("--full-name", required=True)
        parser.add_argument("--id-number", required=True, help="12 digits, kept as a digest only")
        parser.add_argument("--title", default="Quản trị tài khoản")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seat = seats.invite_first(
                agency_key=options["agency_key"],
                email=options["email"],
                full_name=options["full_name"],
                id_number=options["id_number"],
                title=options["title"],
                now=clock.now(),
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal.detail('en')}") from refusal
        self.stdout.write(f"invited {seat.user_id} to {seat.agency_id}")
