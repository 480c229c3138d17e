"""What was decided, proved and looked at is never rewritten."""

from django.db import migrations

from common import db


class Migration(migrations.Migration):
    dependencies = [("citizens", "0001_initial")]
    operations = [
        db.append_only("citizens_identity"),
        db.append_only("citizens_consent"),
        db.append_only("citizens_vaultaccess"),
    ]
