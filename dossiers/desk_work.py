"""Work on a dossier that is no move: whose it is, who has it open, notes, messages, the post.

Each act parses, calls the action of the API, and the dossier is shown again.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms

from dossiers.actions import notes, processing, talk, work
from dossiers.models import Note, Seat


class HandForm(forms.Form):
    expected_state = forms.IntegerField(min_value=1, max_value=10, widget=forms.HiddenInput)
    expected_assignee = forms.IntegerField(required=False, widget=forms.HiddenInput)


class GiveForm(HandForm):
    assignee = forms.IntegerField(label="Giao cho", widget=forms.Select)


class LeaseForm(forms.Form):
    expected_state = forms.IntegerField(min_value=1, max_value=10, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    expected_state = forms.IntegerField(min_value=1, max_value=10, widget=forms.HiddenInput)
    text = forms.CharField(
        label="Ghi chú (người nộp không xem được)",
        max_length=notes.MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    everywhere = forms.BooleanField(
        label="Cho mọi cơ quan của hồ sơ, không chỉ cơ quan ta", required=False
    )


class ReplyForm(forms.Form):
    text = forms.CharField(
        label="Trả lời", max_length=talk.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 2})
    )


class NothingForm(forms.Form):
    """An act that says everything by its name."""


def take(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Make a dossier one's own work."""
    seat = Seat.objects.get(user_id=officer_id)
    work.assign(officer_id=officer_id, dossier_id=dossier_id, assignee=seat.pk, now=now, **data)
    return "Đã nhận phụ trách hồ sơ."


def release(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Give a dossier back to the queue."""
    work.assign(officer_id=officer_id, dossier_id=dossier_id, assignee=None, now=now, **data)
    return "Đã trả hồ sơ về hàng đợi."


def give(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Give a dossier to a colleague."""
    work.assign(officer_id=officer_id, dossier_id=dossier_id, now=now, **data)
    return "Đã giao hồ sơ."


def note(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Write an internal note, for one's own agency or for every agency of the dossier."""
    everywhere = data.pop("everywhere")
    audience = Note.Audience.DOSSIER if everywhere else Note.Audience.AGENCY
    notes.write(officer_id=officer_id, dossier_id=dossier_id, audience=audience, now=now, **data)
    return "Đã ghi chú nội bộ."


def reply(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Write to the citizen."""
    talk.reply(officer_id=officer_id, dossier_id=dossier_id, file_ids=(), now=now, **data)
    return "Đã gửi tin cho người nộp hồ sơ."


def open_it(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Have a dossier open for oneself."""
    work.open_lease(officer_id=officer_id, dossier_id=dossier_id, take_over=False, now=now, **data)
    return "Bạn đang mở hồ sơ này."


def take_over(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Take a dossier over from whoever has it open."""
    work.open_lease(officer_id=officer_id, dossier_id=dossier_id, take_over=True, now=now, **data)
    return "Bạn đã tiếp quản hồ sơ này; việc này được ghi lại."


def close_it(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
    """Let others in."""
    work.close_lease(officer_id=officer_id, dossier_id=dossier_id, now=now, **data)
    return "Đã đóng hồ sơ cho người khác làm."


def reported(outcome: str) -> "Act":
    """Return the act of noting what the post did with a result."""

    def act(officer_id: str, dossier_id: str, data: dict[str, Any], now: datetime) -> str:
        processing.report_delivery(
            officer_id=officer_id, dossier_id=dossier_id, outcome=outcome, now=now
        )
        return "Đã ghi nhận báo cáo của bưu chính."

    return act


Act = Callable[[str, str, dict[str, Any], datetime], str]
ACTS: dict[str, tuple[type[forms.Form], Act]] = {
    "take": (HandForm, take),
    "release": (HandForm, release),
    "give": (GiveForm, give),
    "open": (LeaseForm, open_it),
    "take_over": (LeaseForm, take_over),
    "close": (LeaseForm, close_it),
    "note": (NoteForm, note),
    "reply": (ReplyForm, reply),
    "delivered": (NothingForm, reported("delivered")),
    "sent_back": (NothingForm, reported("sent_back")),
}
