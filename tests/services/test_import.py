"""Importing the catalogue again, changed and unchanged."""

import copy
import datetime

import pytest
from django.db import IntegrityError, InternalError, connection

from common import clock
from seeds import catalogue
from services import queries
from services.actions import imports
from services.models import ProcedureVersion

pytestmark = pytest.mark.django_db


def test_a_second_import_changes_nothing():
    lines = list(catalogue.load(now=clock.now()))
    assert "places: 0 new" in lines
    assert "procedures: 0 new, 0 changed" in lines
    assert "forms: 0 new, 0 changed" in lines
    assert ProcedureVersion.objects.count() == 201


def test_changed_data_makes_a_new_version_and_keeps_the_old_one():
    today = clock.today()
    before = queries.version_on("2.000635", today)
    entry = copy.deepcopy(
        next(e for e in catalogue.read("procedures.json") if e["code"] == "2.000635")
    )
    entry["fee_rule"]["amount_vnd"] = 9_000
    assert imports.import_procedures(entries=[entry], today=today) == (0, 1)
    after = queries.version_on("2.000635", today)
    assert (after.number, after.fee["unit"]) == (2, 9_000)
    kept = queries.version(before.id)
    assert kept.fee["unit"] == 8_000
    yesterday = today - datetime.timedelta(days=1)
    assert queries.version_on("2.000635", yesterday).id == before.id


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE services_procedureversion SET name_vi = 'x'",
        "DELETE FROM services_procedureversion",
        "UPDATE services_form SET schema = '{}'",
    ],
)
def test_the_database_refuses_to_rewrite_what_was_published(sql):
    with (
        pytest.raises((InternalError, IntegrityError)),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_every_procedure_has_somebody_who_receives_and_somebody_who_decides():
    for code in ProcedureVersion.objects.values_list("procedure_id", flat=True).order_by("id"):
        found = queries.receivers(code, "31135")
        assert found, code
        for receiver in found:
            route = queries.route(code, receiver.key)
            assert route.receiving.kind == "one_stop"
            assert route.competent.key != route.receiving.key


@pytest.mark.parametrize(
    ("code", "receiving", "competent"),
    [
        ("2.000635", "ttpvhcc-31135", "ubnd-31135"),
        ("2.000635", "ttpvhcc", "so-tu-phap"),
        ("1.004194", "ttpvhcc-31135", "cong-an-31135"),
        ("3.000333", "ttpvhcc", "cong-an-tp"),
        ("1.012783", "ttpvhcc", "so-nnmt"),
    ],
)
def test_routes(code, receiving, competent):
    assert queries.route(code, receiving).competent.key == competent


def test_identifiers_of_agencies_are_demonstration_values_and_say_so():
    rows = list(queries.agencies().order_by("key"))
    assert len(rows) == 327
    assert all(row.identifier_is_demo for row in rows)
    assert len({row.identifier for row in rows}) == 327


def test_where_level_and_channels_disagree_the_level_decides_and_the_record_says_so():
    noted = ProcedureVersion.objects.exclude(level_note="").order_by("procedure_id")
    assert noted.count() == 10
    for row in noted:
        online = any(channel["channel"] == "online" for channel in row.data["channels"])
        assert online != (row.online_level != "none")


def test_levels_are_counted_as_in_the_source():
    levels = {
        level: ProcedureVersion.objects.filter(online_level=level).count()
        for level in ("full", "partial", "none")
    }
    assert levels == {"full": 68, "partial": 110, "none": 23}


def test_a_year_without_published_swaps_is_provisional():
    from dossiers.models import CalendarDay, CalendarYear

    this_year = clock.today().year
    marks = dict(CalendarYear.objects.order_by("year").values_list("year", "provisional"))
    assert marks[this_year + 1] is True
    assert marks[this_year + 2] is True
    import datetime

    swapped = CalendarDay.objects.get(day=datetime.date(2026, 8, 22))
    assert swapped.kind == CalendarDay.Kind.WORKED
    assert CalendarDay.objects.get(day=datetime.date(2026, 8, 31)).kind == CalendarDay.Kind.OFF
    assert CalendarDay.objects.get(day=datetime.date(2026, 11, 24)).kind == CalendarDay.Kind.OFF


def test_all_103_communes_and_wards_are_there_and_old_ones_lead_to_them():
    from services.models import Place

    today = Place.objects.filter(valid_to=None)
    assert today.count() == 103
    assert today.filter(kind="phường").count() == 31
    known = set(today.values_list("code", flat=True).order_by("code"))
    for old in Place.objects.exclude(valid_to=None).order_by("id"):
        assert set(old.became) <= known
        assert old.became
