"""A phone follows what its owner owes, and each try to pay it."""

from django.db import migrations

from common import feed


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_append_only"), ("common", "0002_change")]
    operations = [
        feed.follow(
            "payments_payment",
            kind="payment",
            owner="citizen_id",
            columns=("state", "captured_vnd", "refunding_vnd", "refunded_vnd", "settled_at"),
        ),
        feed.follow_part(
            "payments_attempt",
            kind="payment",
            of="payments_payment",
            owner="citizen_id",
            by="payment_id",
            columns=("state", "reason"),
        ),
    ]
