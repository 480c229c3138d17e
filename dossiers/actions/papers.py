"""The papers that offices issue: their content is frozen with the event, the PDF is made after.

Which paper is issued by what is the table in `rules.papers`; the layouts are in
`templates_typst`, one file a paper. The blank forms of the decree were not read, so each paper
says on its face that it was made by a demonstration.
"""

import pathlib
from datetime import datetime
from typing import Any

from django.conf import settings

from common import db, documents, files, jobs, signing
from common.files import PDF
from dossiers.models import Delivery, Document, Dossier, SupplementRequest, TimelineEvent, Way
from dossiers.queries import counter
from dossiers.rules import paper_words as words
from dossiers.rules import papers as rules
from payments import queries as payments
from services import queries as services

TEMPLATES = pathlib.Path(__file__).resolve().parent.parent / "templates_typst"
MAX_PDF_BYTES = 5 * files.MEBIBYTE
SEAL_NOTE = "Chữ ký thử nghiệm, không có giá trị pháp lý"
# What a layout may ask for and an issuer may not know: blank on the paper, never made up.
BLANK: dict[str, Any] = {
    "parent": "",
    "address": "",
    "phone": "",
    "email": "",
    "reason": "",
    "ground": "",
    "move": "",
    "old_due": "",
    "new_due": "",
    "round": 1,
    "resets": False,
    "gaps": [],
    "papers": [],
    "paragraphs": [],
    "results": [],
    "signed": False,
    "draft": False,
}


@db.transaction_required
def issue(
    *, dossier: Dossier, event: TimelineEvent, kind: Document.Kind, facts: dict[str, Any]
) -> Document:
    """Freeze the content of a paper; the worker makes the PDF from it."""
    content = content_of(
        dossier,
        kind=str(kind),
        move=event.move,
        from_state=event.from_state,
        at=event.at,
        actor_label=event.actor_label,
        facts=facts,
    )
    document = Document.objects.create(
        dossier=dossier,
        event_seq=event.seq,
        kind=kind,
        title_vi=rules.BY_KIND[str(kind)].title_vi,
        content=content,
        issued_at=event.at,
    )
    jobs.enqueue("dossiers.make_paper", document_id=document.id)
    return document


@db.transaction_required
def issue_reception_slip(*, dossier: Dossier, event: TimelineEvent) -> Document:
    """Issue form 01, with the date and hour of the appointment."""
    return issue(dossier=dossier, event=event, kind=Document.Kind.RECEPTION_SLIP, facts={})


@db.transaction_required
def issue_supplement_slip(
    *, dossier: Dossier, event: TimelineEvent, request: SupplementRequest, gaps: list[str]
) -> Document:
    """Issue form 02, with every gap at once."""
    return issue(
        dossier=dossier,
        event=event,
        kind=Document.Kind.SUPPLEMENT_SLIP,
        facts={
            "reason": request.message,
            "gaps": gaps,
            "round": request.round,
            "resets": request.clock == "reset",
        },
    )


def content_of(
    dossier: Dossier,
    *,
    kind: str,
    move: str,
    from_state: int | None,
    at: datetime,
    actor_label: str,
    facts: dict[str, Any],
) -> dict[str, Any]:
    """Return what a paper of a dossier says, as plain values for its layout."""
    paper = rules.BY_KIND[kind]
    by_competent = rules.by_competent(kind, move, from_state)
    office = common_content(dossier, by_competent=by_competent, at=at)
    content = {
        **office,
        "kind": kind,
        "move": move,
        "title": paper.title_vi,
        "form_number": paper.form_number,
        "number": dossier.code,
        "applicant": dossier.applicant_name,
        "at": words.clock_text(at),
        "submitted_at": words.clock_text(dossier.submitted_at),
        "received_at": words.clock_text(dossier.received_at),
        "due_at": words.clock_text(dossier.due_at),
        "signer": _title_of(actor_label, office),
        "ground": rules.GROUNDS.get(move, ""),
        "signed": rules.is_signed(kind, move),
    }
    # Papers are issued under the locks of their event: nothing is read that a layout does not show.
    if kind in rules.WITH_FILES:
        content |= _handed_in(dossier, paid=_is_paid(dossier) if move == "receive" else None)
    if kind in rules.WITH_ADDRESS:
        content |= reachable(dossier)
    if kind == "result":
        version = services.version(dossier.service_version_id)
        content["results"] = [result.name for result in version.results]
    return {**content, **facts}


def _handed_in(dossier: Dossier, *, paid: bool | None) -> dict[str, Any]:
    way = Delivery.objects.filter(dossier=dossier).values_list("way", flat=True).first()
    return {
        "papers": words.component_rows(
            (
                (one.paper_key, one.paper_name, bool(one.reused_from))
                for one in dossier.attachments.order_by("created_at", "id")
            ),
            (
                (one.paper_key, one.paper_name, one.kind, one.quantity)
                for one in counter.handed_in(dossier)
            ),
        ),
        "fee": words.fee_text(dossier.fee_quote, paid=paid),
        "result_way": words.RESULT_WAYS[way or Way.APP],
        "channel_text": words.CHANNELS[dossier.channel],
    }


def _is_paid(dossier: Dossier) -> bool | None:
    dues = payments.status_of([dossier.id]).get(dossier.id)
    return None if dues is None else not dues.open


