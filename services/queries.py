"""Reads of the catalogue. Everything here is public."""

import dataclasses
import datetime
import functools
import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from common.errors import Refusal
from services.models import Agency as AgencyRow
from services.models import Field, Form, Place, ProcedureVersion
from services.rules import fees, routing, words
from services.rules.fees import Line as FeeLine
from services.rules.fees import Quote as FeeQuote

__all__ = ["FeeLine", "FeeQuote"]

SYNONYMS_FILE = pathlib.Path(__file__).with_name("synonyms.json")


class UnknownService(Refusal):
    code = "unknown_service"
    status = 404
    title_vi = "Không có thủ tục này trong danh mục"
    title_en = "The catalogue has no such service"


class UnknownAgency(Refusal):
    code = "unknown_agency"
    status = 404
    title_vi = "Không có cơ quan này"
    title_en = "There is no such agency"


class NoForm(Refusal):
    code = "no_form_known"
    status = 404
    title_vi = "Chưa có biểu mẫu điện tử cho thủ tục này"
    title_en = "There is no electronic form for this service yet"


@dataclasses.dataclass(frozen=True)
class TimeLimit:
    value: int
    unit: str
    same_day: bool
    source: str


@dataclasses.dataclass(frozen=True)
class Paper:
    """One paper (thành phần hồ sơ). `digital`: a file can be attached for it."""

    key: str
    component_code: str | None
    name: str
    case: str | None
    original_qty: int
    copy_qty: int
    digital: bool


@dataclasses.dataclass(frozen=True)
class ResultKind:
    code: str
    name: str


@dataclasses.dataclass(frozen=True)
class ServiceVersion:
    id: str
    code: str
    number: int
    name_vi: str
    field_key: str
    online_level: str
    levels: tuple[str, ...]
    time_limit: TimeLimit | None
    papers: tuple[Paper, ...]
    results: tuple[ResultKind, ...]
    has_fee: bool | None
    fee: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class PrefillRule:
    """One field of a form and the fact it names; `never` with a reason where it names none."""

    field: str
    fact: str = ""
    when_fact: tuple[str, str] | None = None
    when_field: tuple[str, Any] | None = None
    third_party: bool = False
    never: bool = False
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class FormVersion:
    id: str
    procedure_code: str
    number: int
    title_vi: str
    schema: dict[str, Any]
    sections: list[dict[str, Any]]
    prefill: tuple[PrefillRule, ...]
    verified: str
    channels: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Agency:
    key: str
    name_vi: str
    level: str
    kind: str
    place_code: str | None
    identifier: str
    identifier_is_demo: bool
    derived: bool


@dataclasses.dataclass(frozen=True)
class Route:
    receiving: Agency
    competent: Agency


def in_force(on: datetime.date) -> QuerySet[ProcedureVersion]:
    """Return the versions that hold on a day."""
    return ProcedureVersion.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on
    )


def online_levels(on: datetime.date) -> dict[str, int]:
    """Return how many procedures in force are online in full, in part, or not at all."""
    counted = dict(
        in_force(on)
        .order_by("online_level")
        .values("online_level")
        .annotate(number=Count("id"))
        .values_list("online_level", "number")
    )
    return {str(level): counted.get(level, 0) for level in ProcedureVersion.Online}


def fee_bearing_codes(on: datetime.date) -> list[str]:
    """Return the procedures in force for which money is owed as a rule."""
    rows = in_force(on).order_by("procedure_id").values_list("procedure__code", "fee")
    return [code for code, fee in rows if fees.is_fee_bearing(fee)]


def described_count(on: datetime.date) -> int:
    """Return how many procedures in force say their papers, time limit, ways, and who may apply.

    The steps are not part of the data that was carried over, so they are not asked for.
    """
    rows = in_force(on).exclude(papers=[]).exclude(time_limit=None)
    lists = rows.order_by("id").values_list("data__channels", "data__applicants")
    return sum(1 for channels, applicants in lists if channels and applicants)


def _has_form(on: datetime.date) -> Exists:
    return Exists(
        Form.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=on),
            procedure=OuterRef("procedure"),
            valid_from__lte=on,
        )
    )


@functools.cache
def synonyms() -> dict[str, str]:
    """Return the abbreviations that people type, folded."""
    data: dict[str, str] = json.loads(SYNONYMS_FILE.read_text(encoding="utf-8"))["synonyms"]
    return data


