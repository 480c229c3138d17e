"""The page of one dossier: what the agency's part shows, and what the officer may do now."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse

from common import clock
from common.errors import NotFound, Refusal
from dossiers import desk_moves, desk_queue, desk_site, desk_work
from dossiers.actions import clock as promises
from dossiers.actions import desk as looking
from dossiers.actions import papers as drawing
from dossiers.actions import processing, work
from dossiers.desk_labels import (
    CHANNELS,
    DELIVERED,
    DELIVERY,
    OPINIONS,
    PROOFS,
    SCANS,
    STANCES,
    TAKERS,
    WAYS,
)
from dossiers.desk_site import Page
from dossiers.models import (
    Dossier,
    DossierMessage,
    Seat,
)
from dossiers.queries import counter, desk, mine, offices, opinions
from dossiers.queries.promises import history
from dossiers.rules import deadlines, paper_words, states, words
from dossiers.rules.paper_words import short_text
from dossiers.rules.seats import Role
from dossiers.rules.states import State
from dossiers.rules.views import Part
from payments import queries as payments
from payments.queries import dues as bills
from services import queries as services

SHOWN = 20
Bound = Mapping[str, Any]


class ExtensionForm(forms.Form):
    expected_due_at = forms.DateTimeField(widget=forms.HiddenInput)  # ISO 8601 with its offset
    new_due_on = forms.DateField(
        label="Ngày hẹn mới",
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label="Lý do", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


def back(dossier_id: str) -> HttpResponse:
    """Return the way to the page of a dossier."""
    return desk_site.go("dossiers_dossier_change", quote(dossier_id))


def page(
    request: HttpRequest, dossier_id: str, bound: Bound | None = None, *, status: int = 200
) -> HttpResponse:
    """Show a dossier of the officer's agency; the look leaves its row.

    Shape: bound holds forms that were posted and refused, by name, so that nothing typed is lost.
    """
    seat = desk_site.seat_of(request)
    try:
        row = desk.dossier(seat, dossier_id)
    except (NotFound, offices.NoDossierRole):
        desk_site.refuse(request, "Không tìm thấy hồ sơ này ở cơ quan của bạn.")
        return desk_site.go("dossiers_dossier_changelist")
    looking.shown(seat=seat, dossier=row, now=clock.now(), what="dossier:read at the desk")
    context = sheet(seat, row, bound or {})
    return desk_site.show(request, "dossier", row.code, context, status=status)


def sheet(seat: Seat, row: Dossier, bound: Bound) -> dict[str, Any]:
    """Return everything that the page of a dossier shows."""
    shown = offices.parts(seat, row)
    dues = payments.status_of([row.id]).get(row.id) if Part.MONEY in shown else None
    fee_open = dues is not None and dues.open
    offered = desk_moves.offered(seat, row)
    chosen = desk_moves.options(row, offered, fee_open=fee_open)
    extension = desk.extension(seat, row, clock.now())
    return {
        "row": row,
        "state": states.NAMES[State(row.state)].vi,
        "late": deadlines.is_late(
            State(row.state), row.due_at, row.finished_at, clock.now(), row.missed_at
        ),
        "channel": CHANNELS[row.channel],
        "dues": dues,
        "owed": paper_words.dong(dues.owed_vnd - dues.paid_vnd) if dues else "",
        "fee_open": fee_open,
        "takes": _takes(seat, row) if fee_open else [],
        "fee": paper_words.fee_text(row.fee_quote) if Part.MONEY in shown else "",
        "answers": answers(row),
        "files": [(one, SCANS.get(one.file.verdict, "")) for one in row.attachments.all()],
        "handed_in": counter.handed_in(row) if Part.PAPERS in shown else [],
        "documents": row.documents.all(),
        "events": [
            (short_text(event.at), _told(event), event.actor_label, event.reason)
            for event in row.timeline.all()
        ],
        "promises": [
            (short_text(one.at), short_text(one.due) if one.due else "tạm dừng")
            for one in history(row.timeline.all())
        ],
        "proposal": _proposal(row),
        "moves": [
            bound.get(f"move-{name}") or desk_moves.sheet_of(name, chosen)
            for name in offered
            if name != "propose"
        ],
        "proposes": "propose" in offered,
        "asks": opinions.may_ask(seat, row),
        "opinions": _opinions(seat, row),
        "due_at": row.due_at.isoformat() if row.due_at else "",
        **extension,
        "extension": bound.get("extend") or ExtensionForm(auto_id="extend_%s"),
        **_delivery(seat, row, shown),
        **_hands(seat, row, bound),
        **_said(seat, row, shown, bound),
    }


def _takes(seat: Seat, row: Dossier) -> list[tuple[str, str, str]]:
    """Return what the cashier's own agency may take for a dossier now."""
    if Role.CASHIER not in seat.roles:
        return []
    return [
        (due.id, due.title, paper_words.dong(due.amount_vnd))
        for due in bills.desk(references=[row.id])
        if due.state == "owed" and due.agency_code == seat.agency_id
    ]


