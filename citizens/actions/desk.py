"""Signing an officer in at the desk's pages: e-mail, password and the second factor at once."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core.cache import cache

from citizens.models import User
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
    place = f"desk:{email.strip().lower()[:200]}"
    cache.add(place, 0, WINDOW_SECONDS)
    if cache.incr(place) > TRIES:
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