def search(
    q: str,
    *,
    on: datetime.date,
    field: str | None = None,
    level: str | None = None,
    online: str | None = None,
) -> QuerySet[ProcedureVersion]:
    """Return services in force, best match first by `rank`; all of them for an empty `q`.

    A query is words without accents, the beginnings of words, an abbreviation, or a code.
    """
    rows = in_force(on).select_related("field").defer("data", "papers", "search")
    rows = rows.annotate(has_form=_has_form(on))
    if field:
        rows = rows.filter(field_id=field)
    if level:
        rows = rows.filter(levels__contains=[level])
    if online:
        rows = rows.filter(online_level=online)
    folded = words.expand(q, synonyms())
    if not folded:
        return rows.annotate(rank=Value(0))
    wanted = words.tsquery(folded)
    match = Q(search=SearchQuery(wanted, search_type="raw", config="simple")) if wanted else Q()
    rows = rows.filter(match | Q(procedure__code__startswith=folded))
    # Names are ranked by how they begin: people type what a paper is called.
    return rows.annotate(
        rank=Case(
            When(procedure_id=folded, then=Value(0)),
            When(search_text=f"thu tuc {folded}", then=Value(1)),
            When(search_text__startswith=f"thu tuc {folded}", then=Value(2)),
            When(
                search_text__regex=rf"^(cap |cap ban sao |thu tuc )?{_literal(folded)}",
                then=Value(3),
            ),
            When(
                ExpressionWrapper(Q(search_text__contains=folded), output_field=BooleanField()),
                then=Value(4),
            ),
            default=Value(5),
            output_field=IntegerField(),
        )
    )


def _literal(folded: str) -> str:
    return folded.replace(".", r"\.")


def version_on(code: str, on: datetime.date) -> ServiceVersion:
    """Return the version of a procedure in force on a day. Errors: UnknownService."""
    row = in_force(on).filter(procedure_id=code).defer("data", "search").first()
    if row is None:
        raise UnknownService
    return _service(row)


def version(version_id: str) -> ServiceVersion:
    """Return one version, whenever it held. Errors: UnknownService."""
    row = ProcedureVersion.objects.filter(id=version_id).defer("data", "search").first()
    if row is None:
        raise UnknownService
    return _service(row)


def silence_of(version_ids: Collection[str]) -> dict[str, dict[str, Any] | None]:
    """Return by version what silence means there, where a law of the procedure says so.

    Shape: {means, source, limit?}; None for a procedure without such a rule.
    """
    rows = ProcedureVersion.objects.filter(id__in=list(version_ids))
    return dict(rows.order_by("id").values_list("id", "data__silence"))


def detail(code: str, on: datetime.date) -> ProcedureVersion:
    """Return the whole row of a procedure for its page. Errors: UnknownService."""
    row = (
        in_force(on)
        .filter(procedure_id=code)
        .select_related("field")
        .annotate(
            has_form=_has_form(on),
            uses=F("procedure__uses"),
        )
        .first()
    )
    if row is None:
        raise UnknownService
    return row


def form_of(code: str, on: datetime.date) -> FormVersion | None:
    """Return the form of a procedure in force on a day, if there is one."""
    row = Form.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=on), procedure_id=code, valid_from__lte=on
    ).first()
    return _form(row) if row else None


def form_row(code: str, on: datetime.date) -> Form:
    """Return the row of a form for its page. Errors: UnknownService; NoForm."""
    if not in_force(on).filter(procedure_id=code).exists():
        raise UnknownService
    row = Form.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=on), procedure_id=code, valid_from__lte=on
    ).first()
    if row is None:
        raise NoForm
    return row


def form(form_id: str) -> FormVersion:
    """Return one form version. Errors: NoForm."""
    row = Form.objects.filter(id=form_id).first()
    if row is None:
        raise NoForm
    return _form(row)


def quote_fee(
    version_id: str, *, answers: Mapping[str, Any], channel: str, on: datetime.date
) -> FeeQuote:
    """Return what is owed under one version, with reasons. Errors: UnknownService."""
    row = ProcedureVersion.objects.filter(id=version_id).values("name_vi", "fee").first()
    if row is None:
        raise UnknownService
    return fees.quote(row["fee"], name_vi=row["name_vi"], answers=answers, channel=channel)


def agency(key: str) -> Agency:
    """Return one agency. Errors: UnknownAgency."""
    row = AgencyRow.objects.filter(key=key).first()
    if row is None:
        raise UnknownAgency
    return _agency(row)


