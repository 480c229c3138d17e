"""An officer's queue: what is in it, in which order, how fast, and who sees it."""

import datetime

import pytest
from django.db import connection

from dossiers.models import Assignment, SupplementRequest
from dossiers.rules.calendar import HCM
from dossiers.rules.due import Colour
from tests.dossiers import stories
from tests.dossiers.desks import QUEUE, copy_of, seat_of

COUNTS = "/api/v1/officer/queue-counts"


def at(day, hour=17):
    return datetime.datetime(2026, 11, day, hour, tzinfo=HCM)


def codes(api, query=""):
    answer = api.get(f"{QUEUE}{query}")
    assert answer.status_code == 200, answer.content
    return [item["code"] for item in answer.json()["items"]]


@pytest.fixture
def shelf(cast, clock):
    """A dossier of each kind, on Wednesday 25 November 2026 at ten."""
    clock.move_to("2026-11-25T10:00:00+07:00")
    first = stories.submitted(cast.owner)
    rows = {
        "late": copy_of(first, state=4, due_at=at(24)),
        "red": copy_of(first, state=2, due_at=at(25)),
        "amber": copy_of(first, state=4, due_at=at(26)),
        "green": copy_of(first, state=4, due_at=at(30)),
        "asked": copy_of(first, state=5, due_at=None),
        "answered": copy_of(first, state=5, due_at=None),
        "paying": copy_of(first, state=6, due_at=None),
        "leaving": copy_of(first, state=7, due_at=None, channel="postal"),
        "done": copy_of(first, state=9, due_at=at(23), finished_at=at(23, 9)),
        "returned": copy_of(first, state=10, due_at=at(20), finished_at=at(19)),
        "refused": copy_of(first, state=3, due_at=None, received_at=None, finished_at=at(19)),
    }
    for name in ("asked", "answered"):
        SupplementRequest.objects.create(
            dossier=rows[name],
            round=1,
            clock="pause",
            message="x",
            state="open" if name == "asked" else "answered",
            requested_at=at(23),
        )
    return {"new": first["code"]} | {name: row.code for name, row in rows.items()} | {"rows": rows}


def test_what_is_due_first_stands_first_and_what_has_no_due_time_last(cast, shelf):
    found = codes(cast.reception)
    assert found[:4] == [shelf[name] for name in ("late", "red", "amber", "green")]
    assert set(found[4:]) == {
        shelf[name] for name in ("new", "asked", "answered", "paying", "leaving", "done")
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=4", {"late", "amber", "green"}),
        ("?state=2,5", {"red", "asked", "answered"}),
        ("?state=3,10", {"refused", "returned"}),
        ("?state=10,1", {"returned", "new"}),
        ("?due=late", {"late"}),
        ("?due=red", {"red"}),
        ("?due=amber", {"amber"}),
        ("?due=green", {"green"}),
        ("?due=paused", {"asked", "answered", "paying", "leaving"}),
        ("?due=none", {"new", "done"}),
        ("?due=amber&state=2", set()),
        ("?waiting_for=citizen", {"asked"}),
        ("?waiting_for=payment", {"paying", "new"}),
        ("?waiting_for=opinion", set()),
        ("?waiting_for=pickup", set()),
        (
            "?waiting_for=us",
            {"late", "red", "amber", "green", "answered", "leaving", "done"},
        ),
        ("?channel=postal", {"leaving"}),
        ("?service_code=1.000894", set()),
        ("?service_code=2.000635&state=2", {"red"}),
        ("?role=helping", set()),
        ("?role=competent", set()),
        ("?role=receiving&state=9", {"done"}),
        ("?assigned=me", set()),
        ("?assigned=nobody&state=2", {"red"}),
        ("?submitted_from=2026-11-26", set()),
        ("?submitted_to=2026-11-24", set()),
        ("?submitted_from=2026-11-25&submitted_to=2026-11-25&state=2", {"red"}),
    ],
)
def test_each_filter_leaves_exactly_what_it_says(cast, shelf, query, names):
    found = codes(cast.reception, query)
    assert sorted(found) == sorted(shelf[name] for name in names)


