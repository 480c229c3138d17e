"""Laws of the suite, switched on for every test by `conftest.py`.

They turn habits into failures: a query that relies on an order nobody asked for, a lock that would
take more rows than meant, a packet that leaves the machine. Warnings are errors
(pyproject.toml), so a moment without an offset that reaches a query fails too.
"""

import ipaddress
import socket
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Random
from django.db.models.sql.compiler import SQLCompiler

LOOPBACK_NAMES = {"localhost", ""}


class LawBroken(AssertionError):
    """A law of the suite was broken."""


def shuffle_unordered(monkeypatch: Any) -> None:
    """Make every queryset without an order come back in a random one."""
    fetch = QuerySet._fetch_all

    def shuffled(self: Any) -> None:
        query = self.query
        plain = (
            self._result_cache is None
            and not query.order_by
            and not query.extra_order_by
            and not query.group_by
            and not query.distinct
            and not query.combinator
            and not query.is_sliced
            and not (query.default_ordering and query.get_meta().ordering)
        )
        if plain:
            query.add_ordering(Random())
        fetch(self)

    monkeypatch.setattr(QuerySet, "_fetch_all", shuffled)


def refuse_wide_locks(monkeypatch: Any) -> None:
    """Refuse a row lock that does not say which table's rows it means."""
    as_sql = SQLCompiler.as_sql

    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = as_sql(self, *args, **kwargs)
        query = self.query
        tables = [alias for alias in query.alias_map if query.alias_refcount[alias]]
        wide = query.select_related or len(tables) > 1
        if query.select_for_update and wide and not query.select_for_update_of:
            raise LawBroken("a lock over several tables without of=: use common.db.lock")
        return result

    monkeypatch.setattr(SQLCompiler, "as_sql", checked)


def refuse_network(monkeypatch: Any) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: Any, address: Any) -> Any:
        if isinstance(address, tuple) and not _is_local(str(address[0])):
            raise LawBroken(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_local(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
