"""Receipts that correct others, their signed papers and numbered prints."""

import django.db.models.deletion
from django.db import migrations, models

import common.crypto
from common import db


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0003_files"),
        ("payments", "0004_money_without_payment"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptPaper",
            fields=[
                (
                    "receipt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="paper",
                        serialize=False,
                        to="payments.receipt",
                    ),
                ),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReceiptPrint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("client_key", models.CharField(max_length=200)),
                ("printed_by", models.CharField(max_length=64)),
                ("printed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="receipt",
            name="cause",
            field=models.CharField(
                blank=True, help_text="what made it: a refund's id, a key; once each", max_length=80
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="change_vnd",
            field=models.BigIntegerField(
                default=0, help_text="what it adds to the money receipted"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="receipt",
            name="corrects",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="payments.receipt",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="issued_by",
            field=models.CharField(
                default="rule:settled",
                help_text="an officer's id, or the rule's name",
                max_length=64,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="receipt",
            name="kind",
            field=models.CharField(
                choices=[
                    ("original", "issued when the payment was settled"),
                    ("adjustment", "adds or takes off a sum"),
                    ("replacement", "stands in the place of another"),
                ],
                default="original",
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="payer_address",
            field=common.crypto.EncryptedTextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="receipt",
            name="payer_tax_code",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="receipt",
            name="reason",
            field=models.CharField(blank=True, help_text="said on the paper", max_length=500),
        ),
        migrations.AddField(
            model_name="receipt",
            name="replaces",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="payments.receipt",
            ),
        ),
        migrations.AlterField(
            model_name="receipt",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="payments.payment",
            ),
        ),
        migrations.RunSQL(
            # The one time that written receipts gain a column: each was the whole sum.
            "ALTER TABLE payments_receipt DISABLE TRIGGER payments_receipt_append_only;"
            "UPDATE payments_receipt SET change_vnd = total_vnd;"
            "ALTER TABLE payments_receipt ENABLE TRIGGER payments_receipt_append_only;",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "original")),
                fields=("payment",),
                name="payments_receipt_one_original",
            ),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cause", ""), _negated=True),
                fields=("payment", "cause"),
                name="payments_receipt_one_for_each_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("change_vnd", models.F("total_vnd")),
                        ("corrects__isnull", True),
                        ("kind", "original"),
                    ),
                    models.Q(
                        ("change_vnd", 0),
                        ("corrects__isnull", False),
                        ("kind", "replacement"),
                        ("replaces", models.F("corrects")),
                    ),
                    models.Q(
                        ("corrects__isnull", False),
                        ("kind", "adjustment"),
                        ("replaces__isnull", True),
                        models.Q(("change_vnd", 0), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payments_receipt_correction_names_what",
            ),
        ),
        migrations.AddField(
            model_name="receiptpaper",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="common.storedfile",
            ),
        ),
        migrations.AddField(
            model_name="receiptprint",
            name="receipt",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prints",
                to="payments.receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptprint",
            constraint=models.UniqueConstraint(
                fields=("receipt", "number"), name="payments_receiptprint_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="receiptprint",
            constraint=models.UniqueConstraint(
                fields=("receipt", "client_key"), name="payments_receiptprint_client_key"
            ),
        ),
        db.append_only("payments_receiptpaper"),
        db.append_only("payments_receiptprint"),
    ]