def test_a_code_is_found_however_it_is_written_and_only_whole(cast, shelf):
    assert codes(cast.reception, f"?code={shelf['red'].lower()}") == [shelf["red"]]
    assert codes(cast.reception, f"?code={shelf['red'][:-1]}") == []


@pytest.mark.parametrize(
    "query",
    [
        "?stat=1",
        "?state=11",
        "?state=1,,2",
        "?state=",
        "?role=other",
        "?due=blue",
        "?order=code",
        "?assigned=you",
        "?waiting_for=god",
        "?submitted_from=yesterday",
        "?service_code=x",
        "?channel=fax",
    ],
)
def test_what_is_not_known_is_refused_and_never_ignored(cast, query):
    answer = cast.reception.get(f"{QUEUE}{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_what_is_drawn_is_what_is_filtered(cast, shelf):
    for edge in (at(25, 10), at(26, 0), at(27, 0)):  # on the edge of two colours
        row = shelf["rows"]["red"]
        copy_of({"id": row.id}, due_at=edge)
    drawn = {}
    for item in cast.reception.get(f"{QUEUE}?page_size=100").json()["items"]:
        drawn.setdefault(item["due_colour"], set()).add(item["code"])
    filtered = {str(colour): set(codes(cast.reception, f"?due={colour}")) for colour in Colour}
    assert filtered == drawn
    assert sum(len(found) for found in filtered.values()) == 13
    assert set(drawn) == {str(colour) for colour in Colour}


def walked(api, query):
    found, link = [], f"{QUEUE}{query}"
    while link:
        page = api.get(link.replace("http://testserver", "")).json()
        found += [item["code"] for item in page["items"]]
        link = page["next"]
    return found


@pytest.mark.parametrize("order", ["due", "submitted", "newest"])
def test_pages_of_one_row_show_each_row_once_in_the_same_order(cast, shelf, order):
    whole = codes(cast.reception, f"?order={order}&page_size=100")
    assert len(whole) == 10
    assert walked(cast.reception, f"?order={order}&page_size=1") == whole
    last = cast.reception.get(f"{QUEUE}?order={order}&page_size=6").json()["next"]
    back = cast.reception.get(last.replace("http://testserver", "")).json()
    assert [one["code"] for one in back["items"]] == whole[6:]
    first = cast.reception.get(back["previous"].replace("http://testserver", "")).json()
    assert [one["code"] for one in first["items"]] == whole[:6]


def test_a_row_of_two_roles_is_listed_once(cast, shelf):
    row = shelf["rows"]["red"]
    row.helping_agency_id = row.competent_agency_id = row.receiving_agency_id
    row.save()
    assert codes(cast.reception, "?state=2") == [row.code]
    assert codes(cast.reception, "?state=2&role=helping") == [row.code]
    assert codes(cast.reception, "?state=2,10").count(row.code) == 1


def test_whose_work_it_is_in_my_agency_and_in_no_other(cast, shelf):
    row, now = shelf["rows"]["amber"], at(25, 10)
    counter, desk = seat_of("tiep-nhan"), seat_of("thu-ly")
    Assignment.objects.create(dossier=row, agency=counter.agency, seat=counter, since=now)
    Assignment.objects.create(dossier=row, agency=desk.agency, seat=desk, since=now)
    assert codes(cast.reception, "?assigned=me") == [row.code]
    assert codes(cast.handler, "?assigned=me") == [row.code]
    assert codes(cast.approver, "?assigned=me") == []
    assert codes(cast.approver, f"?assigned={desk.pk}") == [row.code]
    assert codes(cast.approver, f"?assigned={counter.pk}") == []
    assert row.code not in codes(cast.approver, "?assigned=nobody")
    [shown] = cast.approver.get(f"{QUEUE}?assigned={desk.pk}").json()["items"]
    assert shown["assignment"] == {
        "seat_id": str(desk.pk),
        "title": "Công chức thụ lý",
        "mine": False,
        "since": "2026-11-25T10:00:00+07:00",
    }


def test_the_board_counts_open_dossiers_once_each_in_one_statement(cast, shelf, count_queries):
    row, counter = shelf["rows"]["amber"], seat_of("tiep-nhan")
    Assignment.objects.create(dossier=row, agency=counter.agency, seat=counter, since=at(25, 9))
    cast.reception.get(COUNTS)
    with count_queries() as queries:
        board = cast.reception.get(COUNTS).json()
    assert len(queries) == 8  # session, seat, what is lent to it, two of the calendar, the board
    assert {one["state"]["code"]: one["count"] for one in board["states"]} == {
        **{1: 1, 2: 1, 4: 3, 5: 2, 6: 1, 7: 1, 9: 1}
    }
    assert {one["due_colour"]: one["count"] for one in board["colours"]} == {
        **{"none": 2, "green": 1, "amber": 1, "red": 1, "paused": 4, "late": 1}
    }
    assert (board["mine"], board["nobodys"], board["others"]) == (1, 9, 0)
    theirs = cast.handler.get(COUNTS).json()
    assert (theirs["mine"], theirs["nobodys"], theirs["others"]) == (0, 10, 0)


def test_the_boards_colours_are_the_queues(cast, shelf):
    board = cast.reception.get(COUNTS).json()["colours"]
    for one in board:
        assert one["count"] == len(codes(cast.reception, f"?due={one['due_colour']}"))


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 403), ("stranger", 403), ("anonymous", 401)],
)
def test_only_officers_have_a_queue_and_a_board(cast, who, status):
    for path in (QUEUE, COUNTS):
        assert getattr(cast, who).get(path).status_code == status


