"""Scripted misfortune between the client and the mock, one shot at a time."""

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
    "slow",  # its key is in use for `seconds` before it is done
    "twice",  # a middlebox sends the request a second time
    "alter",  # it was done; members of the answer are changed
}


class Cut(Exception):
    """The connection ends here, without an answer."""


@dataclasses.dataclass
class Fault:
    """What befalls the next `times` requests that match."""

    action: str
    method: str = "POST"
    path: str = "/v1/"
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    change: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(self.action)


class Faults:
    """The faults still to come. Guarded by the store's lock."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, **given: Any) -> None:
        self.waiting.append(Fault(**given))

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, and count it."""
        for fault in self.waiting:
            if fault.method in {method, "*"} and path.startswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


def alter(body: dict[str, Any], change: dict[str, Any]) -> None:
    """Set members of an answer, named by dotted paths."""
    for path, value in change.items():
        target: Any = body
        *parents, last = path.split(".")
        for name in parents:
            target = target.get(name) if isinstance(target, dict) else None
        if isinstance(target, dict):
            target[last] = value
