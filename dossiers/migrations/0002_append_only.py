"""The timeline is never rewritten."""

from django.db import migrations

from common import db


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0001_initial")]
    operations = [db.append_only("dossiers_timelineevent")]