def test_another_agencys_queue_and_board_are_empty(cast, shelf):
    assert codes(cast.foreign_officer) == []
    board = cast.foreign_officer.get(COUNTS).json()
    assert {one["count"] for one in board["states"] + board["colours"]} == {0}


@pytest.mark.parametrize(
    "query", ["?page_size=100", "?order=newest&page_size=100", "?state=2,10&page_size=100"]
)
def test_the_queue_takes_as_many_queries_for_many_as_for_one(cast, count_queries, query):
    first = stories.submitted(cast.owner)
    copy_of(first, state=2, due_at=at(25))
    seat, counts = seat_of("tiep-nhan"), []
    for more in (1, 6):
        for _ in range(more):
            row = copy_of(first, state=10 if ",10" in query else 4, due_at=at(26))
            Assignment.objects.create(dossier=row, agency=seat.agency, seat=seat, since=at(25))
        cast.reception.get(f"{QUEUE}{query}")
        with count_queries() as queries:
            assert len(cast.reception.get(f"{QUEUE}{query}").json()["items"]) > more
        counts.append(len(queries))
    assert counts == [14, 14]


def plan(seat, wanted):
    """Return how the database reads the first page of a queue, as it does with many rows."""
    from common import pages
    from dossiers.queries import desk

    rows = pages._merged(desk.queue(seat, wanted), desk.ways(seat, wanted), wanted.columns, 21)
    sql, values = rows.order_by(*wanted.columns)[:21].query.sql_with_params()
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_indexes_that_stand_agency_first_walk_each_queue_in_its_order(cast, shelf):
    from dossiers.queries.desk import Wanted

    seat = seat_of("tiep-nhan")
    shown = plan(seat, Wanted())
    for name in ("rece_due", "comp_due", "help_due"):
        assert f"Index Scan using dossiers_dossier_{name}" in shown, shown
    shown = plan(seat, Wanted(order="submitted"))
    for name in ("rece_sent", "comp_sent", "help_sent"):
        assert f"Index Scan using dossiers_dossier_{name}" in shown, shown
    shown = plan(seat, Wanted(role="receiving", states=(2, 4), assigned="nobody"))
    assert "Index Scan using dossiers_dossier_rece_due" in shown, shown
    shown = plan(seat, Wanted(states=(10,)))
    assert "Index Scan Backward using dossiers_dossier_receiving" in shown, shown
    assert "Index Scan Backward using dossiers_dossier_helping" in shown, shown
