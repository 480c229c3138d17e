"""One key, one effect: the answer given once is given again.

Follows draft-ietf-httpapi-idempotency-key-header: a missing key is 400, the same key with another
body 422, a twin still running 409 with `Retry-After`. Refused and failed calls are not stored, so
their key stays usable. Keys are kept for `KEEP_DAYS`.
"""

import contextlib
import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from rest_framework.response import Response

from common import clock, db, http
from common.errors import FieldError, Refusal
from common.http import Request
from common.models import IdempotencyRecord

HEADER = "Idempotency-Key"
SHAPE = re.compile(r"[A-Za-z0-9._:-]{8,200}")
KEEP_DAYS = 7
KEPT_HEADERS = ("ETag", "Location", "Cache-Control", "Retry-After")

Handler = Callable[..., Response]


class KeyMissing(Refusal):
    code = "idempotency_key_missing"
    status = 400
    title_vi = "Thiếu tiêu đề Idempotency-Key"
    title_en = "The header Idempotency-Key is missing"
    detail_vi = "Gửi một khóa mới, 8 đến 200 ký tự A-Z a-z 0-9 . _ : -, cho mỗi thao tác."
    detail_en = "Send a fresh key, 8 to 200 of A-Z a-z 0-9 . _ : -, for every act."


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422
    title_vi = "Khóa đã dùng cho một nội dung khác"
    title_en = "The key was used for another body"


class TwinRunning(Refusal):
    code = "idempotency_in_progress"
    status = 409
    title_vi = "Yêu cầu cùng khóa đang được xử lý"
    title_en = "A request with this key is still running"


def transactional(handler: Handler) -> Handler:
    """Run `handler` and store its answer in one transaction (see Note [Envelope])."""

    @functools.wraps(handler)
    def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key, actor, operation, body_hash = _identify(request)
        with db.envelope():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 7))", [f"{actor} {key}"]
                )
                if not cursor.fetchone()[0]:
                    raise TwinRunning(retry_after=1)
            stored = _stored(actor, key, operation, body_hash)
            if stored is not None:
                return stored
            response = handler(view, request, *args, **kwargs)
            _store(actor, key, operation, body_hash, response, now=clock.now())
            return response

    return keyed


def durable(handler: Handler) -> Handler:
    """Run a `handler` that commits several times; its action resumes what a crash left behind.

    The twin is held off by a lock of the database session, which a killed process gives up with
    its connection. A pooler in front must therefore keep a session per request.
    """

    @functools.wraps(handler)
    def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key, actor, operation, body_hash = _identify(request)
        with _session_lock(f"{actor} {key}"):
            stored = _stored(actor, key, operation, body_hash)
            if stored is not None:
                return stored
            response = handler(view, request, *args, **kwargs)
            with db.transaction():
                _store(actor, key, operation, body_hash, response, now=clock.now())
            return response

    return keyed


def forget(*, now: datetime, limit: int = 5000) -> int:
    """Delete the answers older than `KEEP_DAYS` and return how many went."""
    old = IdempotencyRecord.objects.filter(created_at__lt=now - timedelta(days=KEEP_DAYS))
    with db.transaction():
        return old.filter(id__in=old.order_by("id").values("id")[:limit]).delete()[0]


@contextlib.contextmanager
def _session_lock(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 7))", [name])
        if not cursor.fetchone()[0]:
            raise TwinRunning(retry_after=1)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 7))", [name])


def _identify(request: Request) -> tuple[str, str, str, str]:
    key = request.headers.get(HEADER, "")
    if not SHAPE.fullmatch(key):
        raise KeyMissing(
            errors=[
                FieldError("invalid", HEADER, "8 đến 200 ký tự", "8 to 200 characters", pointer="")
            ]
        )
    request.idempotency_key = key
    actor = str(request.user.pk) if request.user and request.user.is_authenticated else "anonymous"
    return key, actor, f"{request.method} {request.path}"[:200], _body_hash(request)


def _body_hash(request: Request) -> str:
    # The boundary of a multipart body differs at every repeat, so the parts are hashed instead.
    parts: list[Any] = [request.method, request.path]
    if request.FILES:
        parts += sorted((name, request.POST.getlist(name)) for name in request.POST)
        for name in sorted(request.FILES):
            for upload in request.FILES.getlist(name):
                parts.append((name, upload.name, hashlib.sha256(upload.read()).hexdigest()))
                upload.seek(0)
    else:
        parts.append(request.data)
    text = json.dumps(parts, sort_keys=True, cls=http.Encoder)
    return hashlib.sha256(text.encode()).hexdigest()


def _stored(actor: str, key: str, operation: str, body_hash: str) -> Response | None:
    record = IdempotencyRecord.objects.filter(actor=actor, key=key).first()
    if record is None:
        return None
    if (record.operation, record.body_hash) != (operation, body_hash):
        raise KeyReused
    answer = record.answer
    response = Response(answer["body"], status=record.status, headers=answer["headers"])
    response["Idempotent-Replayed"] = "true"
    return response


def _store(
    actor: str, key: str, operation: str, body_hash: str, response: Response, *, now: datetime
) -> None:
    if response.status_code >= 300:
        return
    body = json.loads(json.dumps(response.data, cls=http.Encoder))
    headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    IdempotencyRecord.objects.create(
        actor=actor,
        key=key,
        operation=operation,
        body_hash=body_hash,
        status=response.status_code,
        answer={"body": body, "headers": headers},
        created_at=now,
    )
