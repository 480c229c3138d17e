"""Who receives and who decides: by level, field and ward. Pure.

Since July 2025 dossiers are taken in by the one-stop centre (Trung tâm Phục vụ hành chính công) of
the city or of a commune, whatever the place of residence; the competent body is another agency.
Source: NĐ 118/2025/NĐ-CP (cited). Which body handles a field follows `agencies.json`.
"""

import dataclasses
from collections.abc import Collection, Mapping

CITY_CENTRE = "ttpvhcc"
CITY_COMMITTEE = "ubnd-tp"
POLICE_FIELDS = frozenset({"cu_tru", "can_cuoc_dinh_danh", "xuat_nhap_canh"})
COMMUNE_POLICE = "công an cấp xã"
# Taken in anywhere, decided by a vertical agency that has no body in the communes.
CITY_ONLY_FIELDS = frozenset({"thue", "bao_hiem_xa_hoi"})
CITY_LEVELS = frozenset({"city", "vertical_agency", "ministry"})


@dataclasses.dataclass(frozen=True)
class Competence:
    """The bodies that a procedure may be sent to.

    Shape: commune_kind is the kind of agency that decides in communes and wards, of any place,
    since reception is not tied to residence; None where no commune decides. city_keys are bodies
    of the city.
    """

    commune_kind: str | None
    city_keys: frozenset[str]


def receiving_levels(levels: Collection[str]) -> tuple[str, ...]:
    """Return at which levels a procedure may be filed."""
    found = []
    if "commune" in levels:
        found.append("commune")
    if set(levels) & CITY_LEVELS:
        found.append("city")
    return tuple(found)


def receiver_of(level: str, ward: str | None) -> str | None:
    """Return the key of the receiving centre; None for a commune without a ward."""
    if level == "city":
        return CITY_CENTRE
    return f"ttpvhcc-{ward}" if ward else None


def is_police_work(field: str, authorities: Collection[str]) -> bool:
    """Return whether the commune's police decides, by the field or by whom the procedure names."""
    return field in POLICE_FIELDS or any(
        name.lower().startswith(COMMUNE_POLICE) for name in authorities
    )


def competent_of(
    receiving_key: str,
    field: str,
    city_bodies: Mapping[str, str],
    authorities: Collection[str] = (),
) -> str:
    """Return the key of the body that decides what `receiving_key` takes in.

    Shape: city_bodies maps a field to the department or vertical agency of the city; authorities
    are the names that the procedure itself gives.
    """
    _, _, ward = receiving_key.partition("-")
    if ward and field not in CITY_ONLY_FIELDS:
        return f"cong-an-{ward}" if is_police_work(field, authorities) else f"ubnd-{ward}"
    return city_bodies.get(field, CITY_COMMITTEE)


def city_bodies(agencies: Collection[tuple[str, Collection[str]]]) -> dict[str, str]:
    """Return field -> the one body of the city that handles it.

    Shape: agencies are (key, fields) pairs. "bao_tro_xa_hoi (giảm nghèo)" is a part of a field: the
    body of the whole one wins.
    """
    found: dict[str, str] = {}
    for key, names in sorted(agencies, key=lambda one: one[0]):
        for name in names:
            if " " in name:
                found.setdefault(name.split(" ")[0], key)
            else:
                found[name] = key
    return found


def competence(
    levels: Collection[str],
    field: str,
    agencies: Collection[tuple[str, Collection[str]]],
    authorities: Collection[str] = (),
) -> Competence:
    """Return every body that may decide a procedure of these levels in this field.

    In the communes the committee, or the police where the work is theirs. In the city every body
    that handles the field or a part of it, and the committee where the city itself decides.
    """
    commune = None
    if "commune" in levels and field not in CITY_ONLY_FIELDS:
        commune = "vertical" if is_police_work(field, authorities) else "people_committee"
    city: set[str] = set()
    if set(levels) & CITY_LEVELS:
        city = {key for key, names in agencies if field in {name.split(" ")[0] for name in names}}
        if "city" in levels or not city:
            city.add(CITY_COMMITTEE)
    return Competence(commune_kind=commune, city_keys=frozenset(city))
