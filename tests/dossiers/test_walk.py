"""Every state x every move x every role, over HTTP: what the table allows acts, the rest does not.

An allowed move leaves exactly one timeline row, and one more where it opens a refund decision. A
refused one answers the code that the table gives and changes no row anywhere.
"""

import pytest
from django.db import connection

from citizens.actions import demo
from common import clock as real
from dossiers.actions import seats
from dossiers.models import Dossier, TimelineEvent
from dossiers.rules import states
from dossiers.rules.states import Effect, Guard, MoveNotAllowed, State
from payments import queries as payments
from tests.conftest import Api
from tests.dossiers.ten_states import DUE, OTHERWISE, TEN
from tests.dossiers.test_api_dossiers import move

AT_THE_DESK = (*states.OFFICER_MOVES, "propose")
OF_THE_CITIZEN = {"withdraw": "withdrawal", "collect": "acknowledgement"}
OFFICERS = ("reception", "handler", "approver", "auditor", "admin", "cashier")
OTHERS = ("owner", "stranger", "foreign", "anonymous")
BODIES = {
    "request_payment": {"lines": DUE},
    "propose": {"result_text": "Cấp 02 bản sao"},
}
REFUSALS = {
    Guard.FEE_PAID: "fee_unpaid",
    Guard.DUE_AT_RESULT_PAID: "fee_unpaid",
    Guard.NOT_PAID: "fee_already_paid",
    Guard.PROPOSAL: "nothing_proposed",
    Guard.WITHIN_APPRAISAL_DAYS: "appraisal_return_too_late",
    Guard.BY_APP: "not_by_app",
}
WATCHED = ("dossiers_%", "payments_%", "citizens_%", "common_%", "procrastinate_jobs")


@pytest.fixture
def roles(cast, sign_in):
    """One officer of each role at the dossier's offices, and those who have no business there."""
    for who, agency, role in (
        ("tiep-nhan", "ttpvhcc-31135", "reception"),
        ("thu-ly", "ubnd-31135", "handler"),
        ("lanh-dao", "ubnd-31135", "approver"),
        ("tu-phap", "ubnd-31135", "auditor"),
        ("quan-tri", "ubnd-31135", "admin"),
        ("thu-ngan", "ttpvhcc-31135", "cashier"),
    ):
        seats.take(
            user_id=demo.user_id_of(who),
            agency_key=agency,
            title="Cán bộ",
            roles=[role],
            now=real.now(),
        )
    return {
        "owner": cast.owner,
        "stranger": cast.stranger,
        "reception": cast.reception,
        "handler": cast.handler,
        "approver": cast.approver,
        "auditor": sign_in("tu-phap"),
        "admin": sign_in("quan-tri"),
        "cashier": sign_in("thu-ngan"),
        "foreign": cast.foreign_officer,
        "anonymous": Api(),
    }


