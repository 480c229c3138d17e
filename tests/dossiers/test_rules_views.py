"""Who sees and does what of a dossier, as tables: every cell."""

import itertools

import pytest

from dossiers.rules import seats, states, views
from dossiers.rules.seats import Role
from dossiers.rules.states import Actor, State
from dossiers.rules.views import Part, Side, Stage

P = Part
ALL = set(Part)
DESK = {P.SUMMARY, P.APPLICANT, P.MONEY, P.TIMELINE, P.SLIPS, P.SUPPLEMENTS}
HELPER = {P.SUMMARY, P.SCANNED}
RECEPTION, DECIDE, NOBODY = {Actor.RECEPTION}, {Actor.HANDLER, Actor.APPROVER}, set()


@pytest.mark.parametrize(
    ("side", "stage", "sees", "acts"),
    [
        ("helping", "before_reception", HELPER, NOBODY),
        ("helping", "at_reception", HELPER, NOBODY),
        ("helping", "forwarded", HELPER, NOBODY),
        ("helping", "result", HELPER, NOBODY),
        ("receiving", "before_reception", ALL - {P.RESULT}, RECEPTION),
        ("receiving", "at_reception", ALL - {P.RESULT}, RECEPTION),
        ("receiving", "forwarded", DESK, RECEPTION),
        ("receiving", "result", DESK | {P.RESULT}, RECEPTION),
        ("competent", "before_reception", {P.SUMMARY}, NOBODY),
        ("competent", "at_reception", ALL, DECIDE),
        ("competent", "forwarded", ALL, DECIDE),
        ("competent", "result", ALL, DECIDE),
    ],
)
def test_each_agency_sees_and_does_its_part(side, stage, sees, acts):
    assert views.parts([Side(side)], Stage(stage)) == sees
    assert views.actors([Side(side)], Stage(stage)) == acts


def test_the_tables_have_every_cell_and_no_more():
    cells = set(itertools.product(Side, Stage))
    assert set(views.SEES) == cells
    assert set(views.ACTS) == cells


@pytest.mark.parametrize("sides", list(itertools.combinations(Side, 2)))
@pytest.mark.parametrize("stage", list(Stage))
def test_an_agency_with_several_parts_has_each_of_them(sides, stage):
    one, two = sides
    assert views.parts(sides, stage) == views.SEES[one, stage] | views.SEES[two, stage]
    assert views.actors(sides, stage) == views.ACTS[one, stage] | views.ACTS[two, stage]


def test_an_agency_with_no_part_sees_nothing():
    assert {views.parts([], stage) for stage in Stage} == {frozenset()}
    assert {views.actors([], stage) for stage in Stage} == {frozenset()}


@pytest.mark.parametrize(
    ("state", "came_from", "received", "stage"),
    [
        (1, None, False, "before_reception"),
        (5, 1, False, "before_reception"),
        (6, 1, False, "before_reception"),
        (7, 1, False, "before_reception"),
        (3, None, False, "before_reception"),
        (8, None, False, "before_reception"),
        (2, None, True, "at_reception"),
        (5, 2, True, "at_reception"),
        (6, 2, True, "at_reception"),
        (7, 2, True, "at_reception"),
        (4, None, True, "forwarded"),
        (5, 4, True, "forwarded"),
        (6, 4, True, "forwarded"),
        (7, 4, True, "forwarded"),
        (3, None, True, "forwarded"),
        (8, None, True, "forwarded"),
        (9, None, True, "result"),
        (10, None, True, "result"),
    ],
)
def test_how_far_a_dossier_is(state, came_from, received, stage):
    back = State(came_from) if came_from else None
    assert views.stage(State(state), came_from=back, received=received) == stage


def test_every_officers_edge_is_open_to_one_agency_where_it_starts():
    """No edge of an officer is lost: in the stage where it starts, its side may act."""
    for edge in states.EDGES:
        if edge.actor not in views.SIDE_OF or edge.start is None:
            continue
        backs = [None] if edge.start not in {5, 6, 7} else [State.ACCEPTED, State.PROCESSING]
        for back in backs:
            if edge not in states.ends(edge.move, edge.start):
                continue
            received = edge.start != State.SUBMITTED
            at = views.stage(edge.start, came_from=back, received=received)
            assert edge.actor in views.ACTS[views.SIDE_OF[edge.actor], at], edge


@pytest.mark.parametrize(
    ("roles", "fit"),
    [
        (["auditor"], True),
        (["admin"], True),
        (["admin", "handler"], True),
        (["reception", "handler", "approver", "admin", "catalogue"], True),
        (["auditor", "handler"], False),
        (["auditor", "admin"], False),
        ([], False),
    ],
)
def test_which_roles_fit_together(roles, fit):
    assert seats.fit_together(roles) is fit


@pytest.mark.parametrize("role", list(Role))
def test_which_roles_open_dossiers(role):
    assert seats.reads_dossiers([role]) == (role not in {"admin", "catalogue", "cashier"})


@pytest.mark.parametrize(
    ("own", "giver", "chosen", "lent"),
    [
        (["handler"], ["approver"], ["approver"], {"approver"}),
        (["approver"], ["approver"], ["approver"], set()),
        (["handler"], ["reception"], ["approver"], set()),
        (["handler"], ["admin"], ["admin"], set()),
        (["handler"], ["auditor"], ["auditor"], set()),
        (["auditor"], ["approver"], ["approver"], set()),
        (["admin"], ["handler", "approver"], ["handler", "approver"], {"handler", "approver"}),
    ],
)
def test_what_is_lent(own, giver, chosen, lent):
    assert seats.lent(own, giver, chosen) == lent
