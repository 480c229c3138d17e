"""Signing an officer in at the desk's pages: e-mail, password and the second factor at once."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core.cache import cache

from citizens.models import User
from common import db
from common.crypto import blind_index
from common.errors import Refusal

TRIES = 5
WINDOW_SECONDS = 300


class DeskSignInRefused(Refusal):
    code = "desk_sign_in_refused"
    status = 401
    title_vi = "Thư điện tử, mật khẩu hoặc mã không đúng"
    title_en = "The e-mail, password or code is not right"


class DeskSignInTooOften(Refusal):
    code = "desk_sign_in_too_often"
    status = 429
    title_vi = "Thử sai quá nhiều lần, hãy chờ 5 phút"
    title_en = "Too many wrong tries: wait 5 minutes"


def officer_of(*, email: str, password: str, code: str) -> User:
    """Return the officer whose three proofs fit; which of them did not is never told.

    Errors: DeskSignInRefused; DeskSignInTooOften.
    """
    place = f"desk:{blind_index(email.strip().lower(), 'desk')}"
    if _count(place) > TRIES:
        raise DeskSignInTooOften(retry_after=WINDOW_SECONDS)
    user = User.objects.filter(
        email__iexact=email.strip(), kind=User.Kind.OFFICER, is_active=True
    ).first()
    if user is None:
        make_password(password)  # the same time as for somebody who exists
        raise DeskSignInRefused
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if not user.check_password(password) or factor is None:
        raise DeskSignInRefused
    if not factor.wrap().validate_code(code.strip()):
        raise DeskSignInRefused
    cache.delete(place)
    return user


@db.transaction()
def _count(place: str) -> int:
    """Count one more try, before it is looked at, and return how many there were.

    The cache reads and then writes: without the lock, tries made all at once would all be the
    first. The count commits by itself, so that a refusal does not take it back.
    """
    db.advisory_lock(place)
    tries = int(cache.get(place, 0)) + 1
    cache.set(place, tries, WINDOW_SECONDS)
    return tries
