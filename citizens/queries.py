"""Reads of what is known of a person, always of one person."""

import dataclasses
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Max, Q, QuerySet

from citizens import rules
from citizens.models import Consent, Device, Message, User, VaultAccess, VaultField, phone_index
from citizens.models import Identity as IdentityRow
from citizens.models import Paper as PaperRow
from citizens.rules import Purpose
from common import crypto


@dataclasses.dataclass(frozen=True)
class Card:
    """A person as the person may see themselves: numbers are masked."""

    id: str
    full_name: str
    id_number_masked: str | None
    phone_masked: str | None
    assurance_level: int


@dataclasses.dataclass(frozen=True)
class Identity:
    """What was proved of a person."""

    full_name: str
    birth_date: date | None
    sex: str | None
    id_number: str


@dataclasses.dataclass(frozen=True)
class Paper:
    """A paper that was accepted before."""

    id: str
    component_code: str
    name: str
    file_id: str
    source_ref: str
    accepted_at: datetime


@dataclasses.dataclass(frozen=True)
class ConsentState:
    purpose: Purpose
    granted: bool
    decided_at: datetime | None
    text_version: str | None


def card(user_id: str) -> Card:
    """Return the person with that id."""
    user = User.objects.get(id=user_id)
    return Card(
        id=user.id,
        full_name=user.full_name,
        id_number_masked=rules.mask_number(user.id_number),
        phone_masked=rules.mask_phone(user.phone),
        assurance_level=user.assurance_level,
    )


def identity(user_id: str) -> Identity | None:
    """Return what was proved last of a person; None when nothing was."""
    row = IdentityRow.objects.filter(user_id=user_id).order_by("-id").first()
    if row is None:
        return None
    proved: dict[str, Any] = row.proved
    birth = proved.get("birth_date")
    return Identity(
        full_name=proved["full_name"],
        birth_date=date.fromisoformat(birth) if birth else None,
        sex=proved.get("sex"),
        id_number=proved["id_number"],
    )


def is_active(user_id: str) -> bool:
    """Return whether an account, a citizen's or an officer's, may be used."""
    return User.objects.filter(id=user_id, is_active=True).exists()


def live_consent(user_id: str, purpose: str) -> bool:
    """Return whether a person agrees to a purpose at this moment."""
    latest = (
        Consent.objects.filter(user_id=user_id, purpose=purpose)
        .order_by("-id")
        .values_list("decision", flat=True)
        .first()
    )
    return latest == Consent.Decision.GRANT


def consents_of(user_id: str) -> list[ConsentState]:
    """Return every purpose with the person's last decision about it."""
    latest: dict[str, Consent] = {}
    for row in Consent.objects.filter(user_id=user_id).order_by("id"):
        latest[row.purpose] = row
    return [
        ConsentState(
            purpose=purpose,
            granted=key in latest and latest[key].decision == Consent.Decision.GRANT,
            decided_at=latest[key].at if key in latest else None,
            text_version=latest[key].text_version if key in latest else None,
        )
        for key, purpose in rules.PURPOSES.items()
    ]


def facts_of(user_id: str) -> QuerySet[VaultField]:
    """Return the facts that hold of a person."""
    return VaultField.objects.filter(user_id=user_id, current=True)


def accesses_of(user_id: str) -> QuerySet[VaultAccess]:
    """Return who saw data of a person, when and why; also from when they were a walk-in."""
    walk_ins = User.objects.filter(claimed_by=user_id).values("id")
    return VaultAccess.objects.filter(Q(user_id=user_id) | Q(user_id__in=walk_ins))


def messages_of(user_id: str) -> QuerySet[Message]:
    """Return the inbox of a person."""
    return Message.objects.filter(user_id=user_id)


def papers_of(user_id: str) -> QuerySet[PaperRow]:
    """Return the accepted papers of a person."""
    return PaperRow.objects.filter(user_id=user_id).select_related("file")


def papers_for(user_id: str, component_codes: Collection[str]) -> list[Paper]:
    """Return accepted papers that fit these components, newest first; none without consent."""
    if not component_codes or not live_consent(user_id, "prefill"):
        return []
    rows = PaperRow.objects.filter(user_id=user_id, component_code__in=list(component_codes))
    return [
        Paper(
            id=row.id,
            component_code=row.component_code,
            name=row.name,
            file_id=row.file_id,
            source_ref=row.source_ref,
            accepted_at=row.accepted_at,
        )
        for row in rows.order_by("-accepted_at", "id")
    ]


def unread(user_id: str) -> int:
    """Return how many messages wait to be read, at most 100."""
    return len(
        Message.objects.filter(user_id=user_id, read_at=None)
        .order_by("id")
        .values_list("id", flat=True)[:100]
    )


def devices_of(user_id: str) -> QuerySet[Device]:
    """Return the phones of a person that may be woken."""
    return Device.objects.filter(user_id=user_id)


@dataclasses.dataclass(frozen=True)
class HomePart:
    """What this room gives to the first screen."""

    full_name: str
    assurance_level: int
    unread_messages: int


def home_of(citizen_id: str) -> HomePart:
    """Return this room's part of the first screen."""
    person = card(citizen_id)
    return HomePart(person.full_name, person.assurance_level, unread(citizen_id))


