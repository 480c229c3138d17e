"""Proving who somebody is, accounts for officers, and closing an account."""

import logging
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError

from citizens.actions import sessions, vault, walk_ins
from citizens.models import Consent, Identity, Message, Paper, User, VaultField, phone_index
from citizens.rules import ID_NUMBER_PURPOSE, PURPOSES, Claims, number_fits_birth, sex_of
from common import crypto, db
from common.errors import Refusal, check_version

logger = logging.getLogger(__name__)

# The level at which the national identity was proved in person; only that may open an account
# that somebody else could otherwise take by knowing the number.
IN_PERSON = 2


class NumberTaken(Refusal):
    code = "cccd_taken"
    status = 400
    title_vi = "Số định danh này đã gắn với một tài khoản khác"
    title_en = "This number is linked to another account"


class EmailTaken(Refusal):
    code = "email_taken"
    status = 409
    title_vi = "Địa chỉ thư này thuộc về một tài khoản khác"
    title_en = "This e-mail address belongs to another account"


class OfficerAccount(Refusal):
    code = "officer_account"
    status = 400
    title_vi = "Tài khoản cán bộ không liên kết danh tính; hãy dùng tài khoản công dân"
    title_en = "An officer's account links no identity: use a citizen's account"


def index_of(id_number: str) -> str:
    """Return the blind index of a personal number."""
    return crypto.blind_index(id_number, ID_NUMBER_PURPOSE)


def owner_of(claims: Claims) -> User | None:
    """Return the citizen whose account holds the number that was proved in person just now.

    The number is the join key: the provider may know the same person under a new subject.
    """
    if claims.level < IN_PERSON:
        return None
    index = index_of(claims.id_number)
    return User.objects.filter(id_number_index=index, kind=User.Kind.CITIZEN).first()


@db.transaction()
def link(*, user_id: str, claims: Claims, now: datetime) -> int:
    """Link an account to a proved identity and return its level; a fresh proof may lower it.

    Errors: NumberTaken when the number belongs to another account, or this account to another
    number: a person has one account. OfficerAccount: whoever is both has two accounts.
    """
    walk_ins.hold(id_number=claims.id_number, full_name=claims.full_name)
    user = db.lock(User.objects.filter(id=user_id)).get()
    if not user.is_citizen:
        raise OfficerAccount
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
    if not number_fits_birth(claims.id_number, claims.birth_date):
        logger.warning("the number of %s says another year than the birth date", user_id)
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
    if claims.level >= IN_PERSON:
        walk_ins.claim(user=user, id_number=claims.id_number, full_name=claims.full_name)
    return claims.level


@db.transaction()
def prove_phone(*, user_id: str, phone: str, now: datetime) -> None:
    """Note that a person answered from a phone, and that forms may name it.

    Errors: IntegrityError when another account proved it at the same moment.
    """
    user = db.lock(User.objects.filter(id=user_id)).get()
    if user.phone_verified and user.phone == phone:
        return  # a sign-in by code: what a dossier said of the phone since is newer
    user.phone, user.phone_index, user.phone_verified = phone, phone_index(phone), True
    user.version += 1
    user.save(update_fields=["phone", "phone_index", "phone_verified", "version"])
    if user.is_citizen:
        vault.store(
            user=user,
            facts={"person.phone": phone},
            source="typed",
            source_ref="account",
            verified=True,
            now=now,
        )


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
    """Return the officer's account with that e-mail, made if it does not exist.

    Officers never sign themselves up. The second factor is enrolled at the first sign-in, and
    nothing of an agency is shown before. Errors: EmailTaken when a citizen signs in with it.
    """
    found = User.objects.filter(email__iexact=email, kind=User.Kind.OFFICER).first()
    if found is not None:
        return found
    return new_officer(
        email=email, full_name=full_name, password=password, is_demo=is_demo, **fields
    )


@db.transaction_required
def new_officer(
    *, email: str, full_name: str, password: str | None, is_demo: bool, **fields: Any
) -> User:
    """Return a new officer's account. Errors: EmailTaken."""
    if EmailAddress.objects.filter(email__iexact=email, verified=True).exists():
        raise EmailTaken
    # Whoever merely typed this address and never opened the mail gives way.
    EmailAddress.objects.filter(email__iexact=email).delete()
    user = User.objects.create_user(
        kind=User.Kind.OFFICER,
        email=email,
        full_name=full_name,
        password=password,
        is_demo=is_demo,
        **fields,
    )
    EmailAddress.objects.create(user=user, email=email.lower(), verified=True, primary=True)
    return user


@db.transaction_required
def close(*, user_id: str, channel: str, now: datetime) -> None:
    """Close an account and erase what is kept on consent; the sign-ins end at once.

    What the law keeps stays: the proofs of identity as evidence of who acted, the log of who
    looked, the log of consents. Phone, e-mail and number become free for a new account.
    """
    user = db.lock(User.objects.filter(id=user_id)).get()
    Consent.objects.bulk_create(
        Consent(
            user=user,
            purpose=purpose.key,
            decision=Consent.Decision.WITHDRAW,
            text_version=purpose.text_version,
            channel=channel,
            at=now,
        )
        for purpose in PURPOSES.values()
    )
    sessions.end_all(user_id=user_id)
    VaultField.objects.filter(user=user).delete()
    Paper.objects.filter(user=user).delete()
    Message.objects.filter(user=user).delete()
    user.devices.all().delete()
    SocialAccount.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    user.email = user.phone = user.full_name = ""
    user.phone_index = user.id_number = user.id_number_index = None
    user.phone_verified = user.is_active = False
    user.assurance_level = 0
    user.version += 1
    user.set_unusable_password()
    user.save()


@db.transaction()
def forget_abandoned(*, before: datetime, limit: int = 500) -> int:
    """Delete sign-ups that nobody finished: no contact was proved, nobody ever signed in."""
    rows = User.objects.filter(
        kind=User.Kind.CITIZEN,
        phone_verified=False,
        id_number_index=None,
        last_login=None,
        date_joined__lt=before,
    )
    found = list(rows.order_by("id").values_list("id", flat=True)[:limit])
    EmailAddress.objects.filter(user_id__in=found).delete()
    return User.objects.filter(id__in=found).delete()[0]
