"""My dossiers: filters, what is needed from me now, one call for a screen, an honest ETag."""

import datetime

import pytest

from common import clock as real
from dossiers.models import Document, Dossier, SupplementRequest
from dossiers.rules import needs
from dossiers.rules.states import EDGES, HELD_FROM, NAMES, State
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received, settle


def ids(api, query=""):
    answer = api.get(f"/api/v1/dossiers?{query}")
    assert answer.status_code == 200, answer.content
    return {one["id"] for one in answer.json()["items"]}


def force(dossier_id, state):
    """Put a new dossier into a state by rows alone: what is tested is what is shown of it.

    The database lets a state change along listed edges only, so it goes the shortest way.
    """
    now = real.now()
    ways = {State.SUBMITTED: []}
    for at in (reached := [State.SUBMITTED]):
        for edge in EDGES:
            if edge.start == at and edge.end not in ways:
                ways[edge.end] = [*ways[at], edge.end]
                reached.append(edge.end)
    for step in ways[state]:
        held = None
        if step in HELD_FROM:
            held = int(State.ACCEPTED if State.ACCEPTED in HELD_FROM[step] else State.COMPLETED)
        Dossier.objects.filter(id=dossier_id).update(
            state=int(step), received_at=now, came_from=held, finished_at=None
        )


@pytest.fixture
def three(cast):
    """A dossier with a fee open, one received and paid, one refused."""
    fresh, refused = stories.submitted(cast.owner), stories.submitted(cast.owner)
    assert move(cast.reception, refused, "refuse", 1, reason="Không thuộc").status_code == 201
    return fresh["id"], received(cast)["id"], refused["id"]


def test_filters_narrow_the_list_and_add_up(cast, three):
    fresh, running, refused = three
    assert ids(cast.owner) == {fresh, running, refused}
    assert ids(cast.owner, "state=accepted") == {running}
    assert ids(cast.owner, "status=open") == {fresh, running}
    assert ids(cast.owner, "status=closed") == {refused}
    assert ids(cast.owner, "needs_action=true") == {fresh}
    assert ids(cast.owner, "needs_action=false") == {running, refused}
    assert ids(cast.owner, "needs_action=true&status=closed") == set()
    assert ids(cast.owner, f"service_code={stories.EXTRACT}") == {fresh, running, refused}
    assert ids(cast.owner, f"service_code={stories.MARRIAGE}") == set()
    assert ids(cast.stranger, "status=open") == set()


def test_a_period_ends_before_its_last_day(cast, three):
    day = datetime.date(2026, 3, 2)
    for number, (name, hour) in enumerate(zip(three, (0, 23, 24), strict=True)):
        moment = real.midnight(day) + datetime.timedelta(hours=hour, minutes=number)
        Dossier.objects.filter(id=name).update(submitted_at=moment)
    assert ids(cast.owner, "start=2026-03-02&end=2026-03-03") == set(three[:2])
    assert ids(cast.owner, "start=2026-03-03") == {three[2]}
    assert ids(cast.owner, "end=2026-03-02") == set()


