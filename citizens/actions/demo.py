"""Synthetic accounts for development; production never runs this."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings

from citizens.actions import identity
from citizens.models import User
from citizens.rules import Claims
from common import crypto

DOMAIN = "demo.invalid"
ISSUER = "demo"


def make_citizen(
    *,
    who: str,
    full_name: str,
    phone: str,
    id_number: str,
    birth_date: str,
    level: int,
    password: str,
    now: datetime,
) -> bool:
    """Make a synthetic citizen unless there is one, and return whether it is new."""
    _development_only()
    email = f"{who}@{DOMAIN}"
    if User.objects.filter(email=email).exists():
        return False
    user = User.objects.create_user(
        email=email, phone=phone, phone_verified=True, password=password, is_demo=True
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    claims = Claims(
        issuer=ISSUER,
        subject=who,
        level=level,
        full_name=full_name,
        birth_date=birth_date,
        id_number=id_number,
    )
    identity.link(user_id=user.id, claims=claims, now=now)
    return True


def make_officer(
    *, who: str, full_name: str, id_number: str, password: str, totp_secret: str
) -> bool:
    """Make a synthetic officer's account with a second factor, unless there is one."""
    _development_only()
    email = f"{who}@{DOMAIN}"
    if User.objects.filter(email=email).exists():
        return False
    user = identity.create_officer(
        email=email,
        full_name=full_name,
        password=password,
        is_demo=True,
        officer_index=identity.index_of(id_number),
    )
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": crypto.encrypt(totp_secret)}
    )
    return True


def user_id_of(who: str) -> str:
    """Return the id of a synthetic account."""
    return User.objects.values_list("id", flat=True).get(email=f"{who}@{DOMAIN}")


def _development_only() -> None:
    if not settings.DEVELOPMENT:
        raise RuntimeError("synthetic people have no place in production")
