"""Accounts of officers: made by an agency, opened by an invitation, shut when the officer leaves.

Which agency and with which roles is the business of the rooms above; here is only who may sign in.
"""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    validate_password,
)
from django.core.exceptions import ValidationError

from citizens import channels
from citizens.actions import codes, identity, sessions
from citizens.models import Invitation, User
from citizens.rules import ID_NUMBER
from common import crypto, db, ids, jobs
from common.errors import FieldError, Invalid, Refusal

VALID = timedelta(hours=72)
STALE = timedelta(minutes=5)
CODE_LENGTH = 26  # of 32 letters: 130 bits, nobody guesses one
PASSWORD_RULES: list[Any] = [MinimumLengthValidator(12), CommonPasswordValidator()]


class OfficerExists(Refusal):
    code = "officer_exists"
    status = 409
    title_vi = "Người này đã có tài khoản cán bộ"
    title_en = "This person has an officer's account already"
    detail_vi = "Một người chỉ có một tài khoản cán bộ; cơ quan cũ phải kết thúc trước."
    detail_en = "A person has one officer's account; the agency before must end it first."


class InvitationUnknown(Refusal):
    code = "invitation_unknown"
    status = 404
    title_vi = "Không có lời mời với mã này"
    title_en = "There is no invitation with this code"


class InvitationClosed(Refusal):
    code = "invitation_closed"
    status = 409
    title_vi = "Lời mời đã dùng, đã hết hạn hoặc đã được thay bằng lời mời mới"
    title_en = "The invitation was used, ran out or was replaced by a newer one"


class CodeWrong(Refusal):
    code = "totp_code_wrong"
    status = 400
    title_vi = "Mã của ứng dụng xác thực không đúng"
    title_en = "The code of the authenticator is not right"


class AlreadyAccepted(Refusal):
    code = "invitation_not_needed"
    status = 409
    title_vi = "Tài khoản này đã được kích hoạt"
    title_en = "This account is open already"


@dataclasses.dataclass(frozen=True)
class Offer:
    """What an invited officer enrols: the second factor, to be confirmed by a code of it."""

    email: str
    totp_secret: str
    totp_url: str
    expires_at: datetime


@db.transaction_required
def invite(*, email: str, full_name: str, id_number: str, is_demo: bool, now: datetime) -> User:
    """Make an officer's account, shut until its invitation is used, and send that by mail.

    `id_number` is kept as a blind index only. A person has one office at a time.
    Errors: Invalid; EmailTaken; OfficerExists; CodesSpent.
    """
    if not ID_NUMBER.match(id_number):
        raise Invalid(
            errors=[FieldError("invalid", "id_number", "Cần 12 chữ số", "12 digits", "/id_number")]
        )
    db.advisory_lock("citizens.officers")  # two agencies invite the same person at once
    index = identity.index_of(id_number)
    if User.objects.filter(officer_index=index).exists():
        raise OfficerExists
    user = identity.new_officer(
        email=email,
        full_name=full_name,
        password=None,
        is_demo=is_demo,
        is_active=False,
        officer_index=index,
    )
    _send(user, now)
    return user


@db.transaction_required
def invite_again(*, user_id: str, now: datetime) -> None:
    """Send a new invitation instead of the old one. Errors: AlreadyAccepted; CodesSpent."""
    user = db.lock(User.objects.filter(id=user_id, kind=User.Kind.OFFICER)).get()
    if user.is_active:
        raise AlreadyAccepted
    _send(user, now)


@db.transaction_required
def reset(*, user_id: str, now: datetime) -> None:
    """Shut an account whose second factor was lost, and invite its officer anew.

    The password goes too: whoever knows it could otherwise enrol a factor of their own.
    Errors: CodesSpent.
    """
    user = _shut(user_id)
    _send(user, now)


@db.transaction_required
def close(*, user_id: str, now: datetime) -> None:
    """End an officer's account: every sign-in ends at once, mail and number become free.

    The name stays, encrypted: who acted must be known as long as the dossiers are kept.
    """
    user = _shut(user_id)
    Invitation.objects.filter(user=user, closed_at=None).update(
        closed_at=now, code=None, totp_secret=None
    )
    EmailAddress.objects.filter(user=user).delete()
    user.email, user.officer_index = "", None
    user.save(update_fields=["email", "officer_index"])


