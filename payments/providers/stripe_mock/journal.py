"""The file that keeps the account: one line for each request that changed something.

A line is written whole before the answer leaves, so that a `kill -9` loses only what nobody was
told; the half of a line that a kill may leave is the last one and is dropped at the next start.
What a request costs follows from what it changed: the file is written anew only when it has grown
to a multiple of what it holds. (A power cut may take the last lines: nothing is forced to disk.)
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Batch = dict[str, Any]
SMALLEST = 1024 * 1024
GROWTH = 4


class Journal:
    """One file of JSON lines. Guarded by the store's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._base = 0
        self._fd = -1

    def read(self) -> Iterator[Batch]:
        """Yield the batches, oldest first. Errors: ValueError for a file that is none of ours."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    line = line.strip() if line.startswith(b'{"objects"') else b""
                if not line:
                    return
                yield json.loads(line)

    def append(self, batch: Batch) -> None:
        """Write one batch in one call: it is there whole, or the file ends in the middle of it."""
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        raw = _line(batch)
        left = memoryview(raw)
        while left:
            left = left[os.write(self._fd, left) :]
        self.size += len(raw)

    def is_long(self) -> bool:
        return self.size > max(SMALLEST, GROWTH * self._base)

    def rewrite(self, batches: Iterator[Batch]) -> None:
        """Put a short file in the place of the long one, at one stroke."""
        self.close()
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            for batch in batches:
                file.write(_line(batch))
            self.size = self._base = file.tell()
        os.replace(fresh, self.path)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _line(batch: Batch) -> bytes:
    return json.dumps(batch, separators=(",", ":")).encode() + b"\n"
