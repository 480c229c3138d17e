"""Files going out: as an attachment, never rendered by a browser, never cached."""

import hashlib
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from common import files
from common.models import StoredFile


def download(stored: StoredFile, name: str) -> Any:
    """Return the bytes under a safe name (RFC 6266). Errors: FileInfected."""
    data = files.read(stored)
    response = HttpResponse(data, content_type=stored.media_type)
    plain = f"tep.{files.extension(stored.media_type)}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response["ETag"] = f'"{hashlib.sha256(data).hexdigest()}"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
