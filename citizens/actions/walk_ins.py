"""People who came to a counter without an account, until they prove who they are.

A walk-in is found by the number and the name on the identity paper together. Nobody signs in as
one, and neither phone nor e-mail leads to it: only a proof in person of the same number and name
makes its dossiers somebody's own.
"""

import dataclasses

from citizens import rules
from citizens.models import Message, User
from common import crypto, db
from common.errors import FieldError, Invalid, Refusal

INDEX = "id_number"
WALK_IN = "walk_in"
IN_PERSON = 2


class NotForYourself(Refusal):
    code = "not_for_yourself"
    status = 403
    title_vi = "Cán bộ không tự tiếp nhận hồ sơ của mình"
    title_en = "Nobody takes in a dossier of their own"


@dataclasses.dataclass(frozen=True)
class Paper:
    """What an identity paper shows, and the phone the person gave (E.164, may be empty)."""

    id_number: str
    full_name: str
    phone: str


def owner(paper: Paper) -> str | None:
    """Return the id of the account that proved this number in person, with this name.

    Errors: Invalid when the number was proved under another name: somebody mistyped.
    """
    index = crypto.blind_index(paper.id_number, INDEX)
    found = User.objects.filter(
        id_number_index=index, kind=User.Kind.CITIZEN, assurance_level__gte=IN_PERSON
    ).first()
    if found is None:
        return None
    if rules.name_key(found.full_name) != rules.name_key(paper.full_name):
        raise Invalid(
            errors=[
                FieldError(
                    "differs_from_identity",
                    "full_name",
                    "Số định danh này đã được xác thực với tên khác",
                    "This number was proved under another name",
                    pointer="/person/full_name",
                )
            ]
        )
    return found.id


def refuse_own(*, officer_id: str, paper: Paper, citizen_id: str | None) -> None:
    """Refuse when the person at the counter is the officer: the same number, phone or e-mail.

    Errors: NotForYourself.
    """
    officer = User.objects.get(id=officer_id)
    if officer.officer_index == crypto.blind_index(paper.id_number, rules.ID_NUMBER_PURPOSE):
        raise NotForYourself
    citizen = User.objects.filter(id=citizen_id).first() if citizen_id else None
    phones = {paper.phone, citizen.phone if citizen else ""} - {""}
    emails = {citizen.email.lower()} - {""} if citizen else set()
    if officer.phone in phones or officer.email.lower() in emails:
        raise NotForYourself


@db.transaction_required
def person(*, paper: Paper) -> str:
    """Return the account of the person on an identity paper, a walk-in's where none was proved.

    Errors: Invalid, as of `owner`.
    """
    index = index_of(paper.id_number, paper.full_name)
    hold(id_number=paper.id_number, full_name=paper.full_name)
    known = owner(paper)
    if known is not None:
        return known
    found = User.objects.filter(walk_in_index=index, claimed_by=None).first()
    if found is not None:
        return found.id
    user = User(
        kind=User.Kind.WALK_IN,
        is_active=False,
        full_name=paper.full_name,
        phone=paper.phone,
        id_number=paper.id_number,
        walk_in_index=index,
    )
    user.set_unusable_password()
    user.save()
    return user.id


def index_of(id_number: str, full_name: str) -> str:
    """Return the blind index of a walk-in: number and name, however it is written."""
    return crypto.blind_index(f"{id_number} {rules.name_key(full_name)}", WALK_IN)


@db.transaction_required
def hold(*, id_number: str, full_name: str) -> None:
    """Let a filing for a walk-in and the proof that claims it happen one after the other."""
    db.advisory_lock(f"walk-in {index_of(id_number, full_name)}")


@db.transaction_required
def claim(*, user: User, id_number: str, full_name: str) -> None:
    """Give a person who just proved this number in person what was filed for them on paper.

    The caller holds it (see `hold`), before the account's row, so that nobody waits in a circle.
    The dossiers follow by the sweep of their own room, at most a minute later.
    """
    index = index_of(id_number, full_name)
    User.objects.filter(walk_in_index=index, claimed_by=None).update(claimed_by=user)


@db.transaction_required
def pass_on(*, walk_in_id: str) -> str:
    """Move a claimed walk-in's messages to whom they belong and return that account's id."""
    walk_in = db.lock(User.objects.filter(id=walk_in_id, claimed_by__isnull=False)).get()
    owner_id = str(walk_in.claimed_by_id)
    Message.objects.filter(user=walk_in).update(user_id=owner_id)
    return owner_id


def phone_of(text: str) -> str:
    """Return a phone as E.164. Errors: Invalid."""
    phone = text.strip().replace(" ", "")
    phone = f"+84{phone[1:]}" if phone.startswith("0") else phone
    if phone and not rules.PHONE.match(phone):
        raise Invalid(
            errors=[
                FieldError(
                    "invalid",
                    "phone",
                    "Số điện thoại không hợp lệ",
                    "This is no Vietnamese mobile number",
                    pointer="/person/phone",
                )
            ]
        )
    return phone
