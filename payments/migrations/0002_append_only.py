"""Ledger, provider events and receipts are never rewritten."""

from django.db import migrations

from common import db


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [
        db.append_only("payments_ledgerentry"),
        db.append_only("payments_providerevent"),
        db.append_only("payments_receipt"),
    ]
