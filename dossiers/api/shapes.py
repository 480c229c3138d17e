"""What answers about drafts and dossiers look like, for the document."""

from typing import Any

from rest_framework import serializers

from common.http import Body, Money
from dossiers.rules import refunds

Shape = serializers.Serializer[Any]
STATES = list(range(1, 11))


class AgencyBriefShape(Shape):
    key = serializers.CharField()
    name_vi = serializers.CharField()


class StateShape(Shape):
    """One of the ten official states."""

    code = serializers.IntegerField(min_value=1, max_value=10)
    key = serializers.CharField(help_text="Stable, lower_snake.")
    name = serializers.CharField(help_text="In the language asked for.")


class ProvenanceShape(Shape):
    """Where a prefilled value comes from. `locked`: only the identity can change it."""

    field = serializers.CharField()
    source = serializers.ChoiceField(choices=["identity", "dossier", "document", "typed"])
    source_ref = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    verified = serializers.BooleanField()
    locked = serializers.BooleanField()
    aged = serializers.BooleanField(help_text="Old: look at it and name it in `confirmed`.")


class FailureShape(Shape):
    code = serializers.CharField()
    param = serializers.CharField()
    message = serializers.CharField()
    pointer = serializers.CharField()


class AttachmentShape(Shape):
    id = serializers.CharField()
    paper_key = serializers.CharField()
    paper_name = serializers.CharField()
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of what is kept: a picture is drawn anew.")
    scan = serializers.ChoiceField(
        choices=["pending", "clean", "infected"],
        help_text="Nobody, whoever they are, can open a file that is not `clean`.",
    )
    reused = serializers.BooleanField(help_text="Taken from an accepted paper, not uploaded.")
    created_at = serializers.DateTimeField()


class ReusablePaperShape(Shape):
    """A paper accepted before that need not be uploaded again."""

    paper_id = serializers.CharField()
    name = serializers.CharField()
    source_ref = serializers.CharField(help_text="The dossier that it was accepted in.")
    accepted_at = serializers.DateTimeField()


class DraftPaperShape(Shape):
    key = serializers.CharField()
    component_code = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    case = serializers.CharField(allow_null=True)
    digital = serializers.BooleanField()
    attachments = AttachmentShape(many=True)
    reusable = ReusablePaperShape(many=True)


class UploadLimitsShape(Shape):
    """Told beforehand, so that nobody uploads in vain."""

    max_files = serializers.IntegerField()
    max_file_bytes = serializers.IntegerField(help_text="In one request.")
    max_upload_bytes = serializers.IntegerField(help_text="In parts: `POST /uploads`.")
    max_total_bytes = serializers.IntegerField()
    media_types = serializers.ListField(child=serializers.CharField())


