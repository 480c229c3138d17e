"""What holds once every phone is sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("citizens", "0004_seal_phones")]
    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("phone_verified", True)),
                fields=("kind", "phone_index"),
                name="citizens_user_one_account_a_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("phone_verified", False), ("phone_index__isnull", False), _connector="OR"
                ),
                name="citizens_user_verified_needs_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("assurance_level__gte", 0), ("kind", "citizen")),
                    models.Q(("id_number_index__isnull", True), ("kind", "officer")),
                    _connector="OR",
                ),
                name="citizens_user_officer_proves_nothing",
            ),
        ),
    ]
