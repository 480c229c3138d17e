"""What the database itself refuses, whoever writes; and the migration that sealed the phones."""

import importlib

import pytest
from django.apps import apps
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from citizens.models import User, VaultField
from common import clock, crypto

PHONE = "+84912345678"


def refused(**fields):
    with pytest.raises(IntegrityError) as failure, atomic():
        User.objects.create_user(**fields)
    return str(failure.value)


def proved(number="092195000009", **fields):
    return {
        "id_number": number,
        "id_number_index": crypto.blind_index(number, "id_number"),
        "assurance_level": 2,
    } | fields


def test_a_verified_phone_belongs_to_one_citizen_an_unverified_one_to_nobody(db):
    User.objects.create_user(phone=PHONE)
    User.objects.create_user(phone=PHONE)
    User.objects.create_user(phone=PHONE, phone_verified=True)
    assert "one_account_a_phone" in refused(phone=PHONE, phone_verified=True)
    User.objects.create_user(phone=PHONE, phone_verified=True, kind="officer")


def test_a_person_has_one_account(db):
    User.objects.create_user(**proved())
    assert "one_account_a_person" in refused(**proved())


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"assurance_level": 1}, "level_needs_identity"),
        (proved(assurance_level=3), "level_range"),
        (proved(kind="officer"), "officer_proves_nothing"),
        ({"kind": "robot"}, "officer_proves_nothing"),
        ({"phone_verified": True}, "verified_needs_phone"),
    ],
)
def test_the_database_refuses_an_account_that_cannot_be(db, fields, constraint):
    assert constraint in refused(**fields)


def test_a_fact_has_one_value_that_holds(db):
    user = User.objects.create_user()
    values = {
        "user": user,
        "key": "person.phone",
        "value": PHONE,
        "source": "typed",
        "verified": False,
        "recorded_at": clock.now(),
    }
    VaultField.objects.create(**values, current=False)
    VaultField.objects.create(**values)
    with pytest.raises(IntegrityError), atomic():
        VaultField.objects.create(**values)


@pytest.mark.parametrize("make", [User, VaultField])
def test_no_row_says_in_its_name_whom_it_is_about(db, make):
    user = User.objects.create_user(full_name="Nguyễn Thị Lan", phone=PHONE, **proved())
    row = user if make is User else VaultField(user=user, key="person.phone", value=PHONE)
    for private in ("Lan", PHONE, "092195000009"):
        assert private not in str(row)
        assert private not in repr(row)


def test_the_migration_seals_phones_that_rest_in_clear_and_opens_them_again(db):
    migration = importlib.import_module("citizens.migrations.0004_seal_phones")
    plain = User.objects.create_user()
    sealed = User.objects.create_user(phone="+84987654321")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE citizens_user SET phone = %s, phone_index = NULL WHERE id = %s",
            [PHONE, plain.id],
        )
    editor = connection.schema_editor()
    for _ in range(2):  # it may run again
        migration.seal(apps, editor)
    found = User.objects.get(id=plain.id)
    assert (found.phone, found.phone_index) == (PHONE, crypto.blind_index(PHONE, "phone"))
    assert User.objects.get(id=sealed.id).phone == "+84987654321"
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM citizens_user WHERE id = %s", [plain.id])
        assert PHONE not in cursor.fetchone()[0]
    migration.open_again(apps, editor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM citizens_user WHERE id = %s", [plain.id])
        assert cursor.fetchone()[0] == PHONE