class DraftBriefShape(Shape):
    id = serializers.UUIDField()
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    receiving_agency = AgencyBriefShape(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Every change prolongs it.")
    role = serializers.ChoiceField(
        choices=["own", "representative"], help_text="As whom you see this draft."
    )
    on_behalf_of = serializers.CharField(
        allow_null=True, help_text="For a representative: whose draft it is."
    )
    held_by = serializers.CharField(
        allow_null=True, help_text="Who writes it for you now; take it back to write yourself."
    )


class DroppedShape(Shape):
    """A value that the new form does not take."""

    field = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    reason = serializers.ChoiceField(choices=["gone", "does_not_fit"])


class FormChangedShape(Shape):
    """The form changed while this draft was open. Told until the next save."""

    from_number = serializers.IntegerField()
    to_number = serializers.IntegerField()
    at = serializers.DateTimeField()
    dropped = DroppedShape(many=True)
    added = serializers.ListField(child=serializers.CharField(), help_text="New fields.")
    papers_dropped = serializers.ListField(child=serializers.CharField())


class DraftShape(DraftBriefShape):
    """A form as it stands: typed values over prefilled ones, and what is still wrong with it."""

    representation_id = serializers.CharField(
        allow_null=True, help_text="Under which it was handed over, while that lasts."
    )
    form_changed = FormChangedShape(allow_null=True)

    form_id = serializers.CharField()
    form_number = serializers.IntegerField()
    form_verified = serializers.ChoiceField(choices=["read", "inferred", "own"])
    answers = serializers.DictField(help_text="Field to value; the schema is the form's.")
    prefilled = ProvenanceShape(many=True)
    failures = FailureShape(many=True)
    papers = DraftPaperShape(many=True)
    upload_limits = UploadLimitsShape()


class DraftBody(Body):
    id = serializers.UUIDField(help_text="Made by the phone: a repeat finds the same draft.")
    service_code = serializers.RegexField(r"^[0-9]\.[0-9]{6}$")
    another = serializers.BooleanField(
        required=False, default=False, help_text="Start a second draft of the same service."
    )


class DraftChangeBody(Body):
    answers = serializers.DictField(
        required=False, default=dict, help_text="Only what changed; null empties a field."
    )
    reset = serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        default=list,
        max_length=300,
        help_text="Fields to fill in again from what is known.",
    )
    confirmed = serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        default=list,
        max_length=300,
        help_text="Aged fields that the citizen looked at again.",
    )
    receiving_agency = serializers.CharField(required=False, max_length=60)
    merge = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Save over a version you did not see, if nobody is overruled by it.",
    )


class AddressBody(Body):
    """Where the post goes. Kept encrypted."""

    name = serializers.CharField(max_length=200)
    phone = serializers.RegexField(r"^\+84(3|5|7|8|9)[0-9]{8}$")
    line = serializers.CharField(max_length=300, help_text="House, street.")
    ward_code = serializers.RegexField(r"^[0-9]{5}$")
    province_code = serializers.RegexField(r"^[0-9]{2}$")


class DeliveryBody(Body):
    way = serializers.ChoiceField(choices=["app", "post", "counter"])
    address = AddressBody(required=False, allow_null=True, help_text="For the post only.")


class SubmitBody(Body):
    version = serializers.IntegerField(
        required=False, help_text="The draft's version that the citizen saw."
    )
    delivery = DeliveryBody(
        required=False, help_text="How the result shall come back; the app if not said."
    )


class FeeLineBriefShape(Shape):
    label_vi = serializers.CharField()
    kind = serializers.ChoiceField(choices=["phi", "le_phi"])
    quantity = serializers.IntegerField()
    unit = Money()
    amount = Money()
    reason_vi = serializers.CharField()


class FeeShape(Shape):
    """The fee quote the dossier was filed under; it never changes."""

    known = serializers.BooleanField()
    total = Money(allow_null=True)
    due = serializers.CharField()
    reason = serializers.CharField()
    lines = FeeLineBriefShape(many=True)


class EventShape(Shape):
    """One thing that happened. `title` and `text` are for people, `move` for programs."""

    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(
        choices=[
            *("move", "payment", "supplement", "proposal", "note", "routing", "opinion"),
            *("extension", "calendar", "silence"),
        ]
    )
    move = serializers.CharField()
    state = StateShape()
    title = serializers.CharField()
    text = serializers.CharField()
    reason = serializers.CharField()
    office = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField()


class PromiseShape(Shape):
    """One change of the promised day and hour; null while the clock stands still."""

    promised_due_at = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField()
    move = serializers.CharField(help_text="What changed it.")
    kind = serializers.ChoiceField(
        choices=["first", "pause", "reset", "resume", "extension", "calendar"]
    )


class DocumentShape(Shape):
    id = serializers.CharField()
    kind = serializers.ChoiceField(
        choices=[
            "acknowledgement",
            "reception_slip",
            "supplement_slip",
            "refusal_slip",
            "apology_letter",
            "stop_notice",
            "result",
        ]
    )
    title_vi = serializers.CharField()
    ready = serializers.BooleanField(help_text="The PDF was made; a download makes it otherwise.")
    issued_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="Counts the results that were signed.")
    revoked_at = serializers.DateTimeField(
        allow_null=True, help_text="It was recalled and says nothing any more."
    )


