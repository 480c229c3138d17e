"""Scripted misfortune between merchant and stub, one shot at a time. Guarded by the book's lock."""

import dataclasses
from typing import Any

ACTIONS = {
    "drop_before",  # the connection closes, nothing was done
    "drop_after",  # it was done, the connection closes without an answer
    "delay",  # it was done, the answer comes after `seconds`
    "error_before",  # an answer with `status`, nothing was done
    "error_after",  # it was done, the answer has `status`
    "truncate",  # it was done, half of the answer arrives
    "html",  # it was done, a gateway answers with its own page
    "hold",  # the connection closes; it is done when the script says `release`
    "twice",  # a middlebox sends the request a second time
    "alter",  # it was done; members of the answer are changed, then it is signed
    "bad_hash",  # it was done; the answer's signature does not hold
}
COMMANDS = {"querydr", "refund", "statement", "*"}


@dataclasses.dataclass
class Fault:
    """What befalls the next `times` calls of a command."""

    action: str
    command: str = "*"
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    change: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS or self.command not in COMMANDS:
            raise ValueError(f"{self.action} {self.command}")


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, **given: Any) -> None:
        self.waiting.append(Fault(**given))

    def take(self, command: str) -> Fault | None:
        """Return the fault for this call, and count it."""
        for fault in self.waiting:
            if fault.command in {command, "*"}:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
