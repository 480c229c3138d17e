"""Who receives and who decides: by level, field and ward. Pure.

Since July 2025 dossiers are taken in by the one-stop centre (Trung tâm Phục vụ hành chính công) of
the city or of a commune, whatever the place of residence; the competent body is another agency.
Source: NĐ 118/2025/NĐ-CP (cited). Which body handles a field follows `agencies.json`.
"""

from collections.abc import Collection, Mapping

CITY_CENTRE = "ttpvhcc"
POLICE_FIELDS = frozenset({"cu_tru", "can_cuoc_dinh_danh"})


def receiving_levels(levels: Collection[str]) -> tuple[str, ...]:
    """Return at which levels a procedure may be filed."""
    found = []
    if "commune" in levels:
        found.append("commune")
    if set(levels) & {"city", "vertical_agency", "ministry"}:
        found.append("city")
    return tuple(found)


def receiver_of(level: str, ward: str | None) -> str | None:
    """Return the key of the receiving centre; None for a commune without a ward."""
    if level == "city":
        return CITY_CENTRE
    return f"ttpvhcc-{ward}" if ward else None


def competent_of(receiving_key: str, field: str, city_bodies: Mapping[str, str]) -> str:
    """Return the key of the body that decides what `receiving_key` takes in.

    Shape: city_bodies maps a field to the department or vertical agency of the city.
    """
    _, _, ward = receiving_key.partition("-")
    if ward:
        return f"cong-an-{ward}" if field in POLICE_FIELDS else f"ubnd-{ward}"
    return city_bodies.get(field, "ubnd-tp")
