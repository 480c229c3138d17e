"""The database with two roles, the cast, the clock, and the laws of `laws.py`."""

import os

os.environ.setdefault("APP_ENV", "test")

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import procrastinate
import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from cantho_smart import embedded
from tests import laws

REFERENCE = (
    "services_",
    "dossiers_calendar",
    "dossiers_decisiontemplate",
    "django_content_type",
    "django_migrations",
    "procrastinate_version",
    "common_cache",
    "payments_collecting",
    "payments_bankaccount",
)
NOON = "2026-11-24T10:00:00+07:00"  # overwritten by `clock.move_to`; an ordinary office hour


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for all workers; it may lose data in a power cut, which nobody minds."""
    if "DATABASE_URL" not in os.environ:
        directory = embedded.data_dir("test")
        embedded.start(
            directory,
            settings={
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "max_connections": "300",
            },
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse two items under one id: parallel workers would run one of them and say nothing."""
    ids = [item.nodeid for item in items]
    twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise pytest.UsageError(f"several tests share an id: {twice[:5]}")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Make the database as its owner, load the real catalogue once, work as the application."""
    from common import clock
    from seeds import catalogue, decisions, holidays

    suffix = getattr(request.config, "workerinput", {}).get("workerid", "main")
    with django_db_blocker.unblock():
        app_user = connection.settings_dict["USER"]
        _as(settings.DATABASE_OWNER)
        connection.settings_dict["TEST"]["NAME"] = f"test_cantho_{os.getpid()}_{suffix}"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        for load in (catalogue.load, holidays.load, decisions.load):
            list(load(now=clock.now()))
        _as(app_user)
    yield
    with django_db_blocker.unblock():
        _as(settings.DATABASE_OWNER)
        connection.creation.destroy_test_db(embedded.DATABASE, verbosity=0)


def _as(role: str) -> None:
    connection.close()
    connection.settings_dict["USER"] = role


def _flush(self: TransactionTestCase) -> None:
    """Empty what a test with real commits left, as the owner; reference data stays."""
    connection.close()
    config = copy.deepcopy(connection.settings_dict)
    import psycopg

    with psycopg.connect(
        dbname=config["NAME"], user=settings.DATABASE_OWNER, host=config["HOST"], autocommit=True
    ) as owner:
        tables = [
            row[0]
            for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'")
            if not row[0].startswith(REFERENCE)
        ]
        owner.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


TransactionTestCase._fixture_teardown = _flush  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _laws(monkeypatch: pytest.MonkeyPatch) -> None:
    laws.shuffle_unordered(monkeypatch)
    laws.refuse_wide_locks(monkeypatch)
    laws.refuse_network(monkeypatch)


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """A real password hash takes half a second on purpose; nothing here is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _files(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "files")


@pytest.fixture(autouse=True)
def _cache(request: pytest.FixtureRequest, settings: Any) -> None:
    """Each test has a cache of its own, in memory, where limits and replay marks begin empty."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": request.node.nodeid,
        }
    }


@pytest.fixture
def clock() -> Iterator[Any]:
    """Freeze the clock at an ordinary office hour; `clock.move_to(...)` moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


class Api:
    """A phone: JSON in, JSON out, a fresh key for every POST unless one is given."""

    def __init__(self, token: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.token = token

    def _headers(self, **extra: str) -> dict[str, str]:
        headers = dict(extra)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self._headers(**headers))

    def post(self, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> Any:
        if key is not None:
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        return self.client.post(
            path,
            data=json.dumps({} if body is None else body),
            content_type="application/json",
            headers=self._headers(**headers),
        )

    def upload(self, path: str, *, key: str = "", **parts: Any) -> Any:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.client.post(path, data=parts, headers=self._headers(**headers))

    def patch(self, path: str, body: Any, *, version: Any = None, **headers: str) -> Any:
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.patch(
            path,
            data=json.dumps(body),
            content_type="application/json",
            headers=self._headers(**headers),
        )

    def delete(self, path: str, *, version: Any = None, **headers: str) -> Any:
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.delete(path, headers=self._headers(**headers))


@pytest.fixture
def anonymous(db: None) -> Api:
    return Api()


@pytest.fixture
def people(db: None) -> None:
    """Load the synthetic people and seat the officers."""
    from common import clock as real
    from seeds import officers
    from seeds import people as synthetic

    list(synthetic.load(now=real.now()))
    list(officers.load(now=real.now()))


@pytest.fixture
def sign_in(people: None) -> Callable[[str], Api]:
    """Return a function that signs a synthetic person in, as the development door does."""

    def _sign_in(who: str) -> Api:
        answer = Api().post("/api/v1/dev/sign-in", {"who": who}, key=None)
        assert answer.status_code == 200, answer.content
        return Api(answer.json()["access_token"])

    return _sign_in


class Cast:
    """Owner, stranger and officers; signed in when first called upon."""

    def __init__(self, sign_in: Callable[[str], Api]) -> None:
        self._sign_in = sign_in
        self._known: dict[str, Api] = {}

    def _one(self, who: str) -> Api:
        if who not in self._known:
            self._known[who] = self._sign_in(who)
        return self._known[who]

    @property
    def owner(self) -> Api:
        return self._one("lan")

    @property
    def stranger(self) -> Api:
        return self._one("minh")

    @property
    def weak(self) -> Api:
        """A citizen whose identity was proved to level 1 only."""
        return self._one("hoa")

    @property
    def reception(self) -> Api:
        return self._one("tiep-nhan")

    @property
    def handler(self) -> Api:
        return self._one("thu-ly")

    @property
    def approver(self) -> Api:
        return self._one("lanh-dao")

    @property
    def foreign_officer(self) -> Api:
        """An officer of another ward, with every role."""
        return self._one("cai-khe")

    @property
    def anonymous(self) -> Api:
        return Api()


@pytest.fixture
def cast(sign_in: Callable[[str], Api]) -> Cast:
    return Cast(sign_in)


@pytest.fixture
def drain(db: None) -> Callable[[], int]:
    """Return a function that works the real queue off, and says how many jobs ran.

    The jobs run in the test's own transaction, one after the other, by their registered functions.
    """
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.models import ProcrastinateJob

    def _drain() -> int:
        done = 0
        while True:
            waiting = list(ProcrastinateJob.objects.filter(status="todo").order_by("id"))
            if not waiting:
                return done
            for job in waiting:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job.id]
                    )
                app.tasks[job.task_name].func(**job.args)
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s",
                        [job.id],
                    )
                done += 1

    assert procrastinate is not None
    return _drain


@pytest.fixture
def count_queries() -> Callable[..., CaptureQueriesContext]:
    """Return a context that captures queries; compare `len()` of it, exactly."""

    def _count() -> CaptureQueriesContext:
        return CaptureQueriesContext(connections["default"])

    return _count
