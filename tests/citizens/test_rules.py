"""Numbers, levels, purposes and masks: tables and arithmetic."""

import pytest

from citizens import rules
from common import facts

LEVELS = {"loa1": 1, "loa2": 2}


def claims(**changed):
    data = {
        "sub": "person-1",
        "cccd": "092195000001",
        "name": "Nguyễn  Thị Lan",
        "birthdate": "1995-03-14",
        "acr": "loa2",
    } | changed
    return rules.claims_of(data, issuer="https://vneid.example", levels=LEVELS)


def test_claims_are_taken_as_they_are_meant():
    found = claims()
    assert found == rules.Claims(
        issuer="https://vneid.example",
        subject="person-1",
        level=2,
        full_name="Nguyễn Thị Lan",
        birth_date="1995-03-14",
        id_number="092195000001",
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"cccd": None},
        {"cccd": 92195000001},
        {"cccd": "09219500000"},
        {"cccd": "0921950000012"},
        {"cccd": "092195000001\n"},
        {"cccd": "٠٩٢١٩٥٠٠٠٠٠١"},
        {"name": None},
        {"name": " "},
        {"name": "x" * 201},
        {"acr": "loa3"},
        {"acr": None},
        {"sub": None},
        {"sub": ""},
    ],
)
def test_claims_that_prove_nobody(changed):
    assert claims(**changed) is None


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("1995-03-14", "1995-03-14"),
        ("19950314", "1995-03-14"),
        ("1995", None),
        ("1995-02-30", None),
        (19950314, None),
        (None, None),
    ],
)
def test_birth_dates_come_in_the_forms_that_providers_write(claim, expected):
    assert rules.birth_date_of(claim) == expected


def test_a_name_in_decomposed_letters_is_the_same_name():
    import unicodedata

    written = claims(name=unicodedata.normalize("NFD", "Nguyễn Thị Lan"))
    assert written.full_name == "Nguyễn Thị Lan"


@pytest.mark.parametrize(
    ("digit", "sex", "century"),
    [(str(n), "female" if n % 2 else "male", 1900 + n // 2 * 100) for n in range(10)],
)
def test_the_fourth_digit_says_sex_and_century(digit, sex, century):
    number = f"092{digit}95000001"
    assert (rules.sex_of(number), rules.century_of(number)) == (sex, century)


@pytest.mark.parametrize(
    ("number", "birth", "fits"),
    [
        ("092195000001", "1995-03-14", True),
        ("092195000001", "1996-03-14", False),
        ("092305000001", "2005-01-01", True),
        ("092105000001", "2005-01-01", False),
        ("092195000001", None, True),
    ],
)
def test_a_number_is_held_against_the_year_of_birth(number, birth, fits):
    assert rules.number_fits_birth(number, birth) is fits


@pytest.mark.parametrize(
    ("phone", "good"),
    [
        ("+84912345678", True),
        ("+84292345678", False),
        ("0912345678", False),
        ("+8491234567", False),
        ("+849123456789", False),
        ("+84912345678\n", False),
        ("+1912345678", False),
        ("+84٩12345678", False),
    ],
)
def test_mobile_phones_of_this_country_in_international_form(phone, good):
    assert bool(rules.PHONE.match(phone)) is good


def test_every_fact_has_a_purpose_or_is_somebody_elses():
    for key, fact in facts.FACTS.items():
        expected = "prefill_ethnicity" if key.endswith(".ethnicity") else "prefill"
        assert rules.purpose_of(key) == (None if fact.third_party else expected), key


def test_masks_hide_the_middle():
    assert rules.mask_number("092195000001") == "092•••••0001"
    assert rules.mask_phone("+84912345678") == "+84•••••678"
    assert (rules.mask_number(None), rules.mask_phone("")) == (None, None)


def test_every_purpose_is_said_in_both_languages_with_a_version():
    for key, purpose in rules.PURPOSES.items():
        assert purpose.key == key
        assert purpose.vi
        assert purpose.en
        assert purpose.text_version


def test_what_is_missing_comes_in_the_order_to_do_it():
    assert rules.missing_of(is_citizen=True, phone_verified=False, level=0) == (
        "verify_phone",
        "link_vneid",
        "level_2",
    )
    assert rules.missing_of(is_citizen=True, phone_verified=True, level=1) == ("level_2",)
    assert rules.missing_of(is_citizen=False, phone_verified=False, level=0) == ()
