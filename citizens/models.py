"""People and what is known of them. Written by `citizens.actions` only, sign-in apart."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

from common import crypto, ids


def new_user_id() -> str:
    return ids.new("usr")


def new_message_id() -> str:
    return ids.new("msg")


def new_invitation_id() -> str:
    return ids.new("inv")


def new_paper_id() -> str:
    return ids.new("pap")


def phone_index(phone: str) -> str | None:
    """Return the blind index by which an account is found from its phone; None without one."""
    return crypto.blind_index(phone, "phone") if phone else None


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, password: str | None = None, phone: str = "", **fields: Any) -> "User":
        user = self.model(phone=phone, phone_index=phone_index(phone), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(id=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. An officer's account is never a citizen's: who is both has two."""

    class Kind(models.TextChoices):
        CITIZEN = "citizen", "files dossiers of their own"
        OFFICER = "officer", "made by an agency; works on the dossiers of others"
        WALK_IN = "walk_in", "came to a counter; nobody signs in until the identity is proved"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_user_id, editable=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CITIZEN)
    email = models.EmailField(blank=True)
    phone = crypto.EncryptedTextField(default="", help_text="E.164")
    phone_index = models.CharField(max_length=64, null=True)
    phone_verified = models.BooleanField(default=False)
    full_name = crypto.EncryptedTextField(default="")
    assurance_level = models.PositiveSmallIntegerField(default=0)
    id_number = crypto.EncryptedTextField(null=True)
    id_number_index = models.CharField(max_length=64, null=True)
    walk_in_index = models.CharField(
        max_length=64, null=True, help_text="number and name on the paper, as a blind index"
    )
    claimed_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="walk_ins", null=True
    )
    officer_index = models.CharField(
        max_length=64,
        null=True,
        help_text="blind index of an officer's number, while in office",
    )
    language = models.CharField(max_length=2, default="vi")
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False, help_text="synthetic person")
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "id"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id_number_index"], name="citizens_user_one_account_a_person"
            ),
            # Per kind: an officer may give the same phone as in their citizen account.
            models.UniqueConstraint(
                fields=["kind", "phone_index"],
                condition=Q(phone_verified=True),
                name="citizens_user_one_account_a_phone",
            ),
            models.CheckConstraint(
                condition=Q(phone_verified=False) | Q(phone_index__isnull=False),
                name="citizens_user_verified_needs_phone",
            ),
            models.CheckConstraint(
                condition=Q(kind="citizen", assurance_level__gte=0)
                | Q(kind__in=("officer", "walk_in"), id_number_index__isnull=True),
                name="citizens_user_officer_proves_nothing",
            ),
            models.UniqueConstraint(
                fields=["walk_in_index"],
                condition=Q(claimed_by__isnull=True),
                name="citizens_user_one_walk_in_a_person",
            ),
            models.CheckConstraint(
                condition=Q(kind="walk_in", is_active=False, walk_in_index__isnull=False)
                | (~Q(kind="walk_in") & Q(walk_in_index__isnull=True, claimed_by__isnull=True)),
                name="citizens_user_walk_in_never_signs_in",
            ),
            models.UniqueConstraint(
                fields=["officer_index"], name="citizens_user_one_office_a_person"
            ),
            models.CheckConstraint(
                condition=Q(officer_index__isnull=True) | Q(kind="officer"),
                name="citizens_user_only_officers_hold_office",
            ),
            models.CheckConstraint(
                condition=Q(assurance_level__lte=2), name="citizens_user_level_range"
            ),
            models.CheckConstraint(
                condition=Q(assurance_level=0) | Q(id_number_index__isnull=False),
                name="citizens_user_level_needs_identity",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_citizen(self) -> bool:
        return self.kind == self.Kind.CITIZEN

    @property
    def is_officer(self) -> bool:
        return self.kind == self.Kind.OFFICER


class Invitation(models.Model):
    """The one-time way into an officer's account that an agency made. Written by `officers`.

    The code is kept only until the mail is out; the digest finds it again. The account stays shut
    until the code was used to set a password and a second factor in one act.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_invitation_id, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    code = crypto.EncryptedTextField(null=True)
    code_index = models.CharField(max_length=64)
    totp_secret = crypto.EncryptedTextField(null=True, help_text="offered, not yet confirmed")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="exclusive")
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="used, or replaced by a newer one")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code_index"], name="citizens_invitation_code"),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(closed_at=None),
                name="citizens_invitation_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(sent_at=None, closed_at=None),
                name="citizens_invitation_unsent",
            )
        ]

    def __str__(self) -> str:
        return self.id


class Identity(models.Model):
    """What an identity provider proved of a person, and to which level; a row for each proof.

    The rows are the audit of every rise and fall of the level. Append-only: they stay when an
    account is closed, as evidence of who acted in the dossiers that the law keeps.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField()
    proved = crypto.EncryptedJSONField(help_text="name, birth date, sex, number")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="citizens_identity_latest")]

    def __str__(self) -> str:
        return f"{self.user_id} level {self.level}"


