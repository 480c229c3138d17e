"""Who may decide: every procedure of the catalogue, by its levels and the place."""

import pytest

from services import queries
from services.models import Agency, ProcedureVersion
from services.rules import routing

pytestmark = pytest.mark.django_db
NINH_KIEU, CAI_KHE = "31135", "31120"
VERSIONS = "id", "procedure_id", "levels", "field_id"


def versions():
    return ProcedureVersion.objects.order_by("procedure_id").values_list(*VERSIONS)


def test_every_procedure_may_be_decided_exactly_where_its_levels_say():
    communes = Agency.objects.filter(level="commune", kind="people_committee").count()
    assert communes == 103
    seen = set()
    for version_id, code, levels, field in versions():
        rows = list(queries.competent_agencies(version_id).order_by("key"))
        here = {row.level for row in rows}
        expected = set()
        if "commune" in levels and field not in {"thue", "bao_hiem_xa_hoi"}:
            expected.add("commune")
        if set(levels) & {"city", "vertical_agency", "ministry"}:
            expected.add("city")
        assert here == expected, (code, levels)
        assert all(row.kind != "one_stop" for row in rows), code
        assert sum(row.level == "commune" for row in rows) in {0, communes}, code
        assert len({row.kind for row in rows if row.level == "commune"}) <= 1, code
        if "city" in levels:
            assert "ubnd-tp" in {row.key for row in rows}, code
        seen.add(tuple(sorted(levels)))
    assert len(seen) == 12


def test_where_a_dossier_goes_by_itself_is_always_among_where_it_may_go():
    tried = 0
    for version_id, code, _, _ in versions():
        allowed = set(queries.competent_agencies(version_id).values_list("key", flat=True))
        for receiver in queries.receivers(code, NINH_KIEU):
            assert queries.route(code, receiver.key).competent.key in allowed, (code, receiver.key)
            tried += 1
    assert tried > 201


@pytest.mark.parametrize(
    ("code", "place", "expected"),
    [
        ("2.000635", NINH_KIEU, {"ubnd-31135", "so-tu-phap", "ubnd-tp"}),
        ("2.000635", CAI_KHE, {"ubnd-31120", "so-tu-phap", "ubnd-tp"}),
        ("1.000894", NINH_KIEU, {"ubnd-31135"}),
        ("1.004194", NINH_KIEU, {"cong-an-31135", "cong-an-tp"}),
        ("1.010386", NINH_KIEU, {"cong-an-31135", "cong-an-tp"}),
        ("3.000333", NINH_KIEU, {"cong-an-tp", "ubnd-tp"}),
        ("1.012575", NINH_KIEU, {"cong-an-31135", "cong-an-tp", "so-xay-dung", "ubnd-tp"}),
        ("1.013274", NINH_KIEU, {"ubnd-31135", "cong-an-tp", "so-xay-dung", "ubnd-tp"}),
        ("1.011022", NINH_KIEU, {"thue", "ubnd-tp"}),
        ("2.000693", NINH_KIEU, {"bhxh", "ubnd-tp"}),
        ("1.001612", NINH_KIEU, {"ubnd-31135", "so-tai-chinh"}),
    ],
)
def test_the_place_leaves_one_ward_and_the_city(code, place, expected):
    version_id = ProcedureVersion.objects.get(procedure_id=code).id
    rows = queries.competent_agencies(version_id, place_code=place)
    assert set(rows.values_list("key", flat=True)) == expected


@pytest.mark.parametrize(
    ("code", "receiving", "competent"),
    [
        ("1.010386", "ttpvhcc-31135", "cong-an-31135"),  # a lost passport, by the field
        ("1.013067", "ttpvhcc-31135", "cong-an-31135"),  # a number plate, by whom it names
        ("1.013067", "ttpvhcc", "cong-an-tp"),
        ("1.013274", "ttpvhcc-31135", "ubnd-31135"),  # a pavement: the same field, not the police
        ("1.011022", "ttpvhcc-31135", "thue"),
        ("2.000693", "ttpvhcc-31135", "bhxh"),
    ],
)
def test_routes_of_the_police_and_of_vertical_agencies(code, receiving, competent):
    assert queries.route(code, receiving).competent.key == competent


def test_a_part_of_a_field_counts_and_the_whole_one_wins_by_itself():
    agencies = [("a", ["x (part)"]), ("b", ["x"]), ("c", ["y"])]
    assert routing.city_bodies(agencies) == {"x": "b", "y": "c"}
    found = routing.competence(["city"], "x", agencies)
    assert (found.commune_kind, found.city_keys) == (None, frozenset({"a", "b", "ubnd-tp"}))
    nobody = routing.competence(["ministry"], "z", agencies)
    assert nobody.city_keys == frozenset({"ubnd-tp"})
