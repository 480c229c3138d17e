"""What the bank knows: lines of the statement and orders to send money back."""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

Obj = dict[str, Any]
ICT = timezone(timedelta(hours=7))
STATUSES = ("done", "pending", "failed")


class BankError(Exception):
    """An answer that is a refusal."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Bank:
    """One agreement. Every change happens under `lock`."""

    def __init__(self, *, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.lines: list[Obj] = []
        self.transfers: dict[str, Obj] = {}
        self.next_outcomes: list[str] = []  # of the next transfers back; "done" without any
        self.on_line: Callable[[Obj], None] = lambda line: None
        self.now: Callable[[], float] = time.time
        if path is not None and path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.lines, self.transfers = kept["lines"], kept["transfers"]

    def credit(
        self,
        account: str,
        amount: int,
        text: str,
        *,
        name: str = "NGUYEN VAN MAU",
        sender: str = "0000111122223333",
        made_at: str = "",
        notify: bool = True,
        **more: Any,
    ) -> Obj:
        """Let money come to an account."""
        line = self._line("credit", account, amount, text, made_at)
        line["counterparty"] = {"name": name, "account": sender}
        line.update(more)
        self._keep(line, notify=notify)
        return line

    def _line(self, kind: str, account: str, amount: int, text: str, made_at: str = "") -> Obj:
        if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
            raise BankError(400, "amount_invalid")
        made = datetime.fromtimestamp(int(self.now()), tz=UTC).astimezone(ICT).isoformat()
        return {
            "id": f"FT{secrets.token_hex(8).upper()}",
            "kind": kind,
            "account": account,
            "amount": amount,
            "currency": "VND",
            "text": text,
            "made_at": made_at or made,
            "counterparty": {"name": "", "account": ""},
            "transfer": None,
        }

    def _keep(self, line: Obj, *, notify: bool = True) -> None:
        self.lines.append(line)
        self.save()
        if notify:
            self.on_line(line)

    def find(self, name: str) -> Obj:
        """Return a line. Errors: BankError."""
        for line in self.lines:
            if line["id"] == name:
                return line
        raise BankError(404, "no_such_transaction")

    def statement(self, asked: dict[str, str]) -> Obj:
        """Return a page of lines, oldest first."""
        limit = min(max(int(asked.get("limit", "100")), 1), 100)
        rows = sorted(self.lines, key=lambda line: datetime.fromisoformat(line["made_at"]))
        if "from" in asked:
            start = datetime.fromisoformat(asked["from"])
            rows = [one for one in rows if datetime.fromisoformat(one["made_at"]) >= start]
        if "to" in asked:
            end = datetime.fromisoformat(asked["to"])
            rows = [one for one in rows if datetime.fromisoformat(one["made_at"]) < end]
        if "account" in asked:
            rows = [one for one in rows if one["account"] == asked["account"]]
        names = [one["id"] for one in rows]
        if "after" in asked:
            if asked["after"] not in names:
                raise BankError(400, "cursor_invalid")
            rows = rows[names.index(asked["after"]) + 1 :]
        return {"transactions": rows[:limit], "more": len(rows) > limit}

    def send_back(self, order: Obj) -> Obj:
        """Carry out an order once for its reference. Errors: BankError."""
        wanted = {name: order.get(name) for name in ("return_of", "amount", "currency", "text")}
        reference = order.get("reference")
        if not isinstance(reference, str) or not reference:
            raise BankError(400, "reference_missing")
        known = self.transfers.get(reference)
        if known is not None:
            if known["order"] != wanted:
                raise BankError(409, "reference_reused")
            return self.shown(reference)
        answered = self.find(str(wanted["return_of"]))
        if wanted["currency"] != "VND" or answered["kind"] != "credit":
            raise BankError(400, "order_invalid")
        if not isinstance(wanted["amount"], int) or wanted["amount"] <= 0:
            raise BankError(400, "amount_invalid")
        balance = sum(
            one["amount"] if one["kind"] == "credit" else -one["amount"]
            for one in self.lines
            if one["account"] == answered["account"]
        )
        waiting = sum(
            one["order"]["amount"]
            for one in self.transfers.values()
            if one["status"] == "pending"
            and self.find(one["order"]["return_of"])["account"] == answered["account"]
        )
        if wanted["amount"] > balance - waiting:
            raise BankError(422, "balance_too_low")
        made = {
            "id": f"TR{secrets.token_hex(8).upper()}",
            "order": wanted,
            "status": "pending",
            "failure": "",
            "transaction": None,
        }
        self.transfers[reference] = made
        self.settle(reference, self.next_outcomes.pop(0) if self.next_outcomes else "done")
        return self.shown(reference)

    def settle(self, reference: str, outcome: str) -> None:
        """Let an order end, or leave it pending."""
        made = self.transfers[reference]
        if made["status"] != "pending" or outcome not in STATUSES:
            raise BankError(409, "not_pending")
        made["status"] = outcome
        if outcome == "failed":
            made["failure"] = "account_closed"
        if outcome == "done":
            answered = self.find(made["order"]["return_of"])
            line = self._line(
                "debit", answered["account"], made["order"]["amount"], made["order"]["text"]
            )
            line["counterparty"] = answered["counterparty"]
            line["transfer"] = made["id"]
            made["transaction"] = line["id"]
            self._keep(line)
        self.save()

    def shown(self, reference: str) -> Obj:
        """Return an order as the bank shows it. Errors: BankError."""
        made = self.transfers.get(reference)
        if made is None:
            raise BankError(404, "no_such_transfer")
        return {
            "id": made["id"],
            "reference": reference,
            "status": made["status"],
            "failure": made["failure"],
            "transaction": made["transaction"],
            **made["order"],
        }

    def save(self) -> None:
        """Write everything to the file, if there is one: whole or not at all."""
        if self.path is None:
            return
        fresh = self.path.with_suffix(".new")
        with self.lock, fresh.open("w", encoding="utf-8") as out:
            json.dump({"lines": self.lines, "transfers": self.transfers}, out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, self.path)

    def reset(self) -> None:
        with self.lock:
            self.lines, self.transfers, self.next_outcomes = [], {}, []
            self.save()
