"""What answers about drafts and dossiers look like, for the document."""

from typing import Any

from rest_framework import serializers

from common.http import Body, Money

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
    sha256 = serializers.CharField()
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
    max_file_bytes = serializers.IntegerField()
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
    expires_at = serializers.DateTimeField()


class DraftShape(DraftBriefShape):
    """A form as it stands: typed values over prefilled ones, and what is still wrong with it."""

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


class UploadBody(Body):
    paper_key = serializers.CharField(max_length=200)
    file = serializers.FileField(help_text="PDF, JPEG, PNG or HEIC, by content; 10 MiB.")


class ReuseBody(Body):
    paper_key = serializers.CharField(max_length=200)
    paper_id = serializers.CharField(max_length=60)


class SubmitBody(Body):
    version = serializers.IntegerField(
        required=False, help_text="The draft's version that the citizen saw."
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
    """One thing that happened. `text` is for people, `move` for programs."""

    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(
        choices=[
            "move",
            "payment",
            "supplement",
            "proposal",
            "extension",
            "calendar",
            "silence",
        ]
    )
    move = serializers.CharField()
    state = StateShape()
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


class SupplementShape(Shape):
    id = serializers.CharField()
    round = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["open", "answered", "closed"])
    message = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    papers = serializers.ListField(child=serializers.CharField())
    requested_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


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


class NeededShape(Shape):
    """What is needed from the citizen now."""

    kind = serializers.ChoiceField(choices=["pay", "supplement"])
    text = serializers.CharField()
    reference = serializers.CharField(help_text="A payment or a supplement request.")


class DossierShape(DossierBriefShape):
    """A dossier with everything its screen shows, in one call."""

    answers = serializers.DictField()
    answers_hash = serializers.CharField()
    provenance = serializers.DictField()
    fee = FeeShape()
    owed = Money()
    paid = Money()
    payment_ids = serializers.ListField(child=serializers.CharField())
    promises = PromiseShape(many=True, help_text="Every promise given, the first one first.")
    missed_at = serializers.DateTimeField(
        allow_null=True, help_text="The first promise that was broken."
    )
    timeline = EventShape(many=True)
    documents = DocumentShape(many=True)
    attachments = AttachmentShape(many=True)
    supplements = SupplementShape(many=True)
    needed = NeededShape(many=True)
    lookup_pin = serializers.CharField()
    lookup_url = serializers.CharField()


class SupplementBody(Body):
    answers = serializers.DictField(required=False, default=dict)
    message = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class WithdrawalBody(Body):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class LookupBody(Body):
    dossier_code = serializers.CharField(max_length=60)
    pin = serializers.CharField(required=False, max_length=20)


class StepShape(Shape):
    move = serializers.CharField()
    state = StateShape()
    office = serializers.CharField()
    at = serializers.DateTimeField()


class ProgressShape(Shape):
    """How far a dossier is; no personal data. `steps` only with the PIN of the slip."""

    dossier_code = serializers.CharField()
    state = StateShape()
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    steps = StepShape(many=True)


class OfficerDossierShape(DossierBriefShape):
    """A dossier on an officer's desk."""

    applicant_name = serializers.CharField()
    late = serializers.BooleanField()
    fee_open = serializers.BooleanField(help_text="Something is owed and not paid.")


class OfficerDetailShape(OfficerDossierShape):
    answers = serializers.DictField()
    provenance = serializers.DictField()
    fee = FeeShape()
    owed = Money()
    paid = Money()
    promises = PromiseShape(many=True)
    missed_at = serializers.DateTimeField(allow_null=True)
    may_extend = serializers.BooleanField(help_text="You may extend the promise now, once.")
    may_extend_until = serializers.DateTimeField(
        allow_null=True, help_text="The last moment for the apology; null when it is not possible."
    )
    timeline = EventShape(many=True)
    documents = DocumentShape(many=True)
    attachments = AttachmentShape(many=True)
    supplements = SupplementShape(many=True)
    moves = serializers.ListField(
        child=serializers.CharField(), help_text="What this officer may do now."
    )


class DueLineBody(Body):
    code = serializers.CharField(max_length=40, default="extra")
    label_vi = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=["phi", "le_phi"], default="phi")
    quantity = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    unit_vnd = serializers.IntegerField(min_value=1, max_value=99_999_999)


class MoveBody(Body):
    move = serializers.ChoiceField(
        choices=[
            "receive",
            "refuse",
            "request_supplement",
            "request_payment",
            "forward",
            "recall_reception",
            "return_at_appraisal",
            "propose",
            "reject",
            "sign",
            "accept_supplement",
            "stop",
            "accept_withdrawal",
            "refuse_withdrawal",
            "hand_over",
            "recall_result",
            "recall_hand_over",
        ]
    )
    expected_state = serializers.IntegerField(
        min_value=1, max_value=10, help_text="The state the officer saw; 409 when it moved on."
    )
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=100), required=False, default=list, max_length=100
    )
    papers = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, default=list, max_length=100
    )
    result_text = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=4000
    )
    result_number = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=60
    )
    lines = DueLineBody(many=True, required=False, default=list)


class RatioShape(Shape):
    key = serializers.ChoiceField(
        choices=["online", "on_time", "paid_online", "digitised", "reused"]
    )
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True)


class KpiShape(Shape):
    """The city's figures of a period, each with what it was counted from."""

    start = serializers.DateField()
    end = serializers.DateField(help_text="Exclusive.")
    received = serializers.IntegerField()
    ratios = RatioShape(many=True)
    computed_at = serializers.DateTimeField()
