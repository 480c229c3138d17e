"""Structured log lines, with personal data masked before anything is written."""

import contextvars
import json
import logging
import re
from typing import Any

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

# Twelve digits are a personal number, +84 or 0 with nine or ten digits a phone; JWTs and bearer
# tokens open a session; long digit runs may be a card.
_PATTERNS = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "[token]"),
    (re.compile(r"(?i)bearer\s+\S+"), "[token]"),
    (re.compile(r"(?<=/files/)[\w:.-]{20,}"), "[link]"),
    (re.compile(r"\b(?:sk|whsec)_\w+"), "[secret]"),
    (re.compile(r"(?<![\w-])\d{13,19}(?![\w-])"), "[card]"),
    (re.compile(r"(?<![\w-])\d{12}(?![\w-])"), "[id]"),
    (re.compile(r"(?<!\w)(?:\+84|0)\d{9,10}(?![\w-])"), "[phone]"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "[email]"),
)


def mask(text: str) -> str:
    """Return `text` without personal numbers, phones, e-mail addresses, tokens and cards."""
    for pattern, label in _PATTERNS:
        text = pattern.sub(label, text)
    return text


class MaskFilter(logging.Filter):
    """Mask every record at the handler, so that no caller can forget to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        record.request_id = request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", ""),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)
