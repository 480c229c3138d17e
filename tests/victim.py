"""A server process that dies on command: SIGKILL before its n-th step towards the database.

Started by `tests.dossiers.test_crashes`. It loads the product once and forks a child for each
order on its standard input; the child serves one real request (or calls one action) and is killed
where the order says. Steps are each SQL statement and both sides of each commit, so that no code
of the product knows that it is being killed.
"""

import importlib
import json
import os
import signal
import sys
from typing import Any

STEP_WORDS = 3


def install(kill_at: int | None) -> list[str]:
    """Count the steps from here on, and die before step `kill_at` (counted from 0)."""
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    steps: list[str] = []

    def step(label: str) -> None:
        if kill_at is not None and len(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps.append(label)

    def watch(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        step(" ".join(str(sql).split()[:STEP_WORDS]))
        return execute(sql, params, many, context)

    plain = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def commit(self: Any) -> None:
        step("before COMMIT")
        plain(self)
        step("after COMMIT")

    BaseDatabaseWrapper._commit = commit  # type: ignore[attr-defined]
    connection.execute_wrappers.append(watch)
    return steps


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Serve one request, or call one function with JSON arguments, and say what it took."""
    steps = install(order.get("kill_at"))
    if "call" in order:
        module, name = order["call"].rsplit(".", 1)
        getattr(importlib.import_module(module), name)(**arguments(order["arguments"]))
        return {"steps": steps, "status": None}
    from tests.conftest import Api

    answer = Api(order["token"]).post(order["path"], order["body"], key=order["key"])
    return {"steps": steps, "status": answer.status_code, "body": answer.content.decode()}


def arguments(given: dict[str, Any]) -> dict[str, Any]:
    from common import clock

    return {name: clock.now() if name == "now" else value for name, value in given.items()}


def serve(database: str, files: str) -> None:
    os.environ["PGAPPNAME"] = "victim"
    import django
    from django.conf import settings

    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    get_wsgi_application()
    settings.MEDIA_ROOT = files
    settings.ALLOWED_HOSTS = ["testserver"]
    connection.settings_dict["NAME"] = database
    say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                told = obey(order)
            except BaseException as failure:
                told = {"failure": repr(failure)}
            with os.fdopen(writing, "w") as out:
                out.write(json.dumps(told))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as source:
            told = source.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        say({"killed": killed, **(json.loads(told) if told else {})})


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
