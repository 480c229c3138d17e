"""The port behind which malware is looked for, and the scanners behind it."""

import io
from typing import Protocol
from urllib.parse import urlsplit

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket
from django.conf import settings
from django.core.cache import cache
from django.utils.module_loading import import_string

from common.errors import OutsideError

DOWN = "files:scanner_down"
DOWN_SECONDS = 20  # how long nobody waits for a scanner that did not answer


class ScannerDown(OutsideError):
    """The scanner did not say anything that can be relied upon."""

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=True)


class Scanner(Protocol):
    """Says whether bytes are safe to show to anybody. Errors: ScannerDown."""

    def is_clean(self, data: bytes) -> bool: ...


class TestStringScanner:
    """The scanner of development: it knows only the harmless EICAR test string."""

    # In two halves, so that a scanner does not stop at this source file.
    EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

    def is_clean(self, data: bytes) -> bool:
        return self.EICAR not in data


class ClamAvScanner:
    """A ClamAV daemon at `CLAMAV_ADDRESS`: `tcp://host:port` or `unix:///path`.

    Its `StreamMaxLength` must not be below the largest upload. Anything but OK or FOUND is no
    answer: a file that was not scanned is never taken for clean.
    """

    def is_clean(self, data: bytes) -> bool:
        try:
            # The socket's own timeout bounds every step of the exchange.
            answer = _daemon().instream(io.BytesIO(data))
        except (ClamdError, OSError, UnicodeDecodeError) as failure:
            raise ScannerDown(f"clamd: {failure}") from failure
        match [status for status, _ in answer.values()]:
            case ["OK"]:
                return True
            case ["FOUND"]:
                return False
        raise ScannerDown(f"clamd answered {answer}")


def _daemon() -> ClamdNetworkSocket:
    address = urlsplit(settings.CLAMAV_ADDRESS)
    timeout = settings.CLAMAV_TIMEOUT_SECONDS
    if address.scheme == "unix":
        return ClamdUnixSocket(address.path, timeout=timeout)
    return ClamdNetworkSocket(address.hostname or "", address.port or 3310, timeout=timeout)


def is_clean(data: bytes, *, patient: bool = False) -> bool:
    """Return what the scanner of `FILE_SCANNER` says. Errors: ScannerDown.

    After a failure nobody waits for it for a while, except who is `patient`: a slow scanner must
    not hold up every upload in turn.
    """
    if not patient and cache.get(DOWN):
        raise ScannerDown("it did not answer a moment ago")
    scanner: Scanner = import_string(settings.FILE_SCANNER)()
    try:
        verdict = scanner.is_clean(data)
    except ScannerDown:
        cache.set(DOWN, True, DOWN_SECONDS)
        raise
    cache.delete(DOWN)
    return verdict
