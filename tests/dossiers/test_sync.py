"""A phone that follows its tokens ends with exactly the server's set, whatever commits when.

Real threads and real commits. `SYNC_ROUNDS=1000 pytest -m soak tests/dossiers/test_sync.py` is the
long run; the suite runs the same code with a small fixed number of rounds.
"""

import os
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import F

from citizens.actions import inbox
from citizens.models import Message
from common import clock, db
from dossiers.actions import drafts
from dossiers.models import Dossier, Draft
from payments.models import Payment
from tests.conftest import Api
from tests.dossiers import stories

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = int(os.environ.get("SYNC_ROUNDS", "25"))
SEED = int(os.environ.get("SYNC_SEED", "20"))
WRITERS = 4
PATIENCE = 30


class Phone:
    """A client that keeps what it was told and follows its tokens, `page_size` at a time."""

    def __init__(self, token, *, page_size=3):
        self.api = Api(token)
        self.since = None
        self.kept = {}
        self.page_size = page_size

    def call(self):
        """Read one page."""
        since = f"&since={self.since}" if self.since else ""
        answer = self.api.get(f"/api/v1/sync?page_size={self.page_size}{since}")
        assert answer.status_code == 200, answer.content
        page = answer.json()
        for kind in ("draft", "dossier", "message", "payment"):
            for item in page[f"{kind}s"]:
                self.kept[kind, item["id"]] = item
        for item in page["gone"]:
            self.kept.pop((item["kind"], item["id"]), None)
        self.since = page["next"]
        return page

    def sync(self):
        """Read to the end."""
        while self.call()["has_more"]:
            pass
        return self.kept


class Naive(Phone):
    """The negative control: what is newer than the newest seen, by the time of the change."""

    def __init__(self, owner):
        self.owner = owner
        self.since = None
        self.kept = {}

    def call(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kind, object_id, gone, changed_at, xid FROM common_change "
                "WHERE owner = %s AND (%s::timestamptz IS NULL OR changed_at > %s)",
                [self.owner, self.since, self.since],
            )
            for kind, name, gone, changed_at, xid in cursor.fetchall():
                self.since = max(self.since or changed_at, changed_at)
                if gone:
                    self.kept.pop((kind, name), None)
                else:
                    self.kept[kind, name] = xid
        return {"has_more": False}


class Writer:
    """One transaction in a thread of its own, held open until it is told to end."""

    def __init__(self, pool, act, *, fails):
        self.wrote, self.may_end = threading.Event(), threading.Event()
        self.act, self.fails = act, fails
        self.result = pool.submit(self.run)

    def run(self):
        try:
            with db.envelope():
                self.act()
                self.wrote.set()
                assert self.may_end.wait(PATIENCE)
                if self.fails:
                    raise Undone
        except Undone:
            pass
        finally:
            self.wrote.set()
            connection.close()

    def end(self):
        self.may_end.set()
        self.result.result(PATIENCE)


class Undone(Exception):
    pass


class World:
    """What one citizen has, and the ways in which it changes: some by the product's own actions."""

    def __init__(self, citizen_id, random):
        self.citizen_id, self.random = citizen_id, random

    def acts(self, count):
        """Return `count` changes, no two of the same object: they are held open together."""
        open_drafts = list(Draft.objects.filter(state="open").order_by("id"))
        messages = list(Message.objects.order_by("id"))
        found = [self._start, self._start, self._notify, self._notify]
        for draft in self.random.sample(open_drafts, min(3, len(open_drafts))):
            found.append(self.random.choice((self._touch, self._discard))(draft))
        for message in self.random.sample(messages, min(3, len(messages))):
            found.append(self.random.choice((self._read, self._delete))(message))
        found += [self._move(one) for one in Dossier.objects.order_by("id")]
        self.random.shuffle(found)
        return found[:count]

    def _start(self):
        Draft.objects.create(**draft_like(self.citizen_id))

    def _notify(self):
        inbox.notify(
            citizen_id=self.citizen_id,
            kind="test",
            reference="",
            dedupe_key=uuid.uuid4().hex,
            now=clock.now(),
            **dict.fromkeys(("title_vi", "body_vi", "title_en", "body_en"), "x"),
        )

    def _touch(self, draft):
        return lambda: Draft.objects.filter(id=draft.id).update(version=F("version") + 1)

    def _discard(self, draft):
        return lambda: drafts.discard(
            citizen_id=self.citizen_id,
            client_id=draft.client_id,
            expected_version=draft.version,
            now=clock.now(),
        )

    def _read(self, message):
        return lambda: Message.objects.filter(id=message.id).update(read_at=clock.now())

    def _delete(self, message):
        return lambda: Message.objects.filter(id=message.id).delete()

    def _move(self, dossier):
        return lambda: Dossier.objects.filter(id=dossier.id).update(version=F("version") + 1)


