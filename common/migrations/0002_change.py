"""The feed of changes that phones follow."""

from django.db import migrations, models

from common import feed


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner",
                        "kind",
                        "object_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("owner", models.CharField(help_text="a user's id", max_length=64)),
                ("kind", models.CharField(max_length=20)),
                ("object_id", models.CharField(max_length=64)),
                ("xid", models.BigIntegerField(help_text="the transaction that changed it")),
                ("gone", models.BooleanField()),
                ("changed_at", models.DateTimeField(help_text="when that transaction began")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "xid"], name="common_change_new"),
                    models.Index(fields=["owner", "changed_at"], name="common_change_begun"),
                    models.Index(
                        condition=models.Q(("gone", True)),
                        fields=["changed_at"],
                        name="common_change_tombstones",
                    ),
                ],
            },
        ),
        feed.note_function(),
    ]