@pytest.fixture
def dump():
    """Return a function that says in one query what every watched table holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE ANY(%s)"
            " AND tablename NOT LIKE 'dossiers_calendar%%' ORDER BY 1",
            [list(WATCHED)],
        )
        tables = [row[0] for row in cursor.fetchall()]
    assert {"dossiers_dossier", "payments_payment", "citizens_vaultaccess"} <= set(tables)
    union = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), ''))"
        f' FROM "{table}" t'
        for table in tables
    )

    def _dump():
        with connection.cursor() as cursor:
            cursor.execute(union)
            return dict(cursor.fetchall())

    return _dump


def expected(dossier, name, role):
    """Return the status and code that the table gives, and the edge or None."""
    if role == "anonymous":
        return 401, "not_signed_in", None
    citizens_door = name in OF_THE_CITIZEN
    if citizens_door and role != "owner":
        return (404, "not_found", None) if role == "stranger" else (403, "forbidden", None)
    if not citizens_door and role in {"owner", "stranger"}:
        return 403, "forbidden", None
    if role == "foreign":
        return 404, "not_found", None
    if role in {"admin", "cashier"}:
        return 403, "no_dossier_role", None
    state = State(dossier.state)
    came_from = State(dossier.came_from) if dossier.came_from else None
    if name == "propose":
        if state not in {State.ACCEPTED, State.PROCESSING}:
            return 409, "move_not_allowed", None
        return (201, None, None) if role == "handler" else (403, "not_your_role", None)
    try:
        edge = states.edge(name, state, came_from=came_from)
    except MoveNotAllowed:
        return 409, "move_not_allowed", None
    if edge.actor != ("citizen" if role == "owner" else role):
        return 403, "not_your_role", None
    for guard in edge.guards:
        if broken(guard, dossier):
            return 409, REFUSALS[guard], None
    return 201, None, edge


def broken(guard, dossier):
    dues = payments.status_of([dossier.id])[dossier.id]
    match guard:
        case Guard.FEE_PAID:
            return dossier.received_at is None and dues.open
        case Guard.DUE_AT_RESULT_PAID:
            return dues.open
        case Guard.NOT_PAID:
            return dues.paid_vnd > dues.refunded_vnd
        case Guard.PROPOSAL:
            return not dossier.proposal
    return False  # received today, and the result comes back in the app


def keeps_money(edge, dossier):
    """Return whether this end leaves a fee that somebody decides on: a second row tells so."""
    dues = payments.status_of([dossier.id]).get(dossier.id)  # None: what was owed is cancelled
    kept = dues is not None and dues.paid_vnd > dues.refunded_vnd
    return kept and Effect.DECIDE_REFUND in edge.effects


def walk(cast, roles, dump, build, tried_by):
    """Try every move by these roles from where `build` leads; return how many acted."""
    told = build(cast)
    for api in roles.values():
        api.get("/api/v1/me")
    dossier = Dossier.objects.get(id=told["id"])
    before, rows = dump(), TimelineEvent.objects.count()
    acted = 0
    for name in (*AT_THE_DESK, *OF_THE_CITIZEN):
        for role in tried_by:
            status, code, edge = expected(dossier, name, role)
            place = connection.savepoint()
            if name in OF_THE_CITIZEN:
                path = f"/api/v1/dossiers/{dossier.id}/{OF_THE_CITIZEN[name]}"
                answer = roles[role].post(path, {})
            else:
                body = {"reason": "Theo quy định", **BODIES.get(name, {})}
                answer = move(roles[role], told, name, dossier.state, **body)
            where = (dossier.state, name, role, answer.content)
            if name == "collect" and role == "owner" and status == 409:
                status, code = acknowledged(dossier, code)
            assert answer.status_code == status, where
            if status == 201:
                acted += 1
                kept = edge is not None and keeps_money(edge, dossier)
                assert TimelineEvent.objects.count() == rows + 1 + kept, where
                last = TimelineEvent.objects.order_by("-id")[kept]
                if edge is not None:
                    found = (last.move, last.from_state, last.to_state)
                    assert found == (name, dossier.state, int(edge.end)), where
            else:
                assert answer.json()["code"] == code, where
                assert dump() == before, where
            connection.savepoint_rollback(place)
    return acted


def acknowledged(dossier, code):
    """Return what confirming a receipt answers: it notes one that was handed over already."""
    if dossier.state == State.RETURNED:
        return 201, None
    return (409, code) if dossier.state == State.COMPLETED else (409, "nothing_to_acknowledge")


@pytest.mark.parametrize("state", list(TEN), ids=lambda state: f"state {state}")
def test_every_move_by_every_role_from_each_of_the_ten_states(cast, clock, roles, dump, state):
    acted = walk(cast, roles, dump, TEN[state], (*OFFICERS, *OTHERS))
    possible = {1: 4, 2: 5, 3: 0, 4: 6, 5: 3, 6: 2, 7: 2, 8: 0, 9: 4, 10: 2}
    assert acted == possible[state]


@pytest.mark.parametrize("way", list(OTHERWISE))
def test_every_move_from_a_state_reached_another_way(cast, clock, roles, dump, way):
    acted = walk(cast, roles, dump, OTHERWISE[way], ("reception", "handler", "approver", "owner"))
    assert acted > 0 or way == "6 from 9"  # that one waits for its money alone


@pytest.mark.parametrize("name", ["resume_paid", "withdraw", "collect", *states.ENTRIES])
def test_nobody_at_the_desk_makes_the_moves_of_the_system_and_the_citizen(cast, roles, dump, name):
    told = TEN[9](cast)
    before = dump()
    for role in OFFICERS:
        answer = move(roles[role], told, name, 9, reason="x")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert dump() == before
