"""Phones that rest in clear are encrypted and get their blind index."""

from typing import Any

from django.db import migrations

from common import crypto


def seal(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, phone FROM citizens_user WHERE phone_index IS NULL")
        for user_id, phone in cursor.fetchall():
            plain = phone if phone == "" or phone.startswith("+") else crypto.decrypt(phone)
            index = crypto.blind_index(plain, "phone") if plain else None
            cursor.execute(
                "UPDATE citizens_user SET phone = %s, phone_index = %s WHERE id = %s",
                [crypto.encrypt(plain), index, user_id],
            )


def open_again(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, phone FROM citizens_user")
        for user_id, phone in cursor.fetchall():
            cursor.execute(
                "UPDATE citizens_user SET phone = %s, phone_index = NULL WHERE id = %s",
                [crypto.decrypt(phone), user_id],
            )


class Migration(migrations.Migration):
    dependencies = [("citizens", "0003_what_a_phone_needs")]
    operations = [migrations.RunPython(seal, open_again)]