def _shut(user_id: str) -> User:
    user = db.lock(User.objects.filter(id=user_id, kind=User.Kind.OFFICER)).get()
    sessions.end_all(user_id=user.id)
    Authenticator.objects.filter(user=user).delete()
    user.is_active = False
    user.set_unusable_password()
    user.version += 1
    user.save(update_fields=["is_active", "password", "version"])
    return user


def _send(user: User, now: datetime) -> None:
    codes.spend(to=user.email.lower(), now=now)
    Invitation.objects.filter(user=user, closed_at=None).update(
        closed_at=now, code=None, totp_secret=None
    )
    code = ids.unguessable(CODE_LENGTH)
    invitation = Invitation.objects.create(
        user=user,
        code=code,
        code_index=_index(code),
        created_at=now,
        expires_at=now + VALID,
    )
    jobs.enqueue("citizens.invite", invitation_id=invitation.id)


@db.durable
def deliver(*, invitation_id: str, now: datetime) -> None:
    """Mail an invitation unless that was done or it is closed. Errors: OutsideError."""
    row = (
        Invitation.objects.filter(id=invitation_id, sent_at=None, closed_at=None)
        .select_related("user")
        .first()
    )
    if row is None or row.code is None:
        return
    channels.code(
        to=row.user.email,
        text="Cơ quan đã tạo cho bạn một tài khoản cán bộ. Mã mời, dùng một lần trong 72 giờ: "
        f"{row.code} (An officer's account was made for you; one-time invitation code above.)",
    )
    with db.transaction():
        Invitation.objects.filter(id=invitation_id).update(sent_at=now, code=None)


@db.transaction()
def sweep(*, now: datetime) -> int:
    """Enqueue again what should have been mailed; return how many."""
    late = Invitation.objects.filter(
        sent_at=None, closed_at=None, created_at__lt=now - STALE, expires_at__gt=now
    )
    found = list(late.order_by("created_at", "id").values_list("id", flat=True)[:500])
    for invitation_id in found:
        jobs.enqueue("citizens.invite", invitation_id=invitation_id)
    return len(found)


@db.transaction()
def offer(*, code: str, now: datetime) -> Offer:
    """Return the second factor to enrol with an invitation; the same one at each call.

    Errors: InvitationUnknown; InvitationClosed.
    """
    row = _open(code, now)
    if row.totp_secret is None:
        row.totp_secret = totp.generate_totp_secret()
        row.save(update_fields=["totp_secret"])
    return Offer(
        email=row.user.email,
        totp_secret=row.totp_secret,
        totp_url=get_adapter().build_totp_url(row.user, row.totp_secret),
        expires_at=row.expires_at,
    )


@db.transaction_required
def accept(*, code: str, password: str, totp_code: str, now: datetime) -> str:
    """Open the account: password and second factor in one act. Return the officer's user id.

    Errors: InvitationUnknown; InvitationClosed; Invalid for a weak password; CodeWrong, also when
    no factor was offered yet.
    """
    row = _open(code, now)
    user = row.user
    try:
        validate_password(password, user, PASSWORD_RULES)
    except ValidationError as failure:
        raise Invalid(
            errors=[
                FieldError(
                    str(one.code),
                    "password",
                    "Mật khẩu cần ít nhất 12 ký tự và không phải mật khẩu phổ biến",
                    "At least 12 characters, and not a common password",
                    "/password",
                )
                for one in failure.error_list
            ]
        ) from failure
    secret = row.totp_secret
    if secret is None or not totp.validate_totp_code(secret, totp_code.strip()):
        raise CodeWrong
    totp.TOTP.activate(user, secret)
    user.set_password(password)
    user.is_active = True
    user.version += 1
    user.save(update_fields=["password", "is_active", "version"])
    row.closed_at, row.code, row.totp_secret = now, None, None
    row.save(update_fields=["closed_at", "code", "totp_secret"])
    return user.id


def _open(code: str, now: datetime) -> Invitation:
    row = db.lock(Invitation.objects.filter(code_index=_index(code)).select_related("user")).first()
    if row is None:
        raise InvitationUnknown
    if row.closed_at is not None or row.expires_at <= now:
        raise InvitationClosed
    return row


def _index(code: str) -> str:
    return crypto.blind_index(code.strip().lower(), "invitation")
