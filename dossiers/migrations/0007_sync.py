"""A phone follows drafts and dossiers with their parts; looking up is counted."""

from django.db import migrations, models

from common import feed

PARTS = ("dossiers_attachment", "dossiers_document", "dossiers_supplementrequest")


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0006_visits"), ("common", "0002_change")]
    operations = [
        feed.follow(
            "dossiers_draft",
            kind="draft",
            owner="citizen_id",
            key="client_id",
            alive="r.state = 'open'",
        ),
        feed.follow("dossiers_dossier", kind="dossier", owner="citizen_id"),
        *(
            feed.follow_part(
                part, kind="dossier", of="dossiers_dossier", owner="citizen_id", by="dossier_id"
            )
            for part in PARTS
        ),
        migrations.CreateModel(
            name="LookupCount",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("used", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["started_at"], name="dossiers_lookupcount_age")],
            },
        ),
    ]
