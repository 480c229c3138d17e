"""Every operation of the document, tried by somebody who has no business there.

Generated from the document: a new operation is tried without anybody remembering to. Nothing that
belongs to the owner may change, whatever is sent.
"""

import datetime
import json
import pathlib

import pytest
import yaml
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection

from common import clock
from dossiers.actions import slot_plans
from dossiers.models import RefundDecision, Seat
from payments.models import Attempt, Payment, Refund
from seeds import bills as simulated
from tests.dossiers import stories, ten_states
from tests.dossiers.test_api_drafts import attach
from tests.dossiers.test_counter import DESK, entered
from tests.files.test_uploads import digest
from tests.files.test_uploads import start as start_upload

DOCUMENT = yaml.safe_load(
    (pathlib.Path(settings.BASE_DIR) / "cantho_smart" / "openapi.yaml").read_text("utf-8")
)
METHODS = ("get", "post", "patch", "put", "delete")
OWNED = (
    *("{draft_id}", "{dossier_id}", "{payment_id}", "{message_id}", "{session_id}"),
    *(
        "{file_id}",
        "{message_file_id}",
        "{feedback_id}",
        "{appointment_id}",
        "{upload_id}",
        "{representation_id}",
        "{opinion_id}",
        "{bulk_id}",
        "{saved_bill_id}",
        "{stall_id}",
        "{refund_id}",
        "{decision_id}",
    ),
)
OPERATIONS = [
    (method, path)
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS
    if method in item and any(mark in path for mark in OWNED)
]
TABLES = (
    "dossiers_draft",
    "dossiers_draftversion",
    "dossiers_representation",
    "dossiers_representationevent",
    "dossiers_supplementdraft",
    "dossiers_dossier",
    "dossiers_timelineevent",
    "dossiers_attachment",
    "dossiers_upload",
    "dossiers_uploadpart",
    "dossiers_document",
    "dossiers_delivery",
    "dossiers_counterfile",
    "dossiers_scan",
    "dossiers_assignment",
    "dossiers_assignmentevent",
    "dossiers_lease",
    "dossiers_note",
    "dossiers_opinion",
    "dossiers_bulkjob",
    "dossiers_bulkitem",
    "payments_payment",
    "payments_attempt",
    "payments_refund",
    "payments_paycode",
    "payments_tillday",
    "payments_counterpayment",
    "payments_payer",
    "payments_billpayment",
    "payments_savedbill",
    "payments_stall",
    "payments_stallsale",
    "payments_ledgerentry",
    "dossiers_refunddecision",
    "dossiers_refunddecisionevent",
    "dossiers_decidedrefund",
    "dossiers_conversation",
    "dossiers_dossiermessage",
    "dossiers_messagefile",
    "dossiers_rating",
    "dossiers_feedback",
    "dossiers_feedbackevent",
    "dossiers_appointment",
    "dossiers_ticket",
    "citizens_message",
    "citizens_vaultaccess",
)

# What must be in a body before anything is looked up, by how the address ends.