@pytest.mark.parametrize(
    "query",
    [
        *("state=1", "state=unknown", "status=OPEN", "status=", "needs_action=1", "open=true"),
        *("service_code=x", "start=today", "end=2026-13-01", "start=2026-01-01&x=1", "state="),
    ],
)
def test_unknown_filters_and_values_are_refused(cast, query):
    answer = cast.owner.get(f"/api/v1/dossiers?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_pages_keep_their_filter(cast):
    made = {stories.submitted(cast.owner)["id"] for _ in range(3)}
    seen, path = [], "/api/v1/dossiers?status=open&page_size=2"
    while path:
        page = cast.owner.get(path).json()
        seen += [one["id"] for one in page["items"]]
        path = page["next"] and page["next"].removeprefix("http://testserver")
        assert path is None or "status=open" in path
    assert len(seen) == 3
    assert set(seen) == made


@pytest.mark.parametrize("query", ["", "needs_action=true", "status=open&needs_action=false"])
def test_filtered_lists_take_the_same_reads_for_one_and_for_many(cast, count_queries, query):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            stories.submitted(cast.owner)
            settle(stories.submitted(cast.owner))
        with count_queries() as queries:
            assert ids(cast.owner, query)
        counts.append(len(queries))
    assert counts == [5, 5]


def test_the_filter_and_the_needs_agree_in_every_state(cast):
    """The condition in the database is the rule in Python: state x fee x supplement."""
    made = {}
    for state in State:
        for unpaid in (False, True):
            for asked in ("open", "answered", None):
                name = stories.submitted(cast.owner)["id"]
                if not unpaid:
                    settle({"id": name})
                if asked:
                    SupplementRequest.objects.create(
                        dossier_id=name,
                        round=1,
                        clock="pause",
                        message="x",
                        state=asked,
                        requested_at=real.now(),
                    )
                force(name, state)
                made[name] = (state, unpaid, asked)
    listed = cast.owner.get("/api/v1/dossiers?page_size=100").json()["items"]
    shown = {one["id"]: [need["kind"] for need in one["needs"]] for one in listed}
    assert set(shown) == set(made)
    for name, (state, unpaid, asked) in made.items():
        ask = needs.Ask("x") if asked == "open" else None
        rule = needs.needed(
            dossier_id=name, state=state, unpaid=("pay",) if unpaid else (), ask=ask
        )
        assert shown[name] == [one.kind.value for one in rule], made[name]
    acting = {name for name, found in shown.items() if found}
    assert ids(cast.owner, "page_size=100&needs_action=true") == acting
    assert ids(cast.owner, "page_size=100&needs_action=false") == set(shown) - acting


def test_home_tells_what_to_do_now_of_all_my_dossiers(cast):
    waiting = stories.submitted(cast.owner)
    for _ in range(6):  # newer ones that need nothing
        settle(stories.submitted(cast.owner))
    home = cast.owner.get("/api/v1/me/home").json()
    assert waiting["id"] not in {one["id"] for one in home["dossiers"]}
    (need,) = home["needs"]
    assert need == {
        "dossier_id": waiting["id"],
        "dossier_code": waiting["code"],
        "service_name": waiting["service_name"],
        **waiting["needs"][0],
    }
    assert cast.stranger.get("/api/v1/me/home").json()["needs"] == []
    english = cast.owner.get("/api/v1/me/home", **{"Accept-Language": "en"}).json()
    assert english["needs"][0]["text"].startswith("Pay what is owed")


def test_one_call_tells_the_whole_screen(cast, clock):
    dossier = stories.submitted(cast.owner)
    one = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()
    office = one["receiving_agency"]["name_vi"]
    assert one["explanation"] == f"Hồ sơ đã được gửi tới {office} và đang chờ kiểm tra."
    assert "hẹn ngày, giờ trả kết quả" in one["next_step"]
    assert one["expected"]["status"] == "not_started"
    payment = one["payment_ids"][0]
    assert one["needs"] == [
        {
            "kind": "pay",
            "text": "Thanh toán khoản phải nộp để hồ sơ được giải quyết",
            "deadline": None,
            "reference": payment,
            "link": f"/api/v1/payments/{payment}",
        }
    ]
    assert cast.owner.get(one["needs"][0]["link"]).status_code == 200
    assert one["updated_at"] == "2026-11-24T10:00:00+07:00"
    (event,) = one["timeline"]
    assert (event["title"], event["office"], event["due_at"]) == (
        "Đã gửi hồ sơ",
        "Người nộp hồ sơ",
        None,
    )
    assert event["text"] == (
        f"Hồ sơ đã được gửi tới {office}. Cơ quan sẽ kiểm tra trước khi tiếp nhận."
    )


def test_a_clock_that_stands_says_why_and_how_much_is_left(cast, clock):
    dossier = received(cast)
    Dossier.objects.filter(id=dossier["id"]).update(
        time_limit={"value": 5, "unit": "working_day", "same_day": False}
    )
    path = f"/api/v1/dossiers/{dossier['id']}"
    asked = move(cast.reception, dossier, "request_supplement", 2, reason="Thiếu giấy tờ")
    assert asked.status_code == 201, asked.content
    vietnamese = cast.owner.get(path).json()
    english = cast.owner.get(path, **{"Accept-Language": "en"}).json()
    assert vietnamese["due_at"] is None
    left = vietnamese["expected"]["working_days_left"]
    assert vietnamese["expected"] == {
        "status": "paused",
        "due_at": None,
        "working_days_left": left,
        "text": f"Thời hạn đang dừng (chờ bổ sung hồ sơ); còn {left} ngày làm việc khi tiếp tục",
    }
    assert english["expected"]["text"].startswith("The clock stands")
    assert [need["kind"] for need in vietnamese["needs"]] == ["supplement"]
    assert english["next_step"] != vietnamese["next_step"]
    assert [one["title"] for one in english["timeline"]] == [
        "The dossier was sent",
        "The dossier was received",
        "The dossier needs a supplement",
    ]


def test_a_304_never_hides_a_change(cast, drain):
    dossier = stories.submitted(cast.owner)
    path = f"/api/v1/dossiers/{dossier['id']}"

    def unchanged(tag):
        return cast.owner.get(path, **{"If-None-Match": tag}).status_code == 304

    changes = {
        "money came in, and nobody told the dossier yet": lambda: settle(dossier),
        "a paper was made": drain,
        "a paper was renamed": lambda: Document.objects.update(title_vi="Khác"),
        "an officer moved it": lambda: move(
            cast.reception, dossier, "request_supplement", 1, reason="Thiếu"
        ),
        "the request was answered": lambda: SupplementRequest.objects.update(state="answered"),
    }
    for what, change in changes.items():
        tag = cast.owner.get(path)["ETag"]
        assert unchanged(tag), what
        change()
        assert not unchanged(tag), what
    tag = cast.owner.get(path)["ETag"]
    english = cast.owner.get(path, **{"If-None-Match": tag, "Accept-Language": "en"})
    assert english.status_code == 200


def test_what_a_post_answers_need_not_be_read_again(cast):
    dossier = received(cast)
    path = f"/api/v1/dossiers/{dossier['id']}"
    asked = cast.owner.post(f"{path}/withdrawal", {"reason": "Đổi ý"})
    assert cast.owner.get(path, **{"If-None-Match": asked["ETag"]}).status_code == 304


def test_the_detail_takes_the_same_reads_whatever_happened(cast, count_queries):
    dossier = stories.submitted(cast.owner)
    path = f"/api/v1/dossiers/{dossier['id']}"
    counts = []
    for _ in range(2):
        with count_queries() as queries:
            assert cast.owner.get(path).status_code == 200
        counts.append(len(queries))
        settle(dossier)
        move(cast.reception, dossier, "receive", 1)
        move(cast.reception, dossier, "request_supplement", 2, reason="Thiếu")
    assert counts == [11, 11]


def test_every_state_can_be_asked_for_by_its_key(cast):
    for state in State:
        name = stories.submitted(cast.owner)["id"]
        force(name, state)
        assert ids(cast.owner, f"state={NAMES[state].key}") == {name}
