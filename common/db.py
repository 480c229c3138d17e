"""Transactions named by intent, locks, and append-only tables.

`transaction` opens one and refuses nesting; `transaction_required` joins the caller's; `durable`
commits several with network in between. Saying which one is meant keeps money and dossiers from
being half done. The transaction that a test case wraps around a test does not count.
"""

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from django.db import connection, migrations, models
from django.db.transaction import atomic

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)


class NestedTransaction(RuntimeError):
    """A transaction was opened inside another one: the outer caller owns the commit."""


class TransactionMissing(RuntimeError):
    """A function that joins its caller's transaction was called outside of any."""


class TransactionOpen(RuntimeError):
    """A function that commits several times was called inside a transaction."""


# Note [Envelope]
# A stored answer must commit together with the effect that it reports: killed in between, a repeat
# with the same key would act twice. The idempotency layer therefore opens the transaction itself
# and lets exactly one action join it where that action would have opened its own.
_envelope_is_free: contextvars.ContextVar[bool] = contextvars.ContextVar("envelope", default=False)


def in_transaction() -> bool:
    """Return whether a transaction is open, not counting the one of a test case."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


@contextlib.contextmanager
def envelope() -> Iterator[None]:
    """Open the transaction in which one action and its stored answer commit together."""
    if in_transaction():
        raise NestedTransaction
    token = _envelope_is_free.set(True)
    try:
        with atomic():
            yield
    finally:
        _envelope_is_free.reset(token)


class transaction(contextlib.ContextDecorator):  # noqa: N801 - reads as a word at the call
    """Open a transaction, as a decorator or as a context. Errors: NestedTransaction."""

    def _recreate_cm(self) -> "transaction":
        return transaction()

    def __enter__(self) -> None:
        if _envelope_is_free.get():
            _envelope_is_free.set(False)
            self._atomic: Any = None  # see Note [Envelope]
            return
        if in_transaction():
            raise NestedTransaction
        self._atomic = atomic()
        self._atomic.__enter__()

    def __exit__(self, *failure: Any) -> None:
        if self._atomic is not None:
            self._atomic.__exit__(*failure)


def transaction_required(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse to run outside of the caller's transaction. Errors: TransactionMissing."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not in_transaction():
            raise TransactionMissing(function.__qualname__)
        return function(*args, **kwargs)

    return guarded


def durable(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse to run inside a transaction: this function commits. Errors: TransactionOpen."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            raise TransactionOpen(function.__qualname__)
        return function(*args, **kwargs)

    return guarded


def lock(queryset: models.QuerySet[M], *, skip_locked: bool = False) -> models.QuerySet[M]:
    """Return `queryset` with its own rows locked until the end of the transaction."""
    return queryset.select_for_update(of=("self",), skip_locked=skip_locked)


def advisory_lock(name: str, *, shared: bool = False) -> None:
    """Hold the lock called `name` until the end of the transaction; `shared` with other readers.

    Errors: TransactionMissing.
    """
    if not in_transaction():
        raise TransactionMissing(name)
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [name])  # noqa: S608


APPEND_ONLY_FUNCTION = "common_refuse_change"


def append_only(table: str) -> migrations.RunSQL:
    """Return the migration that makes `table` refuse UPDATE and DELETE, whoever asks.

    The trigger holds for the owner too; the application's role also lacks the right (the command
    `migrate` takes it away from every table that carries this trigger).
    """
    return migrations.RunSQL(
        sql=f"""
        CREATE OR REPLACE FUNCTION {APPEND_ONLY_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {APPEND_ONLY_FUNCTION}();
        """,
        reverse_sql=f"DROP TRIGGER {table}_append_only ON {table}",
    )