class Consent(models.Model):
    """One decision about one purpose (sự đồng ý); the latest one holds. Append-only.

    Source: Law 91/2025/QH15 Art.9: free, per purpose, verifiable, never ticked beforehand.
    """

    class Decision(models.TextChoices):
        GRANT = "grant", "the person agreed"
        WITHDRAW = "withdraw", "the person took it back"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    text_version = models.CharField(max_length=20)
    channel = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "purpose", "-id"], name="citizens_consent_latest")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.purpose} {self.decision}"


class VaultField(models.Model):
    """One value of one fact about a person, with where it came from. Newest of a key holds."""

    class Source(models.TextChoices):
        IDENTITY = "identity", "proved by the identity provider"
        DOSSIER = "dossier", "from an earlier dossier"
        DOCUMENT = "document", "read from an accepted paper"
        TYPED = "typed", "typed by the person"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="facts")
    key = models.CharField(max_length=60)
    value = crypto.EncryptedJSONField()
    source = models.CharField(max_length=10, choices=Source.choices)
    source_ref = models.CharField(max_length=60, blank=True)
    verified = models.BooleanField()
    recorded_at = models.DateTimeField()
    current = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, help_text="counts the values of the key")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                condition=Q(current=True),
                name="citizens_vaultfield_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class VaultAccess(models.Model):
    """Somebody saw personal data of a person. Append-only; the person can read it."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="accesses")
    reader_id = models.CharField(max_length=ids.MAX_LENGTH, blank=True)
    reader_label = models.CharField(max_length=300)
    what = models.CharField(max_length=200)
    purpose = models.CharField(max_length=40)
    reference = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="citizens_vaultaccess_mine")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.what}"


class Message(models.Model):
    """A message in a person's inbox; sent on by the channels that the person has."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_message_id, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=60)
    title_vi = crypto.EncryptedTextField()
    body_vi = crypto.EncryptedTextField()
    title_en = crypto.EncryptedTextField()
    body_en = crypto.EncryptedTextField()
    reference = models.CharField(max_length=60, blank=True)
    dedupe_key = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dedupe_key"], name="citizens_message_once")]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="citizens_message_mine"),
            models.Index(
                fields=["created_at"],
                condition=Q(delivered_at=None),
                name="citizens_message_undelivered",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Paper(models.Model):
    """A paper of a person that an agency accepted; it need not be handed in again."""

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_paper_id, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="papers")
    component_code = models.CharField(max_length=60)
    name = models.TextField()
    file = models.ForeignKey("common.StoredFile", on_delete=models.PROTECT, related_name="+")
    source_ref = models.CharField(max_length=60, help_text="the dossier that it was accepted in")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "component_code", "file"], name="citizens_paper_once"
            )
        ]

    def __str__(self) -> str:
        return self.id


class Device(models.Model):
    """A phone with the app on it, as a push service knows it. The app names its installation."""

    class Platform(models.TextChoices):
        ANDROID = "android", "woken through FCM"
        IOS = "ios", "woken through APNs"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="devices")
    installation_id = models.UUIDField()
    platform = models.CharField(max_length=10, choices=Platform.choices)
    token = crypto.EncryptedTextField(help_text="of the push service")
    app_version = models.CharField(max_length=40)
    session_key = models.CharField(max_length=40, help_text="the sign-in that registered it")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A phone that changes hands wakes its new owner only.
            models.UniqueConstraint(fields=["installation_id"], name="citizens_device_once")
        ]
        indexes = [models.Index(fields=["user"], name="citizens_device_mine")]

    def __str__(self) -> str:
        return str(self.installation_id)


class CodeAllowance(models.Model):
    """How many codes went to one address, or to all of them, on one day: each costs money.

    The key is a day with a blind index, so the table tells nobody's number.
    """

    key = models.CharField(primary_key=True, max_length=80)
    day = models.DateField()
    sent = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["day"], name="citizens_codeallowance_day")]

    def __str__(self) -> str:
        return str(self.day)


class DevMessage(models.Model):
    """What the console channel of development "sent"; empty anywhere else."""

    id = models.BigAutoField(primary_key=True)
    to = models.CharField(max_length=254)
    text = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)
