"""Every kind of timeline event that was added at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0015_clock"),
    ]

    operations = [
        migrations.AlterField(
            model_name="timelineevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("move", "the state changed along a listed edge"),
                    ("payment", "money was settled or given back; the state stays"),
                    ("supplement", "the citizen sent what was asked for; the state stays"),
                    ("proposal", "the handler put a decision to the approver; the state stays"),
                    ("note", "something else to know of; the state stays"),
                    ("routing", "it went to another competent agency; the state stays"),
                    ("opinion", "another agency was asked or answered; the state stays"),
                    ("extension", "the promise was moved once, with an apology; the state stays"),
                    (
                        "calendar",
                        "the promise was counted anew by an edited calendar; the state stays",
                    ),
                    ("silence", "the limit ran out where silence is an answer; the state stays"),
                ],
                max_length=12,
            ),
        ),
    ]