class SupplementShape(Shape):
    id = serializers.CharField()
    round = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["open", "answered", "closed"])
    message = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    papers = serializers.ListField(child=serializers.CharField())
    requested_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class NeedShape(Shape):
    """What is needed from the citizen now. `text` is for people, `kind` for programs."""

    kind = serializers.ChoiceField(choices=["supplement", "pay", "collect"])
    text = serializers.CharField()
    deadline = serializers.DateTimeField(allow_null=True, help_text="Null: no day was set.")
    reference = serializers.CharField(help_text="A supplement request, a payment or the dossier.")
    link = serializers.CharField(help_text="Where to do it, in this API.")


class DossierBriefShape(Shape):
    """A dossier in a list."""

    id = serializers.CharField()
    code = serializers.CharField()
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    channel = serializers.ChoiceField(choices=["online", "counter", "postal"])
    state = StateShape()
    receiving_agency = AgencyBriefShape()
    competent_agency = AgencyBriefShape()
    submitted_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class ListedDossierShape(DossierBriefShape):
    """A dossier in a citizen's list, with what it needs from the citizen now."""

    updated_at = serializers.DateTimeField()
    needs = NeedShape(many=True)


class ExpectedShape(Shape):
    """When the result may be expected, or why the clock stands and how much is left."""

    status = serializers.ChoiceField(
        choices=["not_started", "running", "late", "paused", "restarts", "unknown", "ended"]
    )
    due_at = serializers.DateTimeField(allow_null=True)
    working_days_left = serializers.IntegerField(
        allow_null=True, help_text="Of a promise that runs or is paused; null otherwise."
    )
    text = serializers.CharField()


class DeliveryBriefShape(Shape):
    """How the result comes back; `/dossiers/{dossier_id}/delivery` tells more."""

    way = serializers.ChoiceField(choices=["app", "post", "counter"])
    state = serializers.ChoiceField(choices=["waiting", "ready", "sent", "returned"])
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class RefundShape(Shape):
    """Whether what was paid goes back, after the dossier ended or an officer decided so."""

    state = serializers.ChoiceField(choices=[state.value for state in refunds.Shown])
    text = serializers.CharField()
    amount = Money(help_text="What goes back; until that is decided, what was kept.")
    reason = serializers.CharField()
    legal_basis = serializers.CharField(
        allow_null=True, help_text="Null: no general rule was found (chưa có quy định chung)."
    )
    decided_at = serializers.DateTimeField(allow_null=True)


class DossierShape(ListedDossierShape):
    """A dossier with everything its screen shows, in one call."""

    explanation = serializers.CharField(help_text="What the state means, in plain words.")
    next_step = serializers.CharField(help_text="What happens next, in plain words.")
    expected = ExpectedShape()

    answers = serializers.DictField()
    answers_hash = serializers.CharField()
    provenance = serializers.DictField()
    fee = FeeShape()
    owed = Money()
    paid = Money()
    refunded = Money()
    refund = RefundShape(allow_null=True)
    payment_ids = serializers.ListField(child=serializers.CharField())
    promises = PromiseShape(many=True, help_text="Every promise given, the first one first.")
    missed_at = serializers.DateTimeField(
        allow_null=True, help_text="The first promise that was broken."
    )
    timeline = EventShape(many=True)
    documents = DocumentShape(many=True)
    attachments = AttachmentShape(many=True)
    supplements = SupplementShape(many=True)
    delivery = DeliveryBriefShape()
    unread_messages = serializers.BooleanField(help_text="The office wrote, and I have not read.")
    rated = serializers.BooleanField()
    lookup_pin = serializers.CharField()
    lookup_url = serializers.CharField()


class SupplementBody(Body):
    answers = serializers.DictField(required=False, default=dict)
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class WithdrawalBody(Body):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
