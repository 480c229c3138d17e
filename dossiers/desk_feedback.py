"""Questions, feedback and petitions on the desk's pages: due first, their thread, the replies."""

from typing import Any

from django import forms
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from dossiers import desk_site
from dossiers.actions import feedback
from dossiers.actions.feedback import MAX_TEXT, Reply
from dossiers.desk_labels import FEEDBACK_KINDS, FEEDBACK_MOVES
from dossiers.desk_pages import piece
from dossiers.desk_site import Link, Page
from dossiers.models import Feedback, Seat
from dossiers.queries import calendar, offices, talk
from dossiers.queries import feedback as reads
from dossiers.rules import feedback as rules
from dossiers.rules.feedback import State, Step
from dossiers.rules.paper_words import short_text

OWED = "owed"  # the office owes its next word: an answer, or its publication
TABS = (
    (OWED, "Cần xử lý"),
    *((str(state), rules.NAMES[state][0]) for state in State),
    ("all", "Tất cả"),
)
HINTS = {
    "refuse": "Nêu lý do không xử lý.",
    "ask": "Người gửi bổ sung; trong lúc chờ thời hạn tạm dừng.",
    "answer": "Người gửi đọc được ngay.",
    "publish": "Mọi người đọc được: không nêu tên, địa chỉ hay điều gì về người gửi.",
}
BUTTONS = {**FEEDBACK_MOVES, "answer": "Gửi trả lời"}


