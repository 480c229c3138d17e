"""Deciding about a purpose: granted or withdrawn, kept for ever."""

from datetime import datetime

from citizens.models import Consent, User
from citizens.rules import PURPOSES
from common import db
from common.errors import FieldError, Invalid, Refusal


class ConsentTextOld(Refusal):
    code = "consent_text_old"
    status = 409
    title_vi = "Nội dung đồng ý đã thay đổi, hãy đọc lại"
    title_en = "The text of this consent changed: read it again"


@db.transaction()
def decide(
    *, user_id: str, purpose: str, decision: str, text_version: str, channel: str, now: datetime
) -> Consent:
    """Record a decision. Errors: Invalid for an unknown purpose; ConsentTextOld."""
    known = PURPOSES.get(purpose)
    if known is None:
        raise Invalid(
            errors=[
                FieldError(
                    "unknown", "purpose", "Không có mục đích này", "No such purpose", "/purpose"
                )
            ]
        )
    # A withdrawal is never held up by a text that changed since.
    if decision == Consent.Decision.GRANT and text_version != known.text_version:
        raise ConsentTextOld
    db.lock(User.objects.filter(id=user_id)).get()
    return Consent.objects.create(
        user_id=user_id,
        purpose=purpose,
        decision=decision,
        text_version=text_version,
        channel=channel,
        at=now,
    )
