"""Paper at the counter as pages: whose it is, the form, what lies there, how it goes back, filed.

Each step saves the whole step into the file that the agency's reception shares. A step that was
refused is shown again with what was typed and what is wrong.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from common import clock, ids
from common.errors import FieldError, Refusal
from dossiers import desk_counter_steps as steps
from dossiers import desk_dossier, desk_forms, desk_site
from dossiers.actions import counter, counter_filing
from dossiers.desk_labels import CHANNELS
from dossiers.desk_site import Link, Page
from dossiers.models import CounterFile
from dossiers.queries import counter as reads
from dossiers.rules import deadlines, limits
from dossiers.rules.paper_words import short_text
from dossiers.rules.seats import Role
from services import queries as services

SHOWN = 20


def _officer(request: HttpRequest) -> str:
    return str(request.user.pk)


def listed(request: HttpRequest) -> HttpResponse:
    """Show the paper being entered at this agency, and look for a service to begin with."""
    seat = counter.reception_seat(_officer(request), now=clock.now())
    rows = list(reads.files(seat).order_by("-updated_at", "-id"))
    counter.list_shown(seat=seat, rows=rows, now=clock.now())
    q = request.GET.get("q", "")[:200]
    found: Any = []
    if q.strip():
        day = deadlines.local_day(clock.now())
        matching: Any = services.search(q, on=day)
        found = matching.order_by("rank", "procedure_id")[:SHOWN]
    context = {
        "q": q,
        "services": [(row.procedure_id, row.name_vi, row.has_form) for row in found],
        "rows": [
            (row, row.person.get("full_name", ""), short_text(row.updated_at)) for row in rows
        ],
    }
    return desk_site.show(request, "counter", "Tiếp nhận tại quầy", context)


def begin(request: HttpRequest, service_code: str) -> HttpResponse:
    """Begin a file: which service is known, whose paper it is is asked."""
    seat = counter.reception_seat(_officer(request), now=clock.now())
    service = services.version_on(service_code, deadlines.local_day(clock.now()))
    form = steps.OpenForm(
        request.POST if request.method == "POST" else None,
        auto_id="begin_%s",
        initial={"receiving_agency": seat.agency_id},
    )
    steps.receivers(form, service_code)
    status = 200
    if request.method == "POST" and not form.is_valid():
        desk_site.refuse(request, desk_site.form_words(form))
        status = 400
    elif request.method == "POST":
        data = form.cleaned_data
        try:
            row = counter.open_file(
                officer_id=_officer(request),
                channel=data["channel"],
                service_code=service_code,
                person=steps.person_of(data),
                receiving_agency=data["receiving_agency"],
                tracking_number=data["tracking_number"],
                arrived_on=data["arrived_on"],
                now=clock.now(),
            )
        except Refusal as refusal:
            desk_site.refuse(request, desk_site.words_of(refusal))
            status = refusal.status
        else:
            return _step(row, "answers" if row.form_id else "papers")
    context = {"service": service, "form": form}
    return desk_site.show(request, "counter_begin", service.name_vi, context, status=status)


def _step(row: CounterFile, step: str) -> HttpResponse:
    return desk_site.go("desk_counter_step", row.id, step)


def overview(request: HttpRequest, file_id: str) -> HttpResponse:
    """Go to where a file is: its last step, or the dossier that it became."""
    row = reads.file(counter.reception_seat(_officer(request), now=clock.now()), file_id)
    if row.dossier_id:
        return desk_dossier.back(row.dossier_id)
    return _step(row, "filing")


def step(request: HttpRequest, file_id: str, step: str) -> HttpResponse:
    """Show one step of a file, or save it and go on to the next."""
    if request.method == "POST" and step in steps.SAVED:
        return _save(request, file_id, step)
    return _shown(request, file_id, step)


def _shown(
    request: HttpRequest,
    file_id: str,
    step: str,
    *,
    form: forms.Form | None = None,
    typed: dict[str, Any] | None = None,
    errors: tuple[FieldError, ...] = (),
    status: int = 200,
) -> HttpResponse:
    row = counter.look(officer_id=_officer(request), file_id=file_id, now=clock.now())
    if row.dossier_id:
        return desk_dossier.back(row.dossier_id)
    if step not in steps.STEPS:
        return _step(row, "filing")
    context = {
        "file": row,
        "step": step,
        "steps": [
            (key, words) for key, words in steps.STEPS.items() if key != "answers" or row.form_id
        ],
        "channel": CHANNELS[row.channel],
        "name": row.person["full_name"],
        "errors": errors,
        **steps.SHOWING[step](row, form, typed, errors),
    }
    title = f"{steps.STEPS[step]} · {row.service_code}"
    return desk_site.show(request, "counter_file", title, context, status=status)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _save(request: HttpRequest, file_id: str, step: str) -> HttpResponse:
    """Save one step; on a refusal show it again with what was typed."""
    seat = counter.reception_seat(_officer(request), now=clock.now())
    row = reads.file(seat, file_id)
    form, typed = None, None
    try:
        if step == "answers" and row.form_id:
            typed = desk_forms.read(services.form(row.form_id), request.POST.dict())
            changes: dict[str, Any] = {"answers": typed}
        elif step == "papers":
            changes = {"papers": steps.papers_of(row, request)}
        else:
            form = steps.bound(row, step, request)
            if not form.is_valid():
                desk_site.refuse(request, desk_site.form_words(form))
                return _shown(request, file_id, step, form=form, status=400)
            changes = steps.changes_of(step, form)
        counter.save(
            officer_id=_officer(request),
            file_id=file_id,
            expected_version=_version(request),
            changes=changes,
            now=clock.now(),
        )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return _shown(
            request,
            file_id,
            step,
            form=form,
            typed=typed,
            errors=refusal.errors,
            status=refusal.status,
        )
    if request.POST.get("stay"):
        return _step(row, step)
    keys = [key for key in steps.STEPS if key != "answers" or row.form_id]
    return _step(row, keys[keys.index(step) + 1])


def scan(request: HttpRequest, file_id: str) -> HttpResponse:
    """Add scans of one paper; the same form sent again adds nothing."""
    uploads: Any = request.FILES.getlist("file") if request.method == "POST" else []
    if not uploads:
        desk_site.refuse(request, "Chưa chọn tệp nào.")
        return desk_site.go("desk_counter_step", file_id, "papers")
    key = request.POST.get("key", "")[:100] or ids.unguessable()
    try:
        for number, upload in enumerate(uploads):
            counter.scan(
                officer_id=_officer(request),
                file_id=file_id,
                client_key=f"{key}-{number}",
                paper_key=request.POST.get("paper_key", "")[:200],
                file_name=str(upload.name),
                data=upload.read(limits.MAX_FILE_BYTES + 1),
                now=clock.now(),
            )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return _shown(request, file_id, "papers", status=refusal.status)
    desk_site.done(request, f"Đã thêm {len(uploads)} tệp.")
    return desk_site.go("desk_counter_step", file_id, "papers")


def unscan(request: HttpRequest, file_id: str, scan_id: str) -> HttpResponse:
    """Take a scan off a file."""
    return _act(
        request,
        file_id,
        "papers",
        lambda: counter.unscan(
            officer_id=_officer(request),
            file_id=file_id,
            scan_id=scan_id,
            expected_version=_version(request),
            now=clock.now(),
        ),
        "Đã bỏ tệp.",
    )


def discard(request: HttpRequest, file_id: str) -> HttpResponse:
    """Throw a file away, with what it says of the person."""
    answer = _act(
        request,
        file_id,
        "filing",
        lambda: counter.discard(
            officer_id=_officer(request),
            file_id=file_id,
            expected_version=_version(request),
            now=clock.now(),
        ),
        "Đã hủy hồ sơ giấy; thông tin của người nộp được xóa.",
    )
    return desk_site.go("desk_counter") if answer.status_code == 302 else answer


def _act(
    request: HttpRequest, file_id: str, step: str, call: Callable[[], None], words: str
) -> HttpResponse:
    if request.method != "POST":
        return desk_site.go("desk_counter_step", file_id, step)
    try:
        call()
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        return _shown(request, file_id, step, status=refusal.status)
    desk_site.done(request, words)
    return desk_site.go("desk_counter_step", file_id, step)


def file(request: HttpRequest, file_id: str) -> HttpResponse:
    """File what was entered and go to its dossier, or say what is missing and where."""
    if request.method != "POST":
        return desk_site.go("desk_counter_step", file_id, "filing")
    try:
        dossier = counter_filing.file(
            officer_id=_officer(request),
            file_id=file_id,
            expected_version=_version(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        desk_site.refuse(request, desk_site.words_of(refusal))
        inside = any(one.pointer.startswith("/answers/") for one in refusal.errors)
        return _shown(
            request,
            file_id,
            "answers" if inside else "filing",
            errors=refusal.errors,
            status=refusal.status,
        )
    desk_site.done(request, f"Đã nộp hồ sơ {dossier.code}. In giấy tờ ở mục “Văn bản đã lập”.")
    return desk_dossier.back(dossier.id)


PAGES = (
    Page("counter/", "desk_counter", listed),
    Page("counter/new/<str:service_code>/", "desk_counter_begin", begin),
    Page("counter/<str:file_id>/", "desk_counter_file", overview),
    Page("counter/<str:file_id>/scans/", "desk_counter_scan", scan),
    Page("counter/<str:file_id>/scans/<str:scan_id>/", "desk_counter_unscan", unscan),
    Page("counter/<str:file_id>/discard/", "desk_counter_discard", discard),
    Page("counter/<str:file_id>/file/", "desk_counter_filing", file),
    Page("counter/<str:file_id>/<str:step>/", "desk_counter_step", step),
)
LINKS = (Link("Tiếp nhận tại quầy", "admin:desk_counter", desk_site.has(Role.RECEPTION)),)
