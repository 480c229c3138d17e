"""The eleven forms: every field names a fact, or says why it never does."""

import json
import pathlib

import pytest

import seeds
from common import facts, jsonschema
from common.facts import FACTS
from services.rules.forms import defects

FORMS = [
    json.loads(path.read_text("utf-8"))
    for path in sorted((pathlib.Path(seeds.__file__).parent / "data" / "forms").glob("*.json"))
]
IDS = [form["procedure_code"] for form in FORMS]


def test_there_are_eleven_forms_and_their_standing_is_said():
    standing = sorted(form["verified"] for form in FORMS)
    assert standing == ["inferred"] * 2 + ["own"] + ["read"] * 8


@pytest.mark.parametrize("form", FORMS, ids=IDS)
def test_every_field_names_a_known_fact_or_says_why_not(form):
    rules = {rule["field"]: rule for rule in form["prefill"]}
    assert set(rules) == set(form["schema"]["properties"])
    for rule in rules.values():
        if rule.get("never"):
            assert rule["reason"], rule
        else:
            assert rule["fact"] in FACTS, rule


@pytest.mark.parametrize("form", FORMS, ids=IDS)
def test_every_schema_is_valid_closed_and_bounded(form):
    jsonschema.check_schema(form["schema"])
    assert defects(form, facts=FACTS) == []


@pytest.mark.parametrize("form", FORMS, ids=IDS)
def test_every_field_has_a_label_in_both_languages_and_a_place_on_the_screen(form):
    shown = [name for section in form["sections"] for name in section["fields"]]
    assert sorted(shown) == sorted(form["schema"]["properties"])
    for name, field in form["schema"]["properties"].items():
        assert field["title"], name
        assert field["x-title-en"], name


def test_the_same_fact_has_the_same_shape_in_every_form():
    shapes = {}
    for form in FORMS:
        for rule in form["prefill"]:
            if rule.get("never"):
                continue
            field = form["schema"]["properties"][rule["field"]]
            shape = field.get("$ref") or (field.get("type"), tuple(field.get("enum", ())))
            shapes.setdefault(rule["fact"], {}).setdefault(shape, []).append(rule["field"])
    assert {fact: list(found) for fact, found in shapes.items() if len(found) > 1} == {}


def test_statements_and_sensitive_answers_are_never_prefilled():
    never = {
        (form["procedure_code"], rule["field"])
        for form in FORMS
        for rule in form["prefill"]
        if rule.get("never")
    }
    for wanted in (
        ("3.000333", "khai_an_tich"),
        ("3.000333", "muc_dich"),
        ("1.000656", "nkt_nguyen_nhan"),
        ("1.004873", "tinh_trang"),
        ("1.004194", "nguoi_ke_khai"),
        ("1.000894", "vo_tinh_trang_hon_nhan"),
    ):
        assert wanted in never


def test_names_are_the_same_whatever_the_spacing_and_the_unicode_form():
    assert facts.same("person.full_name", "Nguyễn  Thị Lan", "nguyễn thị lan")
    assert not facts.same("person.full_name", "Nguyễn Thị Lan", "Nguyễn Thi Lan")
