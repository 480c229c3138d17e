"""The seams handed to django-allauth: phones, codes, second factors, the national identity."""

import dataclasses
from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError

from citizens import channels, rules
from citizens.actions import identity
from citizens.models import User
from common import clock, crypto
from common.errors import OutsideError

TIMEOUT = (3.05, 5)
KEYS_KEPT_SECONDS = 300


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return True

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        return PhoneField(**kwargs)

    def clean_phone(self, phone: str) -> str:
        if not rules.PHONE.match(phone):
            raise ValidationError("Số điện thoại không hợp lệ", code="invalid_phone")
        return phone

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone_verified(self, user: Any, phone: str) -> None:
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone: str) -> Any:
        """Return the account; a verified one before a sign-up that was never finished."""
        found = User.objects.filter(phone=phone, kind=User.Kind.CITIZEN)
        return found.order_by("-phone_verified", "-date_joined", "id").first()

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        channels.code(to=phone, text=code)

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """Nothing is sent to a number without an account: it would cost money and tell nothing."""

    def send_account_already_exists_sms(self, phone: str) -> None:
        channels.code(to=phone, text="Số này đã có tài khoản. This number has an account.")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        text = context.get("code") or context.get("key") or template_prefix
        channels.code(to=email, text=str(text))


class PhoneField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text and not rules.PHONE.match(text):
            raise ValidationError("Số điện thoại không hợp lệ", code="invalid_phone")
        return text


@dataclasses.dataclass
class UserShape:
    id: str = dataclasses.field(
        metadata={"description": "The user id.", "example": "usr_01k9m3v0x2f4h6j8k0m2n4p6q8"}
    )
    display: str = dataclasses.field(
        metadata={"description": "How to greet the person.", "example": "Bạn"}
    )
    has_usable_password: bool = dataclasses.field(
        metadata={"description": "Whether the account has a password.", "example": True}
    )


class HeadlessAdapter(DefaultHeadlessAdapter):
    def get_user_dataclass(self) -> type[Any]:
        return UserShape

    def user_as_dataclass(self, user: Any) -> Any:
        return UserShape(
            id=user.id,
            display=user.full_name or "Bạn",
            has_usable_password=user.has_usable_password(),
        )


class MFAAdapter(DefaultMFAAdapter):
    """Second-factor secrets are encrypted where they rest."""

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return str(user.email or user.id)


class ProviderSession(requests.Session):
    """Reads of the identity provider: bounded in time, kept for minutes, honest when it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def get(self, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kept = cache.get(f"vneid:{url}")
        if kept is not None:
            response = requests.Response()
            response.status_code, response._content, response.url = 200, kept, str(url)
            return response
        try:
            response = super().get(url, **{"timeout": TIMEOUT, **kwargs})
            response.raise_for_status()
        except requests.RequestException as failure:
            raise OutsideError("the identity provider does not answer", transient=True) from failure
        cache.set(f"vneid:{url}", response.content, KEYS_KEPT_SECONDS)
        return response


class SocialAdapter(DefaultSocialAccountAdapter):
    """The national identity. The join key is the number it proved, never an e-mail."""

    def get_requests_session(self) -> requests.Session:
        return ProviderSession()

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return True

    def is_auto_signup_allowed(self, request: Any, sociallogin: Any) -> bool:
        return True

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:
        claims = self._claims(sociallogin)
        if sociallogin.state.get("process") == "connect":
            self._link(request.user, claims)
        elif sociallogin.is_existing:
            self._link(sociallogin.user, claims)

    def populate_user(self, request: Any, sociallogin: Any, data: Any) -> Any:
        user = sociallogin.user
        user.kind = User.Kind.CITIZEN
        return user

    def save_user(self, request: Any, sociallogin: Any, form: Any = None) -> Any:
        claims = self._claims(sociallogin)
        taken = User.objects.filter(id_number_index=identity.index_of(claims.id_number)).exists()
        if taken:
            raise self._taken()
        user = super().save_user(request, sociallogin, form)
        self._link(user, claims)
        return user

    def _claims(self, sociallogin: Any) -> rules.Claims:
        data = sociallogin.account.extra_data
        claims = rules.claims_of(
            data.get("id_token", data), issuer=settings.VNEID_ISSUER, levels=settings.VNEID_LEVELS
        )
        if claims is None:
            raise ValidationError("Chưa đủ mức xác thực", code="assurance_too_low")
        return claims

    def _link(self, user: Any, claims: rules.Claims) -> None:
        try:
            identity.link(user_id=user.pk, claims=claims, now=clock.now())
        except identity.NumberTaken as refusal:
            raise self._taken() from refusal
        # The library saves the account it holds after this: without the fresh values it would
        # write the old level back.
        user.refresh_from_db()

    def _taken(self) -> ValidationError:
        return ValidationError(identity.NumberTaken.title_vi, code="cccd_taken")