@pytest.fixture
def owned(cast):
    """What the owner has, by the names that paths use."""
    dossier = stories.submitted(cast.owner)
    draft = stories.filled(cast.owner)
    attachment = attach(cast.owner, draft).json()
    representation = cast.owner.post(
        f"/api/v1/drafts/{draft['id']}/representation", {"phone": "+84911111199"}
    ).json()
    session = UserSession.objects.create(
        user_id=cast.owner.get("/api/v1/me").json()["id"],
        ip="127.0.0.1",
        session_key="s" * 32,
        user_agent="phone",
    )
    talked = f"/api/v1/dossiers/{dossier['id']}"
    file = cast.owner.upload(f"{talked}/message-files", file=stories.picture()).json()
    cast.owner.post(f"{talked}/messages", {"text": "Xin hỏi", "files": [file["id"]]})
    question = {"kind": "question", "subject": "Hỏi", "text": "Hỏi", "agency": stories.OFFICE}
    slot_plans.load_plans(agency_keys=[stories.OFFICE], now=clock.now())
    day = next(
        day
        for ahead in range(1, 30)
        if cast.anonymous.get(
            f"/api/v1/agencies/{stories.OFFICE}/slots"
            f"?day={(day := clock.today() + datetime.timedelta(ahead))}"
        ).json()["slots"]
    )
    visit = {"agency": stories.OFFICE, "service_code": stories.MARRIAGE}
    visit["starts_at"] = f"{day}T10:00:00+07:00"
    file_id = entered(cast)
    return {
        "file_id": file_id,
        "scan_id": cast.reception.get(f"{DESK}/{file_id}").json()["scans"][0]["id"],
        "appointment_id": cast.owner.post("/api/v1/appointments", visit).json()["id"],
        "message_file_id": file["id"],
        "feedback_id": cast.owner.post("/api/v1/feedback", question).json()["id"],
        "draft_id": draft["id"],
        "dossier_id": dossier["id"],
        "document_id": dossier["documents"][0]["id"],
        "attachment_id": attachment["id"],
        "representation_id": representation["id"],
        "payment_id": dossier["payment_ids"][0],
        "attempt_id": "att_x",
        "message_id": cast.owner.get("/api/v1/me/inbox").json()["items"][0]["id"],
        "session_id": session.pk,
        "upload_id": start_upload(cast.owner, b"xx").json()["id"],
        "part_number": 1,
        **of_payees(cast),
        **of_officers(cast),
    }


def of_payees(cast):
    """A customer code that the owner keeps, and a stall that the owner sells at."""
    from tests.payments import test_saved_bills, test_stalls

    list(simulated.load(now=clock.now()))
    return {
        "saved_bill_id": test_saved_bills.save(cast.owner).json()["id"],
        "stall_id": cast.owner.post(test_stalls.MINE, test_stalls.INVITATION).json()["id"],
    }


def of_officers(cast):
    """What officers made of a dossier of the owner's: not a foreign officer's business either."""
    from tests.dossiers import desks, test_bulk_moves, test_opinions

    opinion = test_opinions.asked(cast, desks.in_process(cast))
    job = test_bulk_moves.start(cast.reception, "receive", [("dos_x", 1)]).json()
    return {"opinion_id": opinion["id"], "bulk_id": job["id"], **of_money(cast)}


