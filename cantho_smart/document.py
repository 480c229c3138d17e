"""The last touch on the OpenAPI document: what drf-spectacular cannot know."""

import json
import pathlib
from typing import Any

# Real answers, recorded by `make examples`.
EXAMPLES = json.loads(pathlib.Path(__file__).with_name("examples.json").read_text("utf-8"))

TAGS = [
    ("catalogue", "Danh mục dịch vụ công", "Public: services, forms, fees, agencies, places."),
    ("me", "Tài khoản của tôi", "The citizen: profile, consents, known facts, papers, inbox."),
    ("drafts", "Hồ sơ nháp", "A form that already knows the citizen, saved as it is filled in."),
    ("files", "Tệp", "What may be sent, large files in parts, links to download."),
    ("representations", "Người đại diện", "A draft handed to a representative, and taken back."),
    ("dossiers", "Hồ sơ", "What was submitted: state, timeline, documents, withdrawal."),
    ("talk", "Trao đổi, phản ánh", "Messages on a dossier, ratings, questions and feedback."),
    ("visits", "Lịch hẹn", "Appointments at a centre and the day's queue."),
    ("payments", "Thanh toán", "What is owed, attempts to pay, receipts."),
    ("bills", "Hóa đơn", "Bills of billers by customer code, saved codes, paying them."),
    ("stalls", "Sạp chợ", "Paying a market stall by its QR; the seller's payments and totals."),
    ("sync", "Đồng bộ", "What changed for the citizen since a token, for phones on bad networks."),
    ("lookup", "Tra cứu", "Public: how far a dossier is, and no personal data."),
    ("officers", "Cán bộ", "Dossiers of the officer's own agency."),
    ("officer-money", "Thu ngân", "The cashier's receipts, counter and till."),
    ("city", "Số liệu", "Public figures of the city."),
]


METHODS = {"get", "post", "put", "patch", "delete"}


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Return the document with its tags in order and the server named."""
    known = [{"name": name, "description": f"{vi}. {en}"} for name, vi, en in TAGS]
    others = [tag for tag in result.get("tags", []) if tag["name"] not in {n for n, _, _ in TAGS}]
    result["tags"] = [*known, *others]
    for item in result["paths"].values():
        for method, operation in item.items():
            if method in METHODS:
                operation.setdefault("security", [])  # public: said, not left out
                _show(operation)
    return result


def _show(operation: dict[str, Any]) -> None:
    """Add the recorded answer to the success it was given with."""
    example = EXAMPLES.get(operation["operationId"])
    for status, response in operation["responses"].items():
        shown = response.get("content", {}).get("application/json")
        if example is not None and shown is not None and status.startswith("2"):
            shown["example"] = example