def export_of(citizen_id: str) -> dict[str, Any]:
    """Return everything this room keeps about a person, unmasked, for the person alone.

    Source: Law 91/2025/QH15 Art.4: the right to a copy. Readers are named by their label.
    """
    user = User.objects.get(id=citizen_id)
    proofs = IdentityRow.objects.filter(user=user).order_by("id")
    consents = Consent.objects.filter(user=user).order_by("id")
    values = VaultField.objects.filter(user=user).order_by("key", "id")
    return {
        "account": {
            "id": user.id,
            "full_name": user.full_name,
            "id_number": user.id_number,
            "phone": user.phone,
            "phone_verified": user.phone_verified,
            "email": user.email,
            "assurance_level": user.assurance_level,
            "language": user.language,
            "created_at": user.date_joined,
        },
        "identities": [
            {"issuer": row.issuer, "level": row.level, "at": row.at, **row.proved} for row in proofs
        ],
        "consents": _columns(consents, "purpose", "decision", "text_version", "channel", "at"),
        "facts": _columns(
            values,
            *("key", "value", "source", "source_ref", "verified", "recorded_at", "current"),
        ),
        "accesses": _columns(
            accesses_of(citizen_id).order_by("id"),
            *("reader_label", "what", "purpose", "reference", "at"),
        ),
        "messages": _columns(
            messages_of(citizen_id).order_by("created_at", "id"),
            *("id", "kind", "title_vi", "body_vi", "reference", "created_at", "read_at"),
        ),
        "papers": _columns(
            papers_of(citizen_id).order_by("accepted_at", "id"),
            *("id", "component_code", "name", "file_id", "source_ref", "accepted_at"),
        ),
        "devices": _columns(
            devices_of(citizen_id).order_by("id"), "platform", "app_version", "updated_at"
        ),
    }


def _columns(rows: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in rows]


def contact_index(*, phone: str = "", id_number: str = "") -> str:
    """Return the name under which somebody is meant who may have no account: a blind index."""
    if id_number:
        return f"id:{crypto.blind_index(id_number, 'id_number')}"
    return f"phone:{phone_index(phone)}"


def contact_indexes(user_id: str) -> list[str]:
    """Return the names under which a citizen may be meant: proved number and proved phone."""
    user = User.objects.get(id=user_id)
    found = []
    if user.id_number_index:
        found.append(f"id:{user.id_number_index}")
    if user.phone_verified and user.phone_index:
        found.append(f"phone:{user.phone_index}")
    return found


def citizen_meant(index: str) -> str | None:
    """Return the id of the citizen meant by a contact index; None when there is no account."""
    kind, digest = index.split(":", 1)
    rows = User.objects.filter(kind=User.Kind.CITIZEN, is_active=True)
    rows = (
        rows.filter(id_number_index=digest)
        if kind == "id"
        else rows.filter(phone_index=digest, phone_verified=True)
    )
    return rows.values_list("id", flat=True).first()


def masked_contact(*, phone: str = "", id_number: str = "") -> str:
    """Return a phone or personal number as it may be shown again to whoever gave it."""
    masked = rules.mask_number(id_number) if id_number else rules.mask_phone(phone)
    return masked or ""


@dataclasses.dataclass(frozen=True)
class OfficerCard:
    """An officer's account as the agency that made it sees it."""

    id: str
    email: str
    full_name: str
    open: bool
    second_factors: tuple[str, ...]
    last_seen_at: datetime | None


def officer_cards(user_ids: Collection[str]) -> dict[str, OfficerCard]:
    """Return the accounts of these officers by id: two queries, however many they are."""
    users = User.objects.filter(id__in=list(user_ids), kind=User.Kind.OFFICER).annotate(
        seen=Max("usersession__last_seen_at")
    )
    factors: dict[str, set[str]] = {}
    for user_id, kind in Authenticator.objects.filter(
        user_id__in=list(user_ids), type__in=("totp", "webauthn")
    ).values_list("user_id", "type"):
        factors.setdefault(user_id, set()).add("passkey" if kind == "webauthn" else kind)
    return {
        user.id: OfficerCard(
            id=user.id,
            email=user.email,
            full_name=user.full_name,
            open=user.is_active,
            second_factors=tuple(sorted(factors.get(user.id, ()))),
            last_seen_at=max(filter(None, (user.seen, user.last_login)), default=None),
        )
        for user in users
    }


def accounts_of_same_person(officer_id: str) -> QuerySet[User]:
    """Return the citizen's account of the person who is this officer: none or one.

    The two accounts are told apart everywhere; only their numbers' digests are compared.
    """
    return User.objects.filter(
        kind=User.Kind.CITIZEN,
        id_number_index__in=User.objects.filter(id=officer_id, officer_index__isnull=False).values(
            "officer_index"
        ),
    )


def names_officer(officer_id: str, account_id: str) -> bool:
    """Return whether an account, also a walk-in's, carries the number of this officer's person."""
    account = User.objects.filter(id=account_id).first()
    if account is None or not account.id_number:
        return False
    return (
        officer_digest(officer_id).filter(officer_index=number_digest(account.id_number)).exists()
    )


def number_digest(id_number: str) -> str:
    """Return the digest by which a personal number is compared, wherever it stands."""
    return crypto.blind_index(id_number, rules.ID_NUMBER_PURPOSE)


def officer_digest(officer_id: str) -> QuerySet[User, str | None]:
    """Return the digest that the agency recorded for an officer, as a subquery."""
    return User.objects.filter(id=officer_id, officer_index__isnull=False).values_list(
        "officer_index", flat=True
    )