def of_money(cast):
    """A fee that is kept after a refusal, and a refund of it; the foreign officer is a cashier."""
    Seat.objects.filter(user__email="cai-khe@demo.invalid").update(
        roles=["reception", "handler", "approver", "cashier"]
    )
    dossier = ten_states.paid(cast)
    ten_states.go(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    payment = Payment.objects.get(reference=dossier["id"])
    attempt = Attempt.objects.create(
        payment=payment,
        number=1,
        provider="stripe",
        client_key="k",
        provider_key="k",
        state="paid",
        received_vnd=16_000,
        expires_at=clock.now(),
        created_at=clock.now(),
        settled_at=clock.now(),
    )
    refund = Refund.objects.create(
        payment=payment,
        attempt=attempt,
        kind="fee",
        amount_vnd=1_000,
        state="failed",
        reason="x",
        requested_by="x",
        client_key="k",
        provider_key="k",
        created_at=clock.now(),
        failed_at=clock.now(),
    )
    decision = RefundDecision.objects.get(dossier_id=dossier["id"])
    return {
        "refund_id": refund.id,
        "decision_id": decision.id,
        "receipt_id": "rcp_of_nobody",
        "number": 1,
    }


# What a body must hold to be looked at at all, by the ending of the address.
BODIES = {
    "/{decision_id}/moves": {
        "move": "decline",
        "expected_state": "open",
        "reason": "Theo quy định của cơ quan",
    },
    "/{payment_id}/refunds": {
        "amount": 1,
        "refundable_believed": 1,
        "reason": "Theo quy định của cơ quan",
    },
    "/retry": {"reason": "Theo quy định của cơ quan"},
    "/pay-out": {"way": "bank", "reference": "UNC-01", "reason": "Theo quy định của cơ quan"},
    "/{feedback_id}/moves": {"move": "refuse", "expected_state": "received", "text": "x"},
    "/moves": {"move": "refuse", "expected_state": 1, "reason": "x"},
    "/extension": {
        "expected_due_at": "2026-10-12T17:00:00+07:00",
        "new_due_on": "2026-10-19",
        "reason": "x",
    },
    "/reused-papers": {"paper_key": stories.PAPER, "paper_id": "pap_x"},
    "/messages": {"text": "x"},
    "/read-mark": {"seq": 1},
    "/rating": {"stars": 1},
    "/steps": {"move": "add", "expected_state": "waiting", "text": "x"},
    "/opinion": {"liked": True},
    "/{appointment_id}": {"starts_at": "2026-12-01T08:00:00+07:00"},
    "/cancellation": {"reason": "x"},
    "/representation": {"phone": "+84922222299"},
    "/{opinion_id}/answer": {"stance": "agree"},
    "/answer": {"accept": True},
    "/assignment": {"assignee": None, "expected_assignee": None, "expected_state": 1},
    "/lease": {"act": "open", "expected_state": 1},
    "/notes": {"text": "x", "expected_state": 1},
    "/opinions": {
        "agencies": ["so-tu-phap"],
        "question": "x",
        "working_days": 2,
        "expected_state": 1,
    },
    "/refund": {"reason": "xxx"},
    "/counter-payments": {"method": "cash", "amount": 16000, "expected_state": "owed"},
    "/cash-payout": {"amount": 16000},
    "/delivery": {"way": "counter"},
    "/dues": {
        "payment_id": "pay_x",
        "lines": [],
        "reason": "x",
        "expected_state": 1,
    },
    "/delivery-reports": {"outcome": "delivered"},
}


def rows():
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            found[table] = cursor.fetchall()
    return found


def call(api, method, path, owned):
    body = next((body for ending, body in BODIES.items() if path.endswith(ending)), {})
    for name, value in owned.items():
        path = path.replace("{" + name + "}", str(value))
    assert "{" not in path, path
    if path.endswith("/daily-totals"):
        path += "?from=2026-11-24&to=2026-11-24"
    if path.endswith(("/message-files", "/proof", "/file")) and method == "post":
        return api.upload(path, file=stories.picture())
    multipart = path.endswith(("/attachments", "/scans")) and method == "post"
    if multipart:
        return api.upload(path, paper_key=stories.PAPER, file=stories.picture())
    if method == "put" and "/parts/" in path:
        headers = api._headers(**{"If-Match": '"1"', "Content-Digest": digest(b"xx")})
        return api.client.put(path, b"xx", content_type="application/octet-stream", headers=headers)
    headers = api._headers(**{"Idempotency-Key": "nguoi-la-thu-mot-lan", "If-Match": '"1"'})
    if method == "patch" and "/representations/" in path:
        body = {"shares_prefill": True, "share_text_version": "2026-1"}
    if "/opinions/" in path and path.endswith("/withdrawal"):
        body = {"reason": "x"}
    return api.client.generic(
        method.upper(),
        path,
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def test_there_are_operations_to_try():
    assert len(OPERATIONS) >= 25


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_stranger_gets_nothing_and_changes_nothing(cast, owned, method, path):
    others = {"stranger": cast.stranger, "foreign_officer": cast.foreign_officer}
    colleague = cast.handler  # an officer of the competent agency, at a citizen's door
    before = rows()
    for who, api in others.items():
        answer = call(api, method, path, owned)
        officers_door = "/officer/" in path
        mine = who == "stranger" if not officers_door else who == "foreign_officer"
        anybodys = "/me/sessions/" in path or "/me/inbox/" in path  # officers have theirs too
        expected = {404} if mine or anybodys else {403}
        assert answer.status_code in expected, (who, answer.content)
        assert answer.json()["code"] in {"not_found", "forbidden"}
    if "/officer/" not in path and "/me/" not in path:
        assert call(colleague, method, path, owned).status_code == 403
    assert call(cast.anonymous, method, path, owned).status_code == 401
    assert rows() == before