def draft_like(citizen_id):
    first = Draft.objects.order_by("id").first()
    now = clock.now()
    return {
        "client_id": uuid.uuid4(),
        "citizen_id": citizen_id,
        "service_version_id": first.service_version_id,
        "form_id": first.form_id,
        "service_code": first.service_code,
        "answers": {},
        "offers": {},
        "state": "open",
        "created_at": now,
        "updated_at": now,
        "expires_at": now,
    }


def one_round(world, phone, rng):
    """Let some transactions write in one order and end in another, and sync in between."""
    with ThreadPoolExecutor(WRITERS) as pool:
        held = []
        for act in world.acts(WRITERS):
            if rng.random() < 0.3:
                phone.call()
            writer = Writer(pool, act, fails=rng.random() < 0.15)
            assert writer.wrote.wait(PATIENCE)
            held.append(writer)
        rng.shuffle(held)
        for writer in held:
            if rng.random() < 0.6:
                phone.call()
            writer.end()


def expected_ids(citizen_id):
    """What the citizen has, read without the feed."""
    rows = {
        "draft": Draft.objects.filter(state="open").values_list("client_id", flat=True),
        "dossier": Dossier.objects.values_list("id", flat=True),
        "message": Message.objects.values_list("id", flat=True),
        "payment": Payment.objects.values_list("id", flat=True),
    }
    return {(kind, str(name)) for kind, names in rows.items() for name in names.order_by("pk")}


@pytest.fixture
def story(cast):
    """A citizen with dossiers, a draft and messages; a stranger whose things change as well."""
    for _ in range(2):
        stories.submitted(cast.owner)
    stories.filled(cast.owner)
    return cast.owner.get("/api/v1/me").json()["id"]


@pytest.mark.soak
def test_a_phone_ends_with_exactly_the_servers_set(cast, story):
    print(f"seed {SEED}, {ROUNDS} rounds")  # noqa: T201 - to repeat a failure
    rng = random.Random(SEED)  # noqa: S311
    phone, world = Phone(cast.owner.token), World(story, rng)
    for number in range(ROUNDS):
        one_round(world, phone, rng)
        told = phone.sync()
        assert told == Phone(cast.owner.token, page_size=100).sync(), f"round {number}"
        assert set(told) == expected_ids(story), f"round {number}"
    assert len(told) > 10


def test_the_same_rounds_catch_a_client_that_goes_by_time(cast, story):
    rng = random.Random(SEED)  # noqa: S311
    phone, world = Naive(story), World(story, rng)
    for _ in range(25):
        one_round(world, phone, rng)
    assert phone.sync() != Naive(story).sync()


def test_what_commits_late_comes_late_and_nothing_waits_for_it(cast, story):
    phone = Phone(cast.owner.token)
    phone.sync()
    first, second = list(Dossier.objects.order_by("id"))
    with ThreadPoolExecutor(2) as pool:
        slow = Writer(pool, lambda: Dossier.objects.filter(id=first.id).update(version=8), fails=0)
        assert slow.wrote.wait(PATIENCE)
        quick = Writer(
            pool, lambda: Dossier.objects.filter(id=second.id).update(version=9), fails=0
        )
        assert quick.wrote.wait(PATIENCE)
        quick.end()
        assert [(one["id"], one["version"]) for one in phone.call()["dossiers"]] == [(second.id, 9)]
        assert phone.call()["dossiers"] == []
        slow.end()
        assert [(one["id"], one["version"]) for one in phone.call()["dossiers"]] == [(first.id, 8)]
        assert phone.call()["dossiers"] == []
