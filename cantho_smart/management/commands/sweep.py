"""`sweep`: call each room's sweep once: what is due and not done."""

from typing import Any

from django.core.management.base import BaseCommand

from citizens.actions import sweep as citizens
from common import clock, idempotency
from dossiers.actions import scanning
from dossiers.actions import sweep as dossiers
from payments.actions import sweep as payments


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        self.stdout.write(f"citizens: {citizens.sweep(now=now)}")
        self.stdout.write(f"files forgotten: {dossiers.forget_files(now=now)}")
        self.stdout.write(f"dossiers: {dossiers.sweep(now=now)}")
        self.stdout.write(f"files scanned: {scanning.sweep(now=now)}")
        self.stdout.write(f"payments: {payments.sweep(now=now)}")
        self.stdout.write(f"stored answers forgotten: {idempotency.forget(now=now)}")
