"""The three-way merge, for all values."""

from hypothesis import given
from hypothesis import strategies as st

from dossiers.rules import merge
from dossiers.rules.merge import UNTOUCHED, Conflict

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "Cần Thơ"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from("abcd")
ANSWERS = st.dictionaries(FIELDS, VALUES)
CHANGES = st.dictionaries(FIELDS, VALUES | st.just(UNTOUCHED))


@given(ANSWERS, CHANGES)
def test_nobody_else_wrote_so_everything_that_changes_is_clean(base, yours):
    met = merge.merge(base, yours, base)
    assert (met.conflicts, met.elsewhere) == ((), ())
    assert merge.same(merge.apply(base, met.clean), merge.apply(base, yours))


@given(ANSWERS, CHANGES)
def test_the_same_change_made_twice_meets_itself(base, yours):
    theirs = merge.apply(base, yours)
    met = merge.merge(base, yours, theirs)
    assert (met.clean, met.conflicts) == ({}, ())


@given(ANSWERS, CHANGES, CHANGES)
def test_without_a_conflict_the_order_does_not_matter(base, one, other):
    first, second = merge.apply(base, one), merge.apply(base, other)
    there = merge.merge(base, other, first)
    back = merge.merge(base, one, second)
    assert [c.field for c in there.conflicts] == [c.field for c in back.conflicts]
    if not there.conflicts:
        assert merge.same(merge.apply(first, there.clean), merge.apply(second, back.clean))


@given(ANSWERS, CHANGES, ANSWERS)
def test_what_was_saved_elsewhere_is_never_overruled(base, yours, theirs):
    met = merge.merge(base, yours, theirs)
    after = merge.apply(theirs, met.clean)
    for field in met.elsewhere:
        assert merge.same(after.get(field, UNTOUCHED), theirs.get(field, UNTOUCHED))


@given(ANSWERS, CHANGES, ANSWERS)
def test_a_conflict_is_a_field_that_is_different_on_all_three_sides(base, yours, theirs):
    for conflict in merge.merge(base, yours, theirs).conflicts:
        assert conflict.yours is yours[conflict.field]
        assert not merge.same(conflict.yours, conflict.theirs)
        assert not merge.same(conflict.base, conflict.yours)
        assert not merge.same(conflict.base, conflict.theirs)


@given(CHANGES, ANSWERS)
def test_without_a_base_every_difference_is_a_conflict(yours, theirs):
    met = merge.merge(None, yours, theirs)
    assert (met.clean, met.elsewhere) == ({}, ())
    assert [one.field for one in met.conflicts] == [
        field
        for field in sorted(yours)
        if not merge.same(yours[field], theirs.get(field, UNTOUCHED))
    ]


def test_emptied_on_purpose_reset_and_untouched_are_three_things():
    base = {"a": "x", "b": "x", "c": "x"}
    theirs = {"a": None, "c": "x"}  # emptied here, reset there
    met = merge.merge(base, merge.changes({"a": "y", "c": None}, ["b"]), theirs)
    assert met.conflicts == (Conflict("a", "x", "y", None),)
    assert met.clean == {"c": None}
    assert met.elsewhere == ("a", "b")
    assert merge.apply(theirs, {"a": UNTOUCHED}) == {"c": "x"}


def test_a_field_answered_and_reset_at_once_is_answered():
    assert merge.changes({"a": 1}, ["a", "b"]) == {"a": 1, "b": UNTOUCHED}


def test_an_address_is_one_value_and_true_is_not_1():
    base = {"nha": {"line": "1", "ward": "A"}, "so": 1}
    theirs = {"nha": {"line": "2", "ward": "A"}, "so": True}
    met = merge.merge(base, {"nha": {"line": "1", "ward": "B"}}, theirs)
    assert [one.field for one in met.conflicts] == ["nha"]
    assert met.elsewhere == ("nha", "so")
    assert not merge.same([1], [True])
    assert merge.same({"n": 1}, {"n": 1.0})
