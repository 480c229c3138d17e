"""Real threads, real commits, real PostgreSQL."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from dossiers.models import Dossier, SupplementRequest, TimelineEvent
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, settle

pytestmark = pytest.mark.django_db(transaction=True)


def together(count, call):
    """Call `call(number)` from `count` threads that start at the same moment."""
    gate = threading.Barrier(count)

    def run(number):
        gate.wait()
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def token(cast):
    return cast.owner.token


def test_twenty_identical_submits_make_one_dossier(cast, token):
    draft = stories.filled(cast.owner)
    answers = together(20, lambda n: stories.submit(Api(token), draft, key="gui-hai-muoi-lan"))
    statuses = sorted({answer.status_code for answer in answers})
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_in_progress"
            assert answer["Retry-After"]
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    assert Dossier.objects.count() == 1


def test_twenty_submits_with_different_keys_make_one_dossier(cast, token):
    draft = stories.filled(cast.owner)
    answers = together(20, lambda n: stories.submit(Api(token), draft))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_fifty_threads_at_one_agency_get_dense_unique_codes(cast, token):
    drafts = [stories.filled(cast.owner) for _ in range(50)]
    answers = together(50, lambda n: stories.submit(Api(token), drafts[n]))
    assert [answer.status_code for answer in answers] == [201] * 50
    numbers = sorted(int(answer.json()["code"].rsplit("-", 1)[1]) for answer in answers)
    assert numbers == list(range(1, 51))


def test_a_number_that_was_not_used_is_given_out_again(cast):
    from common import clock, db
    from dossiers.actions import codes

    class Crash(Exception):
        pass

    def take(crash):
        with db.transaction():
            code = codes.next_code(agency_key="ttpvhcc", identifier="H13.003", day=clock.today())
            if crash:
                raise Crash
        return code

    with pytest.raises(Crash):
        take(crash=True)
    assert take(crash=False).endswith("-0001")


def test_a_decision_and_a_withdrawal_race_and_one_wins(cast):
    dossier = stories.submitted(cast.owner)
    settle(dossier)
    assert move(cast.reception, dossier, "receive", 1).status_code == 201
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    assert move(cast.handler, dossier, "propose", 4, result_text="Cấp").status_code == 201
    citizen, approver = cast.owner.token, cast.approver.token

    def act(number):
        if number == 0:
            return Api(citizen).post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {})
        return move(Api(approver), dossier, "sign", 4)

    answers = together(2, act)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    state = Dossier.objects.get().state
    assert state in {7, 9}
    told = lost.json()
    assert (told["code"], told.get("current_state", told.get("state"))) in {
        ("state_changed", state),
        ("move_not_allowed", state),
    }
    last = TimelineEvent.objects.order_by("-seq").first()
    assert last.to_state == state


def test_two_officers_who_ask_for_a_supplement_at_once_ask_once(cast):
    dossier = stories.submitted(cast.owner)
    token = cast.reception.token
    answers = together(
        6,
        lambda n: move(Api(token), dossier, "request_supplement", 1, reason=f"Thiếu {n}"),
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert SupplementRequest.objects.count() == 1


def test_two_officers_moving_apart_are_told_where_it_is_now(cast):
    dossier = stories.submitted(cast.owner)
    token = cast.reception.token
    chosen = ("request_supplement", "refuse")
    answers = together(2, lambda n: move(Api(token), dossier, chosen[n], 1, reason="Theo quy định"))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409).json()
    assert (lost["code"], lost["current_state"]) == ("state_changed", Dossier.objects.get().state)


def test_ten_filings_of_one_paper_file_make_one_dossier(cast):
    from tests.dossiers.test_counter import entered, filed

    file_id, token = entered(cast), cast.reception.token
    answers = together(10, lambda n: filed(Api(token), file_id))
    assert {answer.status_code for answer in answers} == {201}
    assert Dossier.objects.count() == 1


def test_a_walk_in_who_proves_an_identity_while_papers_are_filed_loses_none(cast):
    from dossiers.actions import sweep
    from tests.dossiers.test_counter import entered, filed, newcomer, now

    files, token = [entered(cast) for _ in range(4)], cast.reception.token
    found = {}

    def act(number):
        if number == 0:
            found["api"] = newcomer("nguoi-nop", "Phạm Văn Quầy", "092080000009")
            return None
        return filed(Api(token), files[number - 1])

    answers = together(5, act)
    assert [answer.status_code for answer in answers[1:]] == [201] * 4
    sweep.sweep(now=now())
    assert len(found["api"].get("/api/v1/dossiers").json()["items"]) == 4


def test_the_receipt_and_the_recall_of_a_result_race_and_one_wins(cast):
    from tests.dossiers import ten_states

    dossier = ten_states.signed(cast)
    citizen, approver = cast.owner.token, cast.approver.token

    def act(number):
        if number == 0:
            return Api(citizen).post(f"/api/v1/dossiers/{dossier['id']}/acknowledgement", {})
        return move(Api(approver), dossier, "recall_result", 9, reason="Sai tên")

    answers = together(2, act)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Dossier.objects.get().state in {4, 10}


def test_the_same_draft_started_twice_at_once_is_one(cast, token):
    draft_id = str(uuid.uuid4())
    answers = together(10, lambda n: stories.start(Api(token), draft_id=draft_id))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["created_at"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dossiers_timelineevent SET reason = 'x'",
        "DELETE FROM dossiers_timelineevent",
        "TRUNCATE dossiers_timelineevent",
        "UPDATE citizens_consent SET decision = 'grant'",
        "DELETE FROM citizens_vaultaccess",
        "DROP TABLE dossiers_seat",
    ],
)
def test_the_applications_role_cannot_rewrite_history(cast, sql):
    from django.db import Error

    stories.agree(cast.owner)
    dossier = stories.submitted(cast.owner)
    cast.reception.get(f"/api/v1/officer/dossiers/{dossier['id']}")
    with pytest.raises(Error), connection.cursor() as cursor:
        cursor.execute(sql)
