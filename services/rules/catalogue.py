"""What a published version says, taken from one entry of the catalogue data. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LEVELS = {"toan_trinh": "full", "mot_phan": "partial", "khong_truc_tuyen": "none"}
UNITS = {"working_days": "working_day", "calendar_days": "calendar_day"}


def content_hash(entry: Mapping[str, Any]) -> str:
    """Return the digest by which unchanged data is known again."""
    text = json.dumps(entry, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def time_limit(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the headline time limit; the law's own text wins over the portal's figure."""
    override = entry["statutory_time_override"]
    if override:
        return {
            "value": override["working_days"],
            "unit": "working_day",
            "same_day": bool(override.get("same_day_rule")),
            "source": override["source"],
        }
    processing = entry["processing"]
    if not processing:
        return None
    for name, unit in UNITS.items():
        if processing.get(name) is not None:
            return {
                "value": processing[name],
                "unit": unit,
                "same_day": False,
                "source": entry["source"]["url"],
            }
    return None


def papers(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the papers of a procedure, each with a key that is its own within the procedure.

    Lines that ask for no original and no copy are explanations: `digital` is false for them.
    """
    seen: dict[str, int] = {}
    result = []
    for index, paper in enumerate(entry["documents"] or [], start=1):
        stem = paper["component_code"] or f"giay-to-{index:02d}"
        seen[stem] = seen.get(stem, 0) + 1
        result.append(
            {
                "key": stem if seen[stem] == 1 else f"{stem}-{seen[stem]}",
                "component_code": paper["component_code"],
                "name": paper["name"],
                "case": paper["case"],
                "original_qty": paper["original_qty"],
                "copy_qty": paper["copy_qty"],
                "digital": bool(paper["original_qty"] or paper["copy_qty"]),
            }
        )
    return result