def agencies(*, keys: list[str] | None = None) -> QuerySet[AgencyRow]:
    """Return agencies, all of them without `keys`."""
    rows = AgencyRow.objects.all()
    return rows.filter(key__in=keys) if keys is not None else rows


def receivers(code: str, place_code: str | None) -> list[Agency]:
    """Return the centres where a procedure may be filed; those of one ward with `place_code`.

    Errors: UnknownService.
    """
    levels = routing.receiving_levels(
        list(version_on(code, datetime.date.max - datetime.timedelta(days=1)).levels)
    )
    rows = AgencyRow.objects.filter(kind="one_stop", level__in=levels)
    if place_code is not None:
        rows = rows.filter(Q(place_code=place_code) | Q(level="city"))
    return [_agency(row) for row in rows.order_by("level", "key")]


def route(code: str, receiving_key: str) -> Route:
    """Return who receives and who decides. Errors: UnknownService; UnknownAgency."""
    service = version_on(code, datetime.date.max - datetime.timedelta(days=1))
    receiving = agency(receiving_key)
    bodies = routing.city_bodies(_city_fields())
    competent = routing.competent_of(
        receiving_key, service.field_key, bodies, _authorities(service.id)
    )
    return Route(receiving=receiving, competent=agency(competent))


def competent_agencies(version_id: str, *, place_code: str | None = None) -> QuerySet[AgencyRow]:
    """Return the agencies that may decide under one version, by its levels and field.

    A `place_code` leaves the bodies of that commune and those of the city.
    Errors: UnknownService.
    """
    service = version(version_id)
    found = routing.competence(
        service.levels, service.field_key, _city_fields(), _authorities(version_id)
    )
    rows = AgencyRow.objects.filter(
        Q(level="commune", kind=found.commune_kind or "") | Q(key__in=sorted(found.city_keys))
    )
    if place_code is not None:
        rows = rows.filter(Q(place_code=place_code) | Q(level="city"))
    return rows


def _authorities(version_id: str) -> list[str]:
    """Return the bodies that the procedure itself names as deciding or carrying out."""
    named = (
        ProcedureVersion.objects.filter(id=version_id)
        .order_by("id")
        .values_list("data__competent_authorities", "data__executing_authorities")
    )
    return [name for pair in named for names in pair for name in names or []]


def _city_fields() -> list[tuple[str, list[str]]]:
    return list(AgencyRow.objects.filter(level="city").order_by("key").values_list("key", "fields"))


def fields() -> QuerySet[Field]:
    """Return the fields of administration."""
    return Field.objects.all()


def places(*, q: str = "", old_code: str = "") -> QuerySet[Place]:
    """Return today's communes and wards; with `old_code` those that an old unit became."""
    rows = Place.objects.filter(valid_to=None)
    if old_code:
        became = (
            Place.objects.filter(code=old_code, valid_to__isnull=False)
            .values_list("became", flat=True)
            .first()
        )
        rows = rows.filter(code__in=became or [])
    if q:
        rows = rows.filter(search__contains=words.fold(q))
    return rows


def _service(row: ProcedureVersion) -> ServiceVersion:
    return ServiceVersion(
        id=row.id,
        code=row.procedure_id,
        number=row.number,
        name_vi=row.name_vi,
        field_key=row.field_id,
        online_level=row.online_level,
        levels=tuple(row.levels),
        time_limit=TimeLimit(**row.time_limit) if row.time_limit else None,
        papers=tuple(Paper(**paper) for paper in row.papers),
        results=tuple(ResultKind(**result) for result in row.results),
        has_fee=fees.is_fee_bearing(row.fee),
        fee=row.fee,
    )


def _form(row: Form) -> FormVersion:
    return FormVersion(
        id=row.id,
        procedure_code=row.procedure_id,
        number=row.number,
        title_vi=row.title_vi,
        schema=row.schema,
        sections=row.sections,
        prefill=tuple(_prefill(entry) for entry in row.prefill),
        verified=row.verified,
        channels=tuple(row.channels),
    )


def _prefill(entry: Mapping[str, Any]) -> PrefillRule:
    values = dict(entry)
    for name in ("when_fact", "when_field"):
        if values.get(name) is not None:
            first, second = values[name]
            values[name] = (first, second)
    return PrefillRule(**values)


def _agency(row: AgencyRow) -> Agency:
    return Agency(
        key=row.key,
        name_vi=row.name_vi,
        level=row.level,
        kind=row.kind,
        place_code=row.place_code or None,
        identifier=row.identifier,
        identifier_is_demo=row.identifier_is_demo,
        derived=row.derived,
    )
