"""Before payers were kept, whoever owed was the only one who could pay."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_payer")]
    operations = [
        migrations.RunSQL(
            sql="""
            UPDATE payments_attempt a SET payer_id = p.citizen_id
            FROM payments_payment p WHERE p.id = a.payment_id AND a.payer_id IS NULL
            """,
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
