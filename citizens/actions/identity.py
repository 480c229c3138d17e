"""Proving who somebody is, and accounts for officers."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError

from citizens.actions import vault
from citizens.models import Identity, User
from citizens.rules import Claims, sex_of
from common import crypto, db
from common.errors import Refusal, check_version

INDEX = "id_number"


class NumberTaken(Refusal):
    code = "cccd_taken"
    status = 400
    title_vi = "Số định danh này đã gắn với một tài khoản khác"
    title_en = "This number is linked to another account"


def index_of(id_number: str) -> str:
    """Return the blind index of a personal number."""
    return crypto.blind_index(id_number, INDEX)


@db.transaction()
def link(*, user_id: str, claims: Claims, now: datetime) -> int:
    """Link an account to a proved identity and return its level; a fresh proof may lower it.

    Errors: NumberTaken when the number belongs to another account, or this account to another
    number: a person has one account.
    """
    user = db.lock(User.objects.filter(id=user_id)).get()
    index = index_of(claims.id_number)
    taken = User.objects.filter(id_number_index=index).exclude(id=user_id).exists()
    if taken or user.id_number_index not in {None, index}:
        raise NumberTaken
    user.id_number, user.id_number_index = claims.id_number, index
    user.full_name = claims.full_name
    user.assurance_level = claims.level
    user.version += 1
    try:
        user.save()
    except IntegrityError as failure:  # the same number linked twice at the same moment
        raise NumberTaken from failure
    proved = {
        "full_name": claims.full_name,
        "birth_date": claims.birth_date,
        "sex": sex_of(claims.id_number),
        "id_number": claims.id_number,
    }
    Identity.objects.create(
        user=user,
        issuer=claims.issuer,
        subject=claims.subject,
        level=claims.level,
        proved=proved,
        at=now,
    )
    vault.store(
        user=user,
        facts={f"person.{name}": value for name, value in proved.items() if value},
        source="identity",
        source_ref=claims.issuer[:60],
        verified=True,
        now=now,
    )
    return claims.level


@db.transaction()
def change_profile(*, user_id: str, expected_version: int, language: str) -> User:
    """Change what a person may change of their account. Errors: StaleVersion."""
    from_db = db.lock(User.objects.filter(id=user_id)).get()
    check_version(from_db.version, expected_version)
    from_db.language = language
    from_db.version += 1
    from_db.save(update_fields=["language", "version"])
    return from_db


@db.transaction()
def create_officer(
    *, email: str, full_name: str, password: str | None, is_demo: bool, **fields: Any
) -> User:
    """Return the officer's account with that e-mail, made if it does not exist."""
    found = User.objects.filter(email=email, kind=User.Kind.OFFICER).first()
    if found is not None:
        return found
    return User.objects.create_user(
        kind=User.Kind.OFFICER,
        email=email,
        full_name=full_name,
        password=password,
        is_demo=is_demo,
        **fields,
    )
