"""A phone follows its inbox."""

from django.db import migrations

from common import feed


class Migration(migrations.Migration):
    dependencies = [("citizens", "0005_one_account_a_phone"), ("common", "0002_change")]
    operations = [
        # A message never changes but by being read; its delivery is nothing that a phone shows.
        feed.follow("citizens_message", kind="message", owner="user_id", columns=("read_at",)),
    ]
