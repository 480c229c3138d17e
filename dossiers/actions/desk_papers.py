"""Papers made on demand for officers: form 06, form 07, and the proposal before it is signed.

They are drawn from stored facts and not kept; papers that were issued are read here too. Each
leaves its rows in the access logs of the persons it shows.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from common.errors import FieldError, Invalid, NotFound, Refusal
from common.models import StoredFile
from dossiers.actions import decisions, desk, papers
from dossiers.actions.moves import NothingProposed
from dossiers.models import Dossier, Seat
from dossiers.queries import desk as seen
from dossiers.queries import offices
from dossiers.queries import papers as reads
from dossiers.rules import paper_words as words
from dossiers.rules import papers as rules
from dossiers.rules import states
from dossiers.rules import words as told
from dossiers.rules.calendar import HCM
from dossiers.rules.states import State

MAX_BOOK_DAYS = 92
MAX_BOOK_ROWS = 1000


class BookTooLong(Refusal):
    code = "book_too_long"
    status = 422
    title_vi = "Sổ có quá nhiều hồ sơ: hãy chọn ít ngày hơn"
    title_en = "The book is too long: choose fewer days"
    detail_vi = "Mỗi sổ có tối đa {limit_rows} hồ sơ."
    detail_en = "A book holds {limit_rows} dossiers at most."
    members = ("limit_rows",)


def control_slip(*, seat: Seat, dossier: Dossier, now: datetime) -> bytes:
    """Return form 06 of a dossier whose timeline the seat sees. Errors: NotFound."""
    events = sorted(dossier.timeline.all(), key=lambda one: one.seq)
    if not events:
        raise NotFound
    desk.shown(seat=seat, dossier=dossier, now=now, what="paper:control_slip")
    until = events[-1].at
    content = {
        **papers.common_content(dossier, by_competent=False, at=until),
        "title": rules.CONTROL_SLIP.title_vi,
        "form_number": rules.CONTROL_SLIP.form_number,
        "number": dossier.code,
        "state": states.NAMES[State(dossier.state)].vi,
        "until": words.clock_text(until),
        "steps": [_step(one) for one in rules.steps(events)],
    }
    return papers.draw(rules.CONTROL_SLIP.template, content, at=until)


def dossier_book(*, seat: Seat, start: date, end: date, now: datetime) -> bytes:
    """Return form 07: what the agency of the seat received from `start` to the end of `end`.

    Errors: Invalid for a range that is none or too long; BookTooLong.
    """
    if end < start or (end - start).days >= MAX_BOOK_DAYS:
        raise Invalid(
            errors=[
                FieldError(
                    "range",
                    "to",
                    f"Từ 1 đến {MAX_BOOK_DAYS} ngày, ngày cuối không trước ngày đầu",
                    f"1 to {MAX_BOOK_DAYS} days, the last not before the first",
                    pointer="",
                )
            ]
        )
    begins = datetime.combine(start, time(), HCM)
    ends = datetime.combine(end + timedelta(days=1), time(), HCM)
    rows = reads.received(seat, start=begins, end=ends, limit=MAX_BOOK_ROWS + 1)
    if len(rows) > MAX_BOOK_ROWS:
        raise BookTooLong(limit_rows=MAX_BOOK_ROWS)
    desk.list_shown(seat=seat, dossiers=rows, now=now)
    day_of_paper = min(now, ends - timedelta(seconds=1))
    content = {
        **papers.heading(seat.agency_id, at=day_of_paper),
        "title": rules.DOSSIER_BOOK.title_vi,
        "form_number": rules.DOSSIER_BOOK.form_number,
        "start": f"{start:%d/%m/%Y}",
        "end": f"{end:%d/%m/%Y}",
        "rows": [_line(one) for one in rows],
    }
    return papers.draw(rules.DOSSIER_BOOK.template, content, at=begins)


def proposal(*, seat: Seat, dossier: Dossier, now: datetime) -> bytes:
    """Return what would be issued if the proposal were signed now, marked as a draft.

    Errors: NothingProposed.
    """
    proposed = dossier.proposal
    if not proposed:
        raise NothingProposed
    desk.shown(seat=seat, dossier=dossier, now=now, what="paper:proposal")
    kind, move = (
        ("stop_notice", "reject") if proposed.get("kind") == "reject" else ("result", "sign")
    )
    content = papers.content_of(
        dossier,
        kind=kind,
        move=move,
        from_state=dossier.state,
        at=dossier.updated_at,
        actor_label="Chưa ký",
        facts=decisions.issued_facts(dossier, kind="reject" if move == "reject" else "approve"),
    )
    draft = {**content, "draft": True, "signed": False}
    return papers.draw(rules.BY_KIND[kind].template, draft, at=dossier.updated_at)


def issued(
    *, officer_id: str, dossier_id: str, document_id: str, now: datetime
) -> tuple[StoredFile, str]:
    """Return the file of a paper of a dossier and its title; made now where it was not made yet.

    Errors: NotFound, also for a paper that the agency's part in the dossier does not show.
    """
    seat = offices.seat(officer_id, now=now)
    row = seen.document(seat, dossier_id, document_id)
    if row.file is None:
        papers.make(document_id=row.id, now=now)
        row = seen.document(seat, dossier_id, document_id)
    if row.file is None:
        raise NotFound
    desk.shown(seat=seat, dossier=row.dossier, now=now, what=f"paper:{row.kind}")
    return row.file, row.title_vi


def _step(step: rules.Step) -> dict[str, Any]:
    result = {None: "", True: "Quá hạn", False: "Trong hạn"}[step.late]
    return {
        "seq": step.seq,
        "what": told.about(step.move, code="", office="", due="")
        .title_vi.replace("  ", " ")
        .strip(),
        "given_by": step.given_by,
        "given_to": step.given_to,
        "at": words.short_text(step.at),
        "due": words.short_text(step.due_at),
        "result": result,
    }


def _line(row: Dossier) -> dict[str, Any]:
    state = State(row.state)
    returned = row.finished_at if state in {State.COMPLETED, State.RETURNED} else None
    return {
        "code": row.code,
        "service": f"{row.service_code} {row.service_name}",
        "applicant": row.applicant_name,
        "competent": row.competent_agency.name_vi,
        "received": words.short_text(row.received_at),
        "due": words.short_text(row.due_at),
        "returned": words.short_text(returned),
        "channel": words.CHANNELS[row.channel],
        "note": states.NAMES[state].vi,
    }