def common_content(dossier: Dossier, *, by_competent: bool, at: datetime) -> dict[str, Any]:
    """Return the heading of a paper about a dossier, and how to look the dossier up."""
    receiving, competent = dossier.receiving_agency_id, dossier.competent_agency_id
    names = _names([receiving, competent])
    return {
        **heading(competent if by_competent else receiving, at=at, names=names),
        "receiving": names[receiving].name_vi,
        "competent": names[competent].name_vi,
        "code": dossier.code,
        "pin": dossier.lookup_pin,
        "service_code": dossier.service_code,
        "service_name": dossier.service_name,
        "limit": words.limit_text(dossier.time_limit),
        "lookup_url": f"{settings.PUBLIC_URL}/t/{dossier.lookup_token}",
        "validate_url": f"{settings.PUBLIC_URL}/validate",
    }


def heading(
    agency_key: str, *, at: datetime, names: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return who issues a paper: the body, the one above it where that is known, place and day.

    Shape: names holds rows of agencies by key that were read before.
    """
    known = names or _names([agency_key])
    agency = known[agency_key]
    above = known.get(rules.body_above(agency.kind, agency.level, agency.place_code))
    place = services.places().filter(code=agency.place_code).first() if agency.place_code else None
    return {
        "agency": agency.name_vi,
        "agency_key": agency.key,
        "parent": above.name_vi if above else "",
        "place_and_day": words.place_and_day(
            place.name_vi[len(place.kind) :].strip() if place else "Cần Thơ", at
        ),
    }


def _names(keys: list[str]) -> dict[str, Any]:
    """Return the rows of agencies and of every body that may stand above one, in one read."""
    above = [f"ubnd-{key.rsplit('-', 1)[-1]}" for key in keys] + [rules.CITY_COMMITTEE]
    return {row.key: row for row in services.agencies(keys=sorted({*keys, *above}))}


def draw(template: str, content: dict[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of a paper, unsigned; the same content gives the same bytes."""
    return documents.pdf(TEMPLATES / template, _filled(content), at=at)


def make(*, document_id: str, now: datetime) -> bool:
    """Make the PDF of a paper unless it exists, and return whether this call made it.

    May run twice, or be killed at any point: the first PDF that is recorded stays, and bytes that
    nobody points to are waste.
    """
    document = Document.objects.filter(id=document_id, file__isnull=True).first()
    if document is None:
        return False
    template = rules.BY_KIND[document.kind].template
    data = draw(template, document.content, at=document.issued_at)
    if document.content.get("signed", document.kind == Document.Kind.RESULT):
        data = _sign(data, template, document.content, now)
    stored = files.store_own(data, media_type=PDF.media_type, now=now)
    with db.transaction():
        row = db.lock(Document.objects.filter(id=document_id)).get()
        if row.file_id is None:
            row.file = stored
            row.save(update_fields=["file"])
            return True
    return False


def _sign(pdf: bytes, template: str, content: dict[str, Any], now: datetime) -> bytes:
    """Sign for the body that issued the paper, with a seal where the paper keeps a place for it."""
    signatory = signing.Signatory(key=content["agency_key"], name=content["agency"])
    place = documents.seal_place(TEMPLATES / template, _filled(content))
    seal = None
    if place is not None:
        picture = documents.pdf(
            TEMPLATES / "seal.typ",
            {
                "width": place.width,
                "height": place.height,
                "name": content["agency"],
                "title": content["signer"],
                "at": words.clock_text(now),
                "note": SEAL_NOTE,
            },
            at=now,
        )
        box = (place.left, place.bottom, place.left + place.width, place.bottom + place.height)
        left, bottom, right, top = (round(one) for one in box)
        seal = signing.Seal(picture, (left, bottom, right, top))
    return signing.sign(pdf, signatory=signatory, reason=content["title"], now=now, seal=seal)


def _filled(content: dict[str, Any]) -> dict[str, Any]:
    qr = {"qr": documents.qr_svg(content["lookup_url"])} if "lookup_url" in content else {}
    return {**BLANK, **content, **qr}


def reachable(dossier: Dossier) -> dict[str, str]:
    """Return address, telephone and e-mail as the form of this dossier says them; else blank."""
    found = {"address": "", "phone": "", "email": ""}
    form = services.form(dossier.form_id) if dossier.form_id else None
    if form is None:
        return found
    facts = {
        "person.phone": "phone",
        "person.email": "email",
        "person.residence": "address",
        "person.permanent_address": "address",
    }
    for rule in form.prefill:
        name = facts.get(rule.fact)
        plain = not (rule.third_party or rule.never or rule.when_fact or rule.when_field)
        answer = dossier.answers.get(rule.field)
        if name and plain and answer and not found[name]:
            found[name] = words.address_text(answer, ward_names([answer]))
    return found


def ward_names(values: list[Any]) -> dict[str, str]:
    """Return the names of the wards that addresses among `values` name by code."""
    codes = {
        str(one["ward_code"]) for one in values if isinstance(one, dict) and "ward_code" in one
    }
    if not codes:
        return {}
    rows = services.places().filter(code__in=codes).values_list("code", "name_vi")
    return {code: f"{name[:1].lower()}{name[1:]}" for code, name in rows}


def _title_of(actor_label: str, office: dict[str, Any]) -> str:
    """Return the title of a seat without its body: the heading names the body."""
    for name in (office["receiving"], office["competent"]):
        actor_label = actor_label.removesuffix(f", {name}")
    return actor_label