class SayForm(forms.Form):
    expected_state = forms.CharField(max_length=20, widget=forms.HiddenInput)
    text = forms.CharField(
        label="Nội dung", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


class PublishForm(forms.Form):
    expected_state = forms.CharField(max_length=20, widget=forms.HiddenInput)
    public_question = forms.CharField(
        label="Câu hỏi công khai", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    public_answer = forms.CharField(
        label="Trả lời công khai", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


# What is done most comes first.
ORDER = ("answer", "publish", "ask", "refuse")
FORMS: dict[str, type[forms.Form]] = {
    name: PublishForm if name == "publish" else SayForm for name in rules.OFFICE_MOVES
}


def may_read(seat: Seat) -> bool:
    """Return whether a seat reads what its agency was asked."""
    return not reads.READERS.isdisjoint(seat.roles)


def listed(request: HttpRequest) -> HttpResponse:
    """Show what the agency was asked or told, what is due first."""
    seat, now = reads.reader(str(request.user.pk)), desk_site.now()
    wanted = request.GET.get("state", OWED)
    rows = reads.of_agency(seat)
    if wanted == OWED:
        rows = rows.filter(next_due_at__isnull=False)
    elif wanted != "all":
        rows = rows.filter(state=wanted[:20].replace("\x00", ""))
    found = piece(request, rows, F("next_due_at").asc(nulls_last=True), "sent_at", "id")
    feedback.list_shown(seat=seat, rows=found.rows, now=now)
    context = {
        "rows": [
            {
                "row": row,
                "kind": FEEDBACK_KINDS[row.kind],
                "state": rules.NAMES[State(row.state)][0].lower(),
                "sent": short_text(row.sent_at),
                "due": short_text(row.next_due_at),
                "late": row.next_due_at is not None and row.next_due_at < now,
            }
            for row in found.rows
        ],
        "piece": found,
        "offered": TABS,
        "wanted": wanted,
        "talks": desk_site.reads(desk_site.seat_of(request)),
    }
    return desk_site.show(request, "feedback_list", "Hỏi đáp, phản ánh, kiến nghị", context)


def talks(request: HttpRequest) -> HttpResponse:
    """Show the dossiers whose citizens wait for an answer; the answer is written there."""
    seat = desk_site.seat_of(request)
    found = piece(request, talk.waiting(seat), "waiting_since", "dossier_id")
    context = {
        "rows": [(row, short_text(row.waiting_since)) for row in found.rows],
        "piece": found,
        "offered": TABS if may_read(seat) else (),
    }
    return desk_site.show(request, "talks", "Tin nhắn chờ trả lời", context)


def detail(request: HttpRequest, feedback_id: str) -> HttpResponse:
    """Show every step, and what the office may do now; it leaves a row for the sender."""
    return _detail(request, feedback_id)


def _detail(
    request: HttpRequest,
    feedback_id: str,
    tried: tuple[str, forms.Form] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    now = desk_site.now()
    row = feedback.read(officer_id=str(request.user.pk), feedback_id=feedback_id, now=now)
    seat = desk_site.seat_of(request)
    steps = sorted(row.events.all(), key=lambda one: one.seq)
    sees_dossier = bool(
        row.dossier_id
        and desk_site.reads(seat)
        and offices.visible(seat).filter(id=row.dossier_id).exists()
    )
    context = {
        "feedback": row,
        "kind": FEEDBACK_KINDS[row.kind],
        "state": rules.NAMES[State(row.state)][0],
        "due": short_text(row.next_due_at),
        "late": row.next_due_at is not None and row.next_due_at < now,
        "sees_dossier": sees_dossier,
        "steps": [
            {
                "step": one,
                "words": FEEDBACK_MOVES[one.move],
                "at": short_text(one.at),
                "late": one.due_at is not None and one.at > one.due_at,
            }
            for one in steps
        ],
        "moves": _moves(row, tried) if offices.roles(seat) & talk.WORKING_ROLES else [],
        "liked": {True: "không hài lòng", False: "hài lòng"}.get(row.disliked),  # type: ignore[arg-type]
    }
    return desk_site.show(request, "feedback", row.subject, context, status=status)


def move(request: HttpRequest, feedback_id: str, name: str) -> HttpResponse:
    """Refuse, ask for more, answer or publish."""
    if name not in FORMS:
        desk_site.refuse(request, "Yêu cầu không hợp lệ.")
        return _detail(request, feedback_id, status=400)
    form = FORMS[name](request.POST, auto_id=f"{name}_%s")

    def act(values: dict[str, Any]) -> str:
        feedback.act(
            officer_id=str(request.user.pk),
            feedback_id=feedback_id,
            reply=Reply(move=name, **values),
            now=desk_site.now(),
        )
        return f"Đã thực hiện: {FEEDBACK_MOVES[name]}."

    status = desk_site.attempt(request, form, act)
    if status is None:
        return desk_site.go("desk_feedback", feedback_id)
    return _detail(request, feedback_id, (name, form), status=status)


def _moves(row: Feedback, tried: tuple[str, forms.Form] | None) -> list[dict[str, Any]]:
    """Return the office's moves from this state, each with its form and its limit."""
    past = [Step(one.move, one.at) for one in sorted(row.events.all(), key=lambda one: one.seq)]
    days = calendar.working()
    found = []
    for edge in rules.EDGES:
        if edge.by != rules.By.OFFICE or edge.start != row.state:
            continue
        typed = tried[1] if tried and tried[0] == edge.move else None
        due = short_text(rules.limit_of(edge.move, past, days))
        found.append(
            {
                "name": edge.move,
                "label": FEEDBACK_MOVES[edge.move],
                "button": BUTTONS[edge.move],
                "hint": f"{HINTS[edge.move]} Hạn: {due}." if due else HINTS[edge.move],
                "form": typed or FORMS[edge.move](auto_id=f"{edge.move}_%s"),
            }
        )
    return sorted(found, key=lambda one: ORDER.index(one["name"]))


PAGES = (
    Page("feedback/", "desk_feedback_list", listed),
    Page("feedback/talks/", "desk_talks", talks),
    Page("feedback/one/<str:feedback_id>/", "desk_feedback", detail),
    Page("feedback/one/<str:feedback_id>/<str:name>/", "desk_feedback_move", move),
)
LINKS = (Link("Hỏi đáp, phản ánh", "admin:desk_feedback_list", may_read),)
