"""`kill -9` at every step towards the database, then a repeat and the sweep: as if nothing was.

The request runs in a real process that is killed before its n-th step (see `tests.victim`). Then
the phone repeats it with the same key, the queue is lost altogether, the sweep runs, and the end
must be the same as without the kill: no dossier, document, notice or due doubled, none missing.

`SOAK=1` kills at every step of every scenario; without it a seeded few are tried.
"""

import datetime
import itertools
import json
import os
import random
import subprocess
import sys
import time
import uuid

import pytest
from django.conf import settings
from django.db import connection

from citizens.actions import sweep as citizens_sweep
from citizens.models import Message, Paper, VaultAccess
from common import clock as real_clock
from common.models import IdempotencyRecord
from dossiers.actions import sweep
from dossiers.models import Dossier
from payments.models import Payment
from tests.conftest import Api
from tests.dossiers import stories, ten_states
from tests.dossiers.test_counter import entered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

SOAK = bool(os.environ.get("SOAK"))
SEED = int(os.environ.get("SEED", "20261124"))
SHORT_KILLS = 1
SIGNED_IN_SECONDS = 60


class Victim:
    """The process that dies; `kill` says whether it did, and what it answered otherwise."""

    def __init__(self, files):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.victim", connection.settings_dict["NAME"], files],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "APP_ENV": "test",
                "DJANGO_SETTINGS_MODULE": "cantho_smart.settings",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert json.loads(self.process.stdout.readline()) == {"ready": True}

    def order(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        assert "failure" not in told, told
        _wait_until_gone()
        return told

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


def _wait_until_gone():
    """Wait until the database noticed that its client is dead; a repeat would be told to wait."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'victim'"
            )
            if cursor.fetchone()[0] == 0:
                return
    raise AssertionError("the dead client's session is still there")


@pytest.fixture
def victim(settings):
    one = Victim(settings.MEDIA_ROOT)
    yield one
    one.end()


class Scenario:
    """A dossier brought somewhere, and the one request that is killed."""

    signed_in_at = 0.0

    def __init__(self, build, who, name, state=None, **body):
        self.build, self.who, self.name, self.state, self.body = build, who, name, state, body

    def prepare(self, cast):
        """Return the request and how to find the dossier that it is about."""
        if time.monotonic() - Scenario.signed_in_at > SIGNED_IN_SECONDS:
            cast._known.clear()  # access tokens live for five minutes
            Scenario.signed_in_at = time.monotonic()
        key = uuid.uuid4().hex
        token = getattr(cast, self.who).token
        if self.name == "submit":
            draft = stories.filled(cast.owner)
            path = f"/api/v1/drafts/{draft['id']}/submit"
            find = {"draft__client_id": draft["id"]}
        elif self.name == "file":
            file_id = self.build(cast)
            path = f"/api/v1/officer/counter-dossiers/{file_id}/filing"
            find = {"counter_file": file_id}
        else:
            dossier = self.build(cast)
            find = {"id": dossier["id"]}
            path = f"/api/v1/dossiers/{dossier['id']}/{self.name}"
            if self.who != "owner":
                path = f"/api/v1/officer/dossiers/{dossier['id']}/moves"
        body = dict(self.body)
        if self.state is not None:
            body |= {"move": self.name, "expected_state": self.state}
        return {"path": path, "token": token, "body": body, "key": key}, find


def desk(build, who, name, state, **more):
    return Scenario(build, who, name, state, reason="Theo quy định", **more)


def at(way):
    return ten_states.TEN[way] if isinstance(way, int) else ten_states.OTHERWISE[way]


numbers = itertools.count()


def walk_in(cast):
    """Return a file of somebody who never came before, so that each filing takes the same steps."""
    number = f"092099{next(numbers):06d}"
    return entered(cast, person={"id_number": number, "full_name": "Phạm Văn Quầy"})


SUPPLEMENT = {"message": "Đã bổ sung"}
SCENARIOS = {
    "submit": Scenario(None, "owner", "submit"),
    "file at the counter": Scenario(walk_in, "reception", "file"),
    "receive": desk(at("1 paid"), "reception", "receive", 1),
    "refuse": desk(at(1), "reception", "refuse", 1),
    "ask from 1": desk(at(1), "reception", "request_supplement", 1),
    "ask from 4": desk(at(4), "handler", "request_supplement", 4),
    "return at appraisal": desk(at(4), "handler", "return_at_appraisal", 4),
    "answer": Scenario(at(5), "owner", "supplements", **SUPPLEMENT),
    "accept to 4": desk(at(5), "handler", "accept_supplement", 5),
    "accept to 2": desk(at("5 from 1"), "reception", "accept_supplement", 5),
    "refuse from 5": desk(at("5 from 1"), "reception", "refuse", 5),
    "stop from 5": desk(at(5), "handler", "stop", 5),
    "ask for money": desk(at(4), "handler", "request_payment", 4, lines=ten_states.DUE),
    "ask for money at the result": desk(
        at(9), "reception", "request_payment", 9, lines=ten_states.DUE
    ),
    "stop from 6": desk(at(6), "handler", "stop", 6),
    "recall reception": desk(at("2 given back"), "reception", "recall_reception", 2),
    "forward": desk(at(2), "reception", "forward", 2),
    "propose": desk(at(4), "handler", "propose", 4, result_text="Cấp 02 bản sao"),
    "reject": desk(at(4), "approver", "reject", 4),
    "sign": desk(at("4 proposed"), "approver", "sign", 4),
    "withdraw": Scenario(at(4), "owner", "withdrawal"),
    "accept withdrawal": desk(at(7), "reception", "accept_withdrawal", 7),
    "refuse withdrawal": desk(at(7), "reception", "refuse_withdrawal", 7),
    "hand over": desk(at(9), "reception", "hand_over", 9),
    "collect": Scenario(at(9), "owner", "acknowledgement"),
    "recall result": desk(at(9), "approver", "recall_result", 9),
    "recall hand-over": desk(at(10), "reception", "recall_hand_over", 10),
}
SHORT = ("submit", "file at the counter", "sign", "withdraw")


def end_of(find, key):
    """Return everything that one dossier ended as, without ids and times."""
    dossier = Dossier.objects.get(**find)
    rows = {
        "dossier": [
            (dossier.state, dossier.came_from, dossier.version, dossier.channel)
            + tuple(
                value is not None
                for value in (dossier.received_at, dossier.due_at, dossier.finished_at)
            )
        ],
        "timeline": dossier.timeline.values_list(
            "seq", "kind", "move", "from_state", "to_state", "actor_kind", "clock"
        ),
        "documents": [
            (one.event_seq, one.kind, one.version, bool(one.file_id), one.revoked_at is None)
            for one in dossier.documents.all()
        ],
        "supplements": dossier.supplements.values_list("round", "state", "clock"),
        "answers": dossier.answer_versions.values_list("number"),
        "attachments": dossier.attachments.values_list("paper_key", "supplement_round"),
        "handed_in": dossier.handed_in.values_list("paper_key", "kind", "digitised"),
        "delivery": [(dossier.delivery.way, dossier.delivery.state)],
        "delivery_events": dossier.delivery_events.values_list("event_seq", "kind"),
        "messages": [
            (one.kind, one.delivered_at is not None)
            for one in Message.objects.filter(reference=dossier.id)
        ],
        "dues": Payment.objects.filter(reference=dossier.id).values_list(
            "purpose", "state", "amount_vnd"
        ),
        "papers": Paper.objects.filter(source_ref=dossier.code).values_list("component_code"),
        "accesses": VaultAccess.objects.filter(reference=dossier.id).values_list("what"),
        "answers_kept": IdempotencyRecord.objects.filter(key=key).values_list("status"),
    }
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


def recover(drain):
    """Lose the queue altogether, run the sweep, and work off what it found."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    later = real_clock.now() + datetime.timedelta(minutes=10)
    sweep.sweep(now=later)
    citizens_sweep.sweep(now=later)
    drain()


def kills(steps, seed):
    """Return the steps to die before; the last one is "after everything was done"."""
    if SOAK:
        return list(range(len(steps)))
    last = max(index for index, step in enumerate(steps) if step == "before COMMIT")
    writes = [n for n, step in enumerate(steps[:last]) if step.startswith(("INSERT", "UPDATE"))]
    return sorted({*random.Random(seed).sample(writes, SHORT_KILLS), last, last + 1})  # noqa: S311


@pytest.mark.parametrize("name", list(SCENARIOS) if SOAK else SHORT)
def test_killed_at_any_step_it_ends_as_if_nothing_was(cast, drain, victim, name):
    seed = f"{SEED} {name}"
    print(f"seed {seed}")  # noqa: T201 - repeat with SEED=...
    scenario = SCENARIOS[name]
    request, find = scenario.prepare(cast)
    told = victim.order(**request)
    assert told["status"] == 201, told
    recover(drain)
    whole = end_of(find, request["key"])
    chosen = kills(told["steps"], seed)
    for kill_at in chosen:
        request, find = scenario.prepare(cast)
        died = victim.order(**request, kill_at=kill_at)
        assert died["killed"], (kill_at, died)
        again = Api(request["token"]).post(request["path"], request["body"], key=request["key"])
        assert again.status_code == 201, (kill_at, told["steps"][kill_at], again.content)
        recover(drain)
        assert end_of(find, request["key"]) == whole, (kill_at, told["steps"][kill_at])
    given_out = {}
    for code in Dossier.objects.values_list("code", flat=True):
        agency, number = code.rsplit("-", 1)
        given_out.setdefault(agency, []).append(int(number))
    for agency, found in given_out.items():
        assert sorted(found) == list(range(1, len(found) + 1)), agency  # dense, nothing burnt
    assert chosen


def pay(dossier):
    """Mark everything owed as paid; the money's own tests show how it comes to that."""
    for row in Payment.objects.filter(reference=dossier["id"], state="owed").order_by("id"):
        Payment.objects.filter(id=row.id).update(
            state="paid", captured_vnd=row.amount_vnd, settled_at=real_clock.now()
        )


PAPER = "dossiers.actions.papers.make"
PAYMENT = "dossiers.actions.money.record_payment"


@pytest.mark.parametrize("name", ["paper", "payment", "payment that ends state 6"])
def test_background_work_killed_at_any_step_is_done_once(cast, drain, victim, name):
    seed = f"{SEED} {name}"
    print(f"seed {seed}")  # noqa: T201 - repeat with SEED=...

    def prepare():
        way = at("6 from 9") if name.endswith("6") else at(1)
        dossier = way(cast)
        pay(dossier)
        row = Dossier.objects.get(id=dossier["id"])
        if name == "paper":
            return row, PAPER, {"document_id": row.documents.get().id, "now": None}
        payment = Payment.objects.filter(reference=row.id).latest("created_at")
        given = {
            "reference": row.id,
            "payment_id": payment.id,
            "amount_vnd": payment.amount_vnd,
            "name": "payment_settled",
            "now": None,
        }
        return row, PAYMENT, given

    def finish(row, call, given):
        """The queue tells again until somebody heard it."""
        victim.order(call=call, arguments=given)
        recover(drain)
        return end_of({"id": row.id}, "none")

    row, call, given = prepare()
    told = victim.order(call=call, arguments=given)
    whole = finish(row, call, given)
    for kill_at in kills(told["steps"], seed) if name != "paper" else _few(told["steps"], seed):
        row, call, given = prepare()
        died = victim.order(call=call, arguments=given, kill_at=kill_at)
        assert died["killed"], kill_at
        assert finish(row, call, given) == whole, (kill_at, told["steps"][kill_at])


def _few(steps, seed):
    count = len(steps) if SOAK else SHORT_KILLS
    return sorted(random.Random(seed).sample(range(len(steps)), count))  # noqa: S311
