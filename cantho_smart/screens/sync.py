"""What changed for me since I last looked: one feed over all rooms, for phones on bad networks."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from citizens import queries as citizens
from common import feed, http, pages
from common.errors import Invalid, Unavailable
from common.feed import SyncTokenExpired
from common.http import Body, IsCitizen, Money, Request, View
from common.openapi import PAGE_SIZE, operation, text_parameter
from dossiers.api import render, shapes
from dossiers.queries import sync as dossiers
from payments import queries as payments

Shape = serializers.Serializer[Any]
KINDS = ("draft", "dossier", "message", "payment")
CHANGES = 50
MAX_TOKEN = 4000


class SyncMessageShape(Shape):
    id = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class SyncPaymentShape(Shape):
    id = serializers.CharField()
    reference = serializers.CharField(help_text="The dossier.")
    title = serializers.CharField()
    state = serializers.ChoiceField(
        choices=[
            *("owed", "pending", "declined", "expired", "review"),
            *("paid", "refunded", "cancelled", "free"),
        ]
    )
    amount = Money()
    paid = Money()
    refunded = Money()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class GoneShape(Shape):
    """A tombstone: drop it from the phone. Something the phone never had may be named too."""

    kind = serializers.ChoiceField(choices=list(KINDS))
    id = serializers.CharField()


class SyncShape(Shape):
    """What changed. Put each item over the one with the same id, drop what is `gone`, keep `next`.

    An item may come although it did not change; what changed is never left out.
    """

    drafts = shapes.DraftBriefShape(many=True)
    dossiers = shapes.ListedDossierShape(many=True)
    messages = SyncMessageShape(many=True)
    payments = SyncPaymentShape(many=True)
    gone = GoneShape(many=True)
    has_more = serializers.BooleanField(help_text="Call again with `next` at once.")
    next = serializers.CharField(help_text="The token for the next call. Opaque.")


class SyncFilter(Body):
    since = serializers.CharField(required=False, max_length=MAX_TOKEN)
    page_size = serializers.CharField(required=False)


class Sync(View):
    permission_classes = [IsCitizen]

    @operation(
        "sync",
        tag="sync",
        summary="Read what changed since a token",
        description=(
            "Without `since`: everything there is. With the `next` of an earlier answer: what "
            "changed since, with tombstones. Go on while `has_more`; keep the last `next` for the "
            "next time. A change is never skipped, whenever it commits, and may come twice. A "
            "dossier comes again also when a part of it changed: its papers, its supplement "
            "requests, its money. Tokens are good for 90 days and for one account: after 410 "
            "`sync_token_expired` drop what the phone holds and start over. Texts are in the "
            "language of the call: a phone that changes its language starts over."
        ),
        answer=SyncShape,
        refusals=[SyncTokenExpired, Invalid, pages.PageSizeInvalid, Unavailable],
        query=[
            text_parameter("since", "`next` of the last answer.", max_length=MAX_TOKEN),
            PAGE_SIZE,
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = http.query_of(SyncFilter, request)
        page = feed.since(
            owner=request.user.id,
            token=wanted.get("since"),
            limit=pages.size_of(request, default=CHANGES),
        )
        found = items(request.user.id, page.changes)
        return http.answer({**found, "has_more": page.has_more, "next": page.token})


def items(citizen_id: str, changes: Iterable[feed.Change]) -> dict[str, Any]:
    """Return the changed objects as they are now; the rest is gone."""
    wanted: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for change in changes:
        if not change.gone:
            wanted[change.kind].append(change.object_id)
    paying = (
        list(payments.payments_of(citizen_id).filter(id__in=wanted["payment"]).order_by("id"))
        if wanted["payment"]
        else []
    )
    # What a dossier needs follows from what is owed on it.
    dossier_ids = {*wanted["dossier"], *(row.reference for row in paying)}
    messages = (
        list(citizens.messages_of(citizen_id).filter(id__in=wanted["message"]).order_by("id"))
        if wanted["message"]
        else []
    )
    part = dossiers.part_of(citizen_id, draft_ids=wanted["draft"], dossier_ids=dossier_ids)
    found: dict[str, list[dict[str, Any]]] = {
        "drafts": [render.draft_brief(row, citizen_id) for row in part.drafts],
        "dossiers": [render.listed(one) for one in part.dossiers],
        "messages": [message_of(row) for row in messages],
        "payments": [payment_of(row) for row in paying],
    }
    there = {(kind, one["id"]) for kind in KINDS for one in found[f"{kind}s"]}
    named = ((change.kind, change.object_id) for change in changes)
    return {
        **found,
        "gone": [{"kind": kind, "id": name} for kind, name in named if (kind, name) not in there],
    }


def message_of(row: Any) -> dict[str, Any]:
    english = http.language() == "en"
    return {
        "id": row.id,
        "kind": row.kind,
        "title": row.title_en if english else row.title_vi,
        "body": row.body_en if english else row.body_vi,
        "reference": row.reference,
        "created_at": row.created_at,
        "read_at": row.read_at,
    }


def payment_of(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "title": row.title,
        "state": payments.shown(row).value,
        "amount": http.money(row.amount_vnd),
        "paid": http.money(row.captured_vnd),
        "refunded": http.money(row.refunded_vnd),
        "created_at": row.created_at,
        "settled_at": row.settled_at,
    }
