"""Files and papers that leave the desk's pages; each reading leaves the row that the API leaves.

What somebody uploaded is only ever an attachment that no browser renders. What this system drew
itself may open in the browser, to be read before it is signed and to be printed.
"""

import hashlib
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from common import clock, files
from common.errors import NotFound
from common.models import StoredFile
from dossiers import desk_dossier, desk_site
from dossiers.actions import desk as looking
from dossiers.actions import desk_papers, links
from dossiers.desk_site import Page
from dossiers.models import Opinion
from dossiers.queries import desk
from dossiers.queries import opinions as asked


def attached(stored: StoredFile, name: str) -> HttpResponse:
    """Return a file that somebody sent, to be saved. Errors: FileNotScanned; FileInfected."""
    response = HttpResponse(files.read(stored), content_type=stored.media_type)
    plain = f"tep.{files.extension(stored.media_type)}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return _private(response, stored.sha256)


def drawn(data: bytes, name: str) -> HttpResponse:
    """Return a PDF of our own, to be read in the browser and printed from there."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name, safe='')}.pdf"
    response["Content-Security-Policy"] = "frame-ancestors 'none'"
    return _private(response, hashlib.sha256(data).hexdigest())


def _private(response: HttpResponse, digest: str) -> HttpResponse:
    response["ETag"] = f'"{digest}"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response


def attachment(request: HttpRequest, dossier_id: str, attachment_id: str) -> HttpResponse:
    """Download a file of a dossier."""
    opened = links.officer_file(
        user_id=str(request.user.pk),
        dossier_id=dossier_id,
        attachment_id=attachment_id,
        now=clock.now(),
    )
    return attached(opened.file, opened.name)


def document(request: HttpRequest, dossier_id: str, document_id: str) -> HttpResponse:
    """Open a paper that was issued: a slip to print, a letter, the result."""
    stored, title = desk_papers.issued(
        officer_id=str(request.user.pk),
        dossier_id=dossier_id,
        document_id=document_id,
        now=clock.now(),
    )
    return drawn(files.read(stored), title)


def proposal(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Open what signing would issue now."""
    seat = desk_site.seat_of(request)
    row = desk.dossier(seat, dossier_id)
    data = desk_papers.proposal(seat=seat, dossier=row, now=clock.now())
    return drawn(data, f"du-thao-{row.code}")


def control_slip(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Open form 06."""
    seat = desk_site.seat_of(request)
    row = desk.dossier(seat, dossier_id)
    data = desk_papers.control_slip(seat=seat, dossier=row, now=clock.now())
    return drawn(data, f"phieu-kiem-soat-{row.code}")


def opinion_file(request: HttpRequest, opinion_id: str) -> HttpResponse:
    """Download the file of an answer: the agencies of the dossier once it is answered."""
    seat = desk_site.seat_of(request)
    row = asked.one(seat, opinion_id)
    sent = row.state == Opinion.State.ANSWERED or row.asked_agency_id == seat.agency_id
    if row.file is None or not sent:
        raise NotFound
    files.refuse_unread(row.file)
    looking.shown(seat=seat, dossier=row.dossier, now=clock.now(), what="opinion:file")
    return attached(row.file, row.file_name)


def shared_file(request: HttpRequest, opinion_id: str, attachment_id: str) -> HttpResponse:
    """Download a file that is shared with the asked agency."""
    seat = desk_site.seat_of(request)
    row = asked.one(seat, opinion_id)
    chosen = next((one for one in asked.shown_files(row) if one.id == attachment_id), None)
    if chosen is None:
        raise NotFound
    files.refuse_unread(chosen.file)
    looking.shown(seat=seat, dossier=row.dossier, now=clock.now(), what=f"file:{chosen.paper_key}")
    return attached(chosen.file, chosen.file_name)


BASE = desk_dossier.BASE
PAGES = (
    Page(f"{BASE}/files/<str:attachment_id>/", "desk_file", attachment),
    Page(f"{BASE}/papers/<str:document_id>/", "desk_document", document),
    Page(f"{BASE}/proposal.pdf", "desk_proposal", proposal),
    Page(f"{BASE}/control-slip.pdf", "desk_control_slip", control_slip),
    Page("opinions/<str:opinion_id>/file/", "desk_opinion_file", opinion_file),
    Page("opinions/<str:opinion_id>/files/<str:attachment_id>/", "desk_shared_file", shared_file),
)
