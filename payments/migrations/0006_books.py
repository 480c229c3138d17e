"""Statements, discrepancies, disputes; what must never change is append-only."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import common.crypto
import payments.models.disputes
import payments.models.reconcile
from common import db


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_receipts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Discrepancy",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=payments.models.reconcile.new_discrepancy_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("provider", models.CharField(max_length=20)),
                ("day_on", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing_here", "missing_here"),
                            ("missing_there", "missing_there"),
                            ("doubled", "doubled"),
                            ("amount_differs", "amount_differs"),
                        ],
                        max_length=20,
                    ),
                ),
                ("line_id", models.CharField(max_length=255)),
                ("line_kind", models.CharField(blank=True, max_length=60)),
                ("source_id", models.CharField(blank=True, max_length=255)),
                (
                    "agency_code",
                    models.CharField(
                        blank=True,
                        help_text="the payment's; empty when no payment is known",
                        max_length=60,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("their_amount_vnd", models.BigIntegerField(null=True)),
                ("their_fee_vnd", models.BigIntegerField(null=True)),
                ("our_amount_vnd", models.BigIntegerField(null=True)),
                ("our_fee_vnd", models.BigIntegerField(null=True)),
                (
                    "differs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "somebody has to look at it"),
                            ("resolved", "an officer said what it was"),
                            ("gone", "a later comparison no longer finds it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("resolution", models.CharField(blank=True, max_length=20)),
                ("found_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "alarmed_at",
                    models.DateTimeField(help_text="when it had lain open for too long", null=True),
                ),
                ("version", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="DiscrepancyEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("found", "a comparison found it"),
                            ("changed", "a later comparison found other figures"),
                            ("found_again", "it was closed and a later comparison found it again"),
                            ("gone", "a later comparison no longer found it"),
                            ("noted", "an officer wrote something down"),
                            ("resolved", "an officer said what it was"),
                            ("alarmed", "it had lain open for too long"),
                        ],
                        max_length=12,
                    ),
                ),
                ("by", models.CharField(max_length=64)),
                (
                    "by_label",
                    models.CharField(
                        blank=True, help_text="the office, for people", max_length=200
                    ),
                ),
                ("resolution", models.CharField(blank=True, max_length=20)),
                ("note", common.crypto.EncryptedTextField(blank=True)),
                (
                    "figures",
                    models.JSONField(default=dict, help_text="both sides as they stood then"),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=payments.models.disputes.new_dispute_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("provider", models.CharField(max_length=20)),
                ("provider_dispute_id", models.CharField(max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("inquiry", "inquiry"),
                            ("open", "open"),
                            ("won", "won"),
                            ("lost", "lost"),
                            ("closed", "closed"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "told_state",
                    models.CharField(blank=True, help_text="last told upstairs", max_length=10),
                ),
                (
                    "reason",
                    models.CharField(blank=True, help_text="the provider's code", max_length=100),
                ),
                ("amount_vnd", models.PositiveBigIntegerField()),
                ("withdrawn_vnd", models.PositiveBigIntegerField(default=0)),
                ("returned_vnd", models.PositiveBigIntegerField(default=0)),
                (
                    "fee_vnd",
                    models.BigIntegerField(default=0, help_text="what the provider kept for it"),
                ),
                ("answer_by", models.DateTimeField(null=True)),
                ("checks", models.PositiveIntegerField(default=0)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="DisputeEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("moved", "the provider's word changed its state"),
                            ("withdrawn", "money was taken from the city's account"),
                            ("returned", "money came back to it"),
                            ("noted", "an officer wrote something down"),
                        ],
                        max_length=10,
                    ),
                ),
                ("state", models.CharField(help_text="the state after it", max_length=10)),
                ("amount_vnd", models.PositiveBigIntegerField(default=0)),
                (
                    "by",
                    models.CharField(
                        help_text="an officer's id, or the provider's name", max_length=64
                    ),
                ),
                (
                    "by_label",
                    models.CharField(
                        blank=True, help_text="the office, for people", max_length=200
                    ),
                ),
                ("note", common.crypto.EncryptedTextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReconciliationRun",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=payments.models.reconcile.new_run_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("provider", models.CharField(max_length=20)),
                ("day_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "it is the day's turn"),
                            ("unanswered", "the provider gave no statement; it is asked again"),
                            ("done", "every line was compared"),
                        ],
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0)),
                ("their_lines", models.PositiveIntegerField(default=0)),
                ("their_net_vnd", models.BigIntegerField(default=0)),
                (
                    "our_net_vnd",
                    models.BigIntegerField(
                        default=0, help_text="what the ledger says of those lines"
                    ),
                ),
                ("next_try_at", models.DateTimeField(null=True)),
                ("tried_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=20)),
                ("line_id", models.CharField(max_length=255)),
                (
                    "day_on",
                    models.DateField(
                        help_text="in whose statement it stands, by the clock of Cần Thơ"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("source_id", models.CharField(blank=True, max_length=255)),
                ("amount_vnd", models.BigIntegerField()),
                ("fee_vnd", models.BigIntegerField()),
                ("net_vnd", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("made_at", models.DateTimeField()),
                ("read_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="providerevent",
            name="dispute_hint",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                fields=["debit_account", "posted_at"], name="payments_ledgerentry_debit"
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                fields=["credit_account", "posted_at"], name="payments_ledgerentry_credit"
            ),
        ),
        migrations.AddField(
            model_name="discrepancy",
            name="payment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.payment",
            ),
        ),
        migrations.AddField(
            model_name="discrepancyevent",
            name="discrepancy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="payments.discrepancy",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="attempt",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="payments.attempt",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="payments.payment",
            ),
        ),
        migrations.AddField(
            model_name="disputeevent",
            name="dispute",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="payments.dispute",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliationrun",
            constraint=models.UniqueConstraint(
                fields=("provider", "day_on"), name="payments_reconciliationrun_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("planned", "unanswered", "done"))),
                name="payments_reconciliationrun_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    ("done_at__isnull", False),
                    _connector="OR",
                ),
                name="payments_reconciliationrun_done_at",
            ),
        ),
        migrations.AddField(
            model_name="discrepancy",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="discrepancies",
                to="payments.reconciliationrun",
            ),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(fields=["provider", "day_on"], name="payments_statementline_day"),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(
                fields=("provider", "line_id"), name="payments_statementline_once"
            ),
        ),
        migrations.AddIndex(
            model_name="discrepancyevent",
            index=models.Index(fields=["discrepancy", "id"], name="payments_discrepancyevent_log"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["payment"], name="payments_dispute_of_payment"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at", "id"],
                name="payments_dispute_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                fields=("provider", "provider_dispute_id"), name="payments_dispute_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["inquiry", "open", "won", "lost", "closed"])),
                name="payments_dispute_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_vnd__gte", models.F("returned_vnd"))),
                name="payments_dispute_returns_fit",
            ),
        ),
        migrations.AddIndex(
            model_name="disputeevent",
            index=models.Index(fields=["dispute", "id"], name="payments_disputeevent_log"),
        ),
        migrations.AddIndex(
            model_name="discrepancy",
            index=models.Index(
                fields=["agency_code", "-day_on", "-id"], name="payments_discrepancy_of_agency"
            ),
        ),
        migrations.AddIndex(
            model_name="discrepancy",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["found_at"],
                name="payments_discrepancy_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.UniqueConstraint(
                fields=("provider", "day_on", "kind", "line_id"), name="payments_discrepancy_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["missing_here", "missing_there", "doubled", "amount_differs"])
                ),
                name="payments_discrepancy_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="discrepancy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("state", "open")),
                    models.Q(("closed_at__isnull", False), ("state__in", ("resolved", "gone"))),
                    _connector="OR",
                ),
                name="payments_discrepancy_closed_at",
            ),
        ),
        db.append_only("payments_statementline"),
        db.append_only("payments_discrepancyevent"),
        db.append_only("payments_disputeevent"),
    ]