def answers(row: Any) -> list[tuple[str, str]]:
    """Return what the form says, as a person would write it."""
    form = services.form(row.form_id) if row.form_id else None
    fields = form.schema.get("properties", {}) if form else {}
    wards = drawing.ward_names(list(row.answers.values()))
    return [
        (str(fields[name].get("title", name)), paper_words.answer_text(value, fields[name], wards))
        for name, value in row.answers.items()
        if name in fields
    ]


def _told(event: Any) -> str:
    told = words.about(event.move, code="", office=event.told_office or event.actor_label, due="")
    return " ".join(told.title_vi.split())


def _proposal(row: Dossier) -> dict[str, Any] | None:
    if not row.proposal:
        return None
    said = row.proposal.get("paragraphs") or [row.proposal["text"]]
    return {
        "title": row.proposal.get("title", ""),
        "rejects": row.proposal.get("kind") == "reject",
        "number": row.proposal["number"],
        "paragraphs": said,
    }


def _opinions(seat: Seat, row: Dossier) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        {
            "row": one,
            "state": OPINIONS[one.state],
            "late": one.state == "open" and one.due_at < now,
            "stance": STANCES.get(one.stance, ""),
            "asked": short_text(one.asked_at),
            "due": short_text(one.due_at),
            "may_withdraw": opinions.may_withdraw(seat, one),
        }
        for one in opinions.asked_on(row.id).order_by("asked_at", "id")
    ]


def _delivery(seat: Seat, row: Dossier, shown: frozenset[Part]) -> dict[str, Any]:
    """Return how the result goes back and what became of it, for whoever hands it over."""
    delivery = getattr(row, "delivery", None)
    if delivery is None or Part.SLIPS not in shown:
        return {"delivery": None}
    return {
        "delivery": delivery,
        "way": WAYS[delivery.way],
        "delivery_state": DELIVERY[delivery.state],
        "on_its_way": delivery.way == "post"
        and delivery.state == "sent"
        and "reception" in {str(one) for one in offices.may_act(seat, row)},
        "delivered": [
            (
                short_text(one.at),
                DELIVERED[one.kind],
                TAKERS.get(one.taken_by, ""),
                one.taker_name,
                PROOFS.get(one.proof, ""),
                one.tracking_number,
            )
            for one in mine.delivery_events(row.id)
        ],
    }


def _hands(seat: Seat, row: Dossier, bound: Bound) -> dict[str, Any]:
    """Return whose work it is, who has it open, and to whom it may be given."""
    current, lease, now = desk_queue.holder(row), getattr(row, "lease", None), clock.now()
    works = bool(work.WORKERS & offices.roles(seat))
    running = lease is not None and lease.until > now
    gives: Any = None
    if work.GIVERS & offices.roles(seat):
        gives = bound.get("act-give") or desk_work.GiveForm(auto_id="give_%s")
        gives.fields["assignee"].widget.choices = desk_queue.titles(seat)
    return {
        "works": works,
        "holder": current.title if current else "",
        "holder_id": current.pk if current else "",
        "mine": current is not None and current.pk == seat.pk,
        "give": gives,
        "lease": lease if running else None,
        "lease_until": short_text(lease.until) if running and lease else "",
        "lease_mine": running and lease is not None and lease.seat_id == seat.pk,
    }


