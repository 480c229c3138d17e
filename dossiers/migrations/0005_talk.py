"""What is said about a dossier and of the service."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.crypto
import common.db
import dossiers.models.talk
import dossiers.models.voice


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0001_initial"),
        ("dossiers", "0004_told_office"),
        ("services", "0003_revisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversation",
            fields=[
                (
                    "dossier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="conversation",
                        serialize=False,
                        to="dossiers.dossier",
                    ),
                ),
                ("last_seq", models.PositiveIntegerField(default=0)),
                ("last_office_seq", models.PositiveIntegerField(default=0)),
                ("citizen_read_seq", models.PositiveIntegerField(default=0)),
                (
                    "unanswered",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="of the citizen, in a row"
                    ),
                ),
                ("waiting_since", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("waiting_since__isnull", False)),
                        fields=["waiting_since"],
                        name="dossiers_conversation_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DossierMessage",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=dossiers.models.talk.new_message_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seq", models.PositiveIntegerField()),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("citizen", "whose dossier it is"),
                            ("office", "an officer of an agency of the dossier"),
                        ],
                        max_length=10,
                    ),
                ),
                ("author_id", models.CharField(max_length=40)),
                (
                    "author_label",
                    models.CharField(help_text="an office or a role, never a name", max_length=300),
                ),
                ("text", common.crypto.EncryptedTextField()),
                ("at", models.DateTimeField()),
                (
                    "dossier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dossiers.dossier",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=dossiers.models.voice.new_feedback_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("question", "hỏi đáp: about a procedure or a dossier"),
                            ("about_rules", "phản ánh về quy định hành chính"),
                            ("about_conduct", "phản ánh về hành vi hành chính"),
                            ("appeal", "kiến nghị xem xét lại kết quả của hồ sơ"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", common.crypto.EncryptedTextField()),
                ("state", models.CharField(max_length=20)),
                ("version", models.PositiveIntegerField(default=1)),
                ("sent_at", models.DateTimeField()),
                (
                    "next_due_at",
                    models.DateTimeField(
                        help_text="what the office owes next, and when", null=True
                    ),
                ),
                (
                    "public_question",
                    models.TextField(blank=True, help_text="written by the office, nobody named"),
                ),
                ("public_answer", models.TextField(blank=True)),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "disliked",
                    models.BooleanField(help_text="the asker's opinion of the answer", null=True),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.agency",
                    ),
                ),
                (
                    "citizen",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dossier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="dossiers.dossier",
                    ),
                ),
            ],
            options={
                "verbose_name": "phản ánh, kiến nghị",
                "verbose_name_plural": "phản ánh, kiến nghị",
            },
        ),
        migrations.CreateModel(
            name="FeedbackEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("seq", models.PositiveIntegerField()),
                ("move", models.CharField(max_length=20)),
                ("to_state", models.CharField(max_length=20)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.CharField(max_length=40)),
                ("actor_label", models.CharField(max_length=300)),
                ("text", common.crypto.EncryptedTextField(blank=True)),
                (
                    "due_at",
                    models.DateTimeField(
                        help_text="the limit that this step had to keep", null=True
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "feedback",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="dossiers.feedback",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MessageFile",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=dossiers.models.talk.new_message_file_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("author_id", models.CharField(max_length=40)),
                (
                    "file_name",
                    common.crypto.EncryptedTextField(
                        help_text="as the sender named it; never a path"
                    ),
                ),
                ("client_key", models.CharField(help_text="the upload's own key", max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "dossier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dossiers.dossier",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="common.storedfile",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="dossiers.dossiermessage",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stars", models.PositiveSmallIntegerField()),
                ("comment", common.crypto.EncryptedTextField(blank=True)),
                ("at", models.DateTimeField()),
                (
                    "dossier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rating",
                        to="dossiers.dossier",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="dossiermessage",
            constraint=models.UniqueConstraint(
                fields=("dossier", "seq"), name="dossiers_dossiermessage_sequence"
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                fields=["citizen", "-sent_at", "-id"], name="dossiers_feedback_mine"
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                fields=["agency", "state", "sent_at", "id"], name="dossiers_feedback_agency"
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)),
                fields=["-published_at", "-id"],
                name="dossiers_feedback_public",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "appeal"), _negated=True),
                    ("dossier__isnull", False),
                    _connector="OR",
                ),
                name="dossiers_feedback_appeal_names_a_dossier",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "published"), _negated=True),
                    ("published_at__isnull", False),
                    _connector="OR",
                ),
                name="dossiers_feedback_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedbackevent",
            constraint=models.UniqueConstraint(
                fields=("feedback", "seq"), name="dossiers_feedbackevent_sequence"
            ),
        ),
        migrations.AddIndex(
            model_name="messagefile",
            index=models.Index(
                condition=models.Q(("message__isnull", True)),
                fields=["created_at"],
                name="dossiers_messagefile_unclaimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="messagefile",
            constraint=models.UniqueConstraint(
                fields=("dossier", "author_id", "client_key"),
                name="dossiers_messagefile_uploaded_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("stars__gte", 1), ("stars__lte", 5)),
                name="dossiers_rating_stars",
            ),
        ),
        common.db.append_only("dossiers_dossiermessage"),
        common.db.append_only("dossiers_rating"),
        common.db.append_only("dossiers_feedbackevent"),
    ]
