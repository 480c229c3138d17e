"""Visits to a centre: hours, appointments and the day's queue."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import dossiers.models.visit


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0005_talk"),
        ("services", "0003_revisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=dossiers.models.visit.new_appointment_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("service_code", models.CharField(max_length=20)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("place", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("booked", "the citizen is expected"),
                            ("arrived", "the citizen is there and has a number"),
                            ("done", "served"),
                            ("missed", "nobody came"),
                            ("cancelled", "by the citizen or the centre"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "cancelled_by",
                    models.CharField(blank=True, help_text="citizen or office", max_length=10),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="the centre's; nothing personal", max_length=300
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("reminded_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
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
                        related_name="+",
                        to="dossiers.dossier",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="QueueDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("last", models.PositiveIntegerField(default=0)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.agency",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SlotPlan",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=dossiers.models.visit.new_plan_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField(help_text="0 Monday to 6 Sunday")),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(help_text="length of one appointment"),
                ),
                (
                    "places",
                    models.PositiveSmallIntegerField(help_text="appointments at the same time"),
                ),
                ("valid_from", models.DateField()),
                (
                    "valid_to",
                    models.DateField(help_text="first day on which it holds no more", null=True),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("synthetic", models.BooleanField(default=False)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.agency",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=dossiers.models.visit.new_ticket_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("number", models.PositiveIntegerField()),
                ("service_code", models.CharField(blank=True, max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "sits in the hall"),
                            ("called", "was called to a desk"),
                            ("done", "served"),
                            ("gone", "was called and did not come"),
                        ],
                        max_length=10,
                    ),
                ),
                ("desk", models.CharField(blank=True, max_length=20)),
                ("taken_at", models.DateTimeField()),
                ("called_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="services.agency",
                    ),
                ),
                (
                    "appointment",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket",
                        to="dossiers.appointment",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["citizen", "-starts_at", "-id"], name="dossiers_appointment_mine"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["agency", "starts_at", "id"], name="dossiers_appointment_agency"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("state", "booked")),
                fields=["starts_at"],
                name="dossiers_appointment_expected",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("booked", "arrived", "done"))),
                fields=("agency", "starts_at", "place"),
                name="dossiers_appointment_place_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("booked", "arrived", "done"))),
                fields=("citizen", "starts_at"),
                name="dossiers_appointment_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="queueday",
            constraint=models.UniqueConstraint(
                fields=("agency", "day"), name="dossiers_queueday_day"
            ),
        ),
        migrations.AddIndex(
            model_name="slotplan",
            index=models.Index(fields=["agency", "weekday"], name="dossiers_slotplan_agency"),
        ),
        migrations.AddConstraint(
            model_name="slotplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__lte", 6)), name="dossiers_slotplan_weekday"
            ),
        ),
        migrations.AddConstraint(
            model_name="slotplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes__gt", models.F("opens"))),
                name="dossiers_slotplan_opens_before_it_closes",
            ),
        ),
        migrations.AddConstraint(
            model_name="slotplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 5), ("minutes__lte", 120)),
                name="dossiers_slotplan_minutes",
            ),
        ),
        migrations.AddConstraint(
            model_name="slotplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("places__gte", 1), ("places__lte", 50)),
                name="dossiers_slotplan_places",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["agency", "day", "state", "number"], name="dossiers_ticket_hall"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                fields=("agency", "day", "number"), name="dossiers_ticket_number"
            ),
        ),
    ]
