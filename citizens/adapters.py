"""The seams handed to django-allauth: phones, codes, second factors, the national identity."""

import dataclasses
import hashlib
from typing import Any

import jwt
import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError

from citizens import channels, rules
from citizens.actions import codes, identity, officers
from citizens.models import User, phone_index
from common import clock, crypto, db
from common.errors import OutsideError, Refusal

TIMEOUT = (3.05, 5)
KEYS_KEPT_SECONDS = 300
KEYS_ASKED_AGAIN_SECONDS = 30
ALGORITHMS = frozenset({"RS256"})
# Mails that let their reader into the account.
OPENING_MAILS = frozenset({"account/email/login_code", "account/email/password_reset_code"})


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return True

    def clean_password(self, password: str, user: Any = None) -> str:
        cleaned: str = super().clean_password(password, user=user)
        if user is not None and user.pk and user.is_officer:
            validate_password(cleaned, user, officers.PASSWORD_RULES)
        return cleaned

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        return PhoneField(**kwargs)

    def clean_phone(self, phone: str) -> str:
        if not rules.PHONE.match(phone):
            raise ValidationError("Số điện thoại không hợp lệ", code="invalid_phone")
        return phone

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        user.phone, user.phone_index = phone, phone_index(phone)
        user.phone_verified = verified
        user.save(update_fields=["phone", "phone_index", "phone_verified"])

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone_verified(self, user: Any, phone: str) -> None:
        identity.prove_phone(user_id=user.pk, phone=phone, now=clock.now())
        user.refresh_from_db()

    def get_user_by_phone(self, phone: str) -> Any:
        """Return the account whose phone was verified; a sign-up never finished owns nothing.

        Were it found, the true owner of the number would be let into the account of whoever
        typed the number first, and with that person's password on it.
        """
        return User.objects.filter(
            phone_index=phone_index(phone), phone_verified=True, kind=User.Kind.CITIZEN
        ).first()

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **kwargs: Any) -> None:
        _spend(phone)
        channels.code(to=phone, text=code)

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """Send nothing: it would cost money. It counts all the same, or the limit would tell."""
        _spend(phone)

    def send_account_already_exists_sms(self, phone: str) -> None:
        _spend(phone)
        channels.code(to=phone, text="Số này đã có tài khoản. This number has an account.")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a code or a link; no code opens an account to an address never confirmed."""
        _spend(email.lower())
        known = EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
        if template_prefix in OPENING_MAILS and not known:
            return
        text = context.get("code") or context.get("key") or template_prefix
        channels.code(to=email, text=str(text))


@db.transaction()
def _spend(to: str) -> None:
    codes.spend(to=to, now=clock.now())


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

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PASSKEY_DOMAIN, "name": settings.MFA_TOTP_ISSUER}

    def get_totp_label(self, user: Any) -> str:
        return str(user.email or user.id)


class ProviderSession(requests.Session):
    """Reads of the identity provider: bounded in time, kept for minutes, honest when it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def get(self, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kept = cache.get(_place(url))
        if kept is not None:
            response = requests.Response()
            response.status_code, response._content, response.url = 200, kept, str(url)
            return response
        try:
            response = super().get(url, **{"timeout": TIMEOUT, **kwargs})
            response.raise_for_status()
            response.json()  # an error page with status 200 is not kept
        except requests.RequestException as failure:
            raise OutsideError("the identity provider does not answer", transient=True) from failure
        cache.set(_place(url), response.content, KEYS_KEPT_SECONDS)
        return response


def _place(url: Any) -> str:
    return f"vneid:{hashlib.sha256(str(url).encode()).hexdigest()}"


class VneidProvider(OpenIDConnectProvider):
    """OpenID Connect as the national identity needs it: stricter, and nothing kept in clear."""

    def verify_token(self, request: Any, token: Any) -> Any:
        """Check a token before the library does.

        The library believes the algorithm that a token names, fails without a key id, lets a
        token without `jti` in twice, and does not ask again for keys that were changed.
        """
        text = token.get("id_token") or ""
        try:
            header = jwt.get_unverified_header(text)
        except jwt.PyJWTError as failure:
            raise _invalid_token() from failure
        kid = header.get("kid")
        if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
            raise _invalid_token()
        try:
            self._ask_again_for_unknown(request, kid)
            login = super().verify_token(request, token)
        except (AttributeError, KeyError, TypeError, ValueError) as failure:
            raise _invalid_token() from failure
        mark = f"vneid-used:{hashlib.sha256(text.encode()).hexdigest()}"
        left = (
            jwt.decode(text, options={"verify_signature": False})["exp"] - clock.now().timestamp()
        )
        if not cache.add(mark, 1, max(1, int(left) + 1)):
            raise _invalid_token()
        return login

    def _ask_again_for_unknown(self, request: Any, kid: str) -> None:
        """Renew the kept keys when a token names another one; not for each forged token."""
        with ProviderSession() as session:
            address = self.get_oauth2_adapter(request).openid_config["jwks_uri"]
            known = session.get(address).json()["keys"]
            if kid in {key.get("kid") for key in known}:
                return
            if not cache.add("vneid-keys-asked", 1, KEYS_ASKED_AGAIN_SECONDS):
                return
            kept = cache.get(_place(address))
            cache.delete(_place(address))
            try:
                session.get(address)
            except OutsideError:
                cache.set(_place(address), kept, KEYS_ASKED_AGAIN_SECONDS)

    def sociallogin_from_response(self, request: Any, response: Any) -> Any:
        login = super().sociallogin_from_response(request, response)
        login.claims = response  # for this request only, never stored
        return login

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Keep nothing: the library would store name and number in clear."""
        return {}

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: Any) -> list[Any]:
        """Take no e-mail from the identity: accounts are never joined by it."""
        return []


def _invalid_token() -> ValidationError:
    return ValidationError("Mã định danh không hợp lệ", code="invalid_token")


class SocialAdapter(DefaultSocialAccountAdapter):
    """The national identity. The join key is the number it proved, never an e-mail."""

    def get_requests_session(self) -> requests.Session:
        return ProviderSession()

    def get_provider(self, request: Any, provider: str, client_id: str | None = None) -> Any:
        found = super().get_provider(request, provider, client_id=client_id)
        return VneidProvider(request, app=found.app)

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return True

    def is_auto_signup_allowed(self, request: Any, sociallogin: Any) -> bool:
        return True

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:
        claims = self._claims(sociallogin)
        if sociallogin.state.get("process") == "connect":
            if request.user.is_authenticated and not self._is_of_another(request, sociallogin):
                self._link(request.user, claims)
            return
        if not sociallogin.is_existing:
            owner = identity.owner_of(claims)
            if owner is not None:
                sociallogin.connect(request, owner)
        if sociallogin.is_existing:
            self._link(sociallogin.user, claims)

    def _is_of_another(self, request: Any, sociallogin: Any) -> bool:
        return bool(sociallogin.is_existing and sociallogin.user != request.user)

    def populate_user(self, request: Any, sociallogin: Any, data: Any) -> Any:
        user = sociallogin.user
        user.kind = User.Kind.CITIZEN
        return user

    def save_user(self, request: Any, sociallogin: Any, form: Any = None) -> Any:
        claims = self._claims(sociallogin)
        taken = User.objects.filter(id_number_index=identity.index_of(claims.id_number)).exists()
        if taken:
            raise self._refused(identity.NumberTaken)
        user = super().save_user(request, sociallogin, form)
        self._link(user, claims)
        return user

    def _claims(self, sociallogin: Any) -> rules.Claims:
        claims = rules.claims_of(
            getattr(sociallogin, "claims", {}),
            issuer=settings.VNEID_ISSUER,
            levels=settings.VNEID_LEVELS,
        )
        if claims is None:
            raise ValidationError("Chưa đủ mức xác thực", code="assurance_too_low")
        return claims

    def _link(self, user: Any, claims: rules.Claims) -> None:
        try:
            identity.link(user_id=user.pk, claims=claims, now=clock.now())
        except (identity.NumberTaken, identity.OfficerAccount) as refusal:
            raise self._refused(type(refusal)) from refusal
        # The library saves the account it holds after this: without the fresh values it would
        # write the old level back.
        user.refresh_from_db()

    def _refused(self, refusal: type[Refusal]) -> ValidationError:
        return ValidationError(refusal.title_vi, code=refusal.code)