def _said(seat: Seat, row: Dossier, shown: frozenset[Part], bound: Bound) -> dict[str, Any]:
    """Return the newest notes and messages, and the forms to write one."""
    speaks = Part.TIMELINE in shown
    said = DossierMessage.objects.filter(dossier=row).order_by("-seq")[:SHOWN] if speaks else []
    found = opinions.notes_on(seat, row.id).order_by("-at", "-id")[:SHOWN]
    return {
        "speaks": speaks,
        "notes": [(short_text(one.at), one.seat.title, one.text) for one in found],
        "messages_said": [(short_text(one.at), one.author_label, one.text) for one in said],
        "note": bound.get("act-note") or desk_work.NoteForm(auto_id="note_%s"),
        "reply": bound.get("act-reply") or desk_work.ReplyForm(auto_id="reply_%s"),
    }


def make_move(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Make one move and show the dossier again, or say why not and keep what was typed."""
    name = request.POST.get("move", "")
    if request.method != "POST" or name not in desk_moves.FIELDS:
        desk_site.refuse(request, "Yêu cầu không hợp lệ.")
        return back(dossier_id)
    seat = desk_site.seat_of(request)
    row = desk.dossier(seat, dossier_id)
    chosen = desk_moves.options(row, [name, *desk_moves.offered(seat, row)], fee_open=False)
    told = desk_moves.sheet_of(name, chosen, request.POST)
    bound = {f"move-{name}": told}
    if not told.is_valid():
        faults = [desk_site.form_words(told.form), *told.faults()]
        desk_site.refuse(request, " ".join(faults))
        return page(request, dossier_id, bound, status=400)
    try:
        processing.act(
            officer_id=str(request.user.pk),
            dossier_id=dossier_id,
            act=told.act(),
            now=clock.now(),
        )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return page(request, dossier_id, bound, status=desk_site.status_of(refusal))
    desk_site.done(request, f"Đã thực hiện: {told.label}.")
    if not offices.visible(seat).filter(id=dossier_id).exists():
        return desk_site.go("dossiers_dossier_changelist")  # it went to another agency
    return back(dossier_id)


def do(request: HttpRequest, dossier_id: str, name: str) -> HttpResponse:
    """Take, give, release, note, reply, report; and show the dossier again, or say why not."""
    shape, act = desk_work.ACTS.get(name, (None, None))
    if request.method != "POST" or shape is None or act is None:
        desk_site.refuse(request, "Yêu cầu không hợp lệ.")
        return back(dossier_id)
    form = shape(request.POST, auto_id=f"{name}_%s")
    if not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        return page(request, dossier_id, {f"act-{name}": form}, status=400)
    try:
        told = act(str(request.user.pk), dossier_id, dict(form.cleaned_data), clock.now())
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return page(request, dossier_id, {f"act-{name}": form}, status=desk_site.status_of(refusal))
    desk_site.done(request, told)
    return back(dossier_id)


def extend(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Extend the promise once, or say why not."""
    form = ExtensionForm(request.POST, auto_id="extend_%s")
    if request.method != "POST" or not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        return page(request, dossier_id, {"extend": form}, status=400)
    try:
        promises.extend(
            officer_id=str(request.user.pk),
            dossier_id=dossier_id,
            now=clock.now(),
            **form.cleaned_data,
        )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return page(request, dossier_id, {"extend": form}, status=desk_site.status_of(refusal))
    desk_site.done(request, "Đã gia hạn; văn bản xin lỗi được gửi cho người nộp hồ sơ.")
    return back(dossier_id)


BASE = "dossiers/dossier/<str:dossier_id>"
PAGES = (
    Page(f"{BASE}/move/", "dossiers_dossier_move", make_move),
    Page(f"{BASE}/extend/", "dossiers_dossier_extend", extend),
    Page(f"{BASE}/act/<str:name>/", "dossiers_dossier_act", do),
)
