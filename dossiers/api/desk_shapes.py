"""What bodies and answers about dossiers look like at the desk."""

from rest_framework import serializers

from common.http import Body, Money
from dossiers.api import officer_shapes
from dossiers.api.shapes import (
    AttachmentShape,
    DeliveryBriefShape,
    DocumentShape,
    DossierBriefShape,
    EventShape,
    FeeShape,
    PromiseShape,
    Shape,
    SupplementShape,
)
from dossiers.rules.views import Part


class OfficerDossierShape(DossierBriefShape):
    """A dossier on an officer's desk."""

    applicant_name = serializers.CharField(help_text="Empty when not shown to the agency.")
    late = serializers.BooleanField()
    fee_open = serializers.BooleanField(help_text="Something is owed and not paid.")
    due_colour = serializers.ChoiceField(choices=officer_shapes.COLOURS)
    assignment = officer_shapes.AssignmentShape(
        allow_null=True, help_text="Whose work it is in my agency; null for nobody's."
    )


class HandedInShape(Shape):
    """A paper that came on paper."""

    paper_key = serializers.CharField()
    paper_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["original", "copy"])
    quantity = serializers.IntegerField()
    digitised = serializers.BooleanField(help_text="It was scanned.")


class OfficerDetailShape(OfficerDossierShape):
    answers = serializers.DictField(help_text="Empty when not shown: see `parts`.")
    provenance = serializers.DictField()
    fee = FeeShape(allow_null=True)
    owed = Money(allow_null=True)
    paid = Money(allow_null=True)
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
    delivery = DeliveryBriefShape()
    handed_in = HandedInShape(many=True)
    parts = serializers.ListField(
        child=serializers.ChoiceField(choices=[part.value for part in Part]),
        help_text="What of the dossier is shown to the officer's agency, by its part in it now.",
    )
    moves = serializers.ListField(
        child=serializers.CharField(), help_text="What this officer may do now."
    )
    lease = officer_shapes.LeaseShape(allow_null=True, help_text="Who has it open now.")
    opinions = officer_shapes.OpinionShape(many=True)
    notes = officer_shapes.NoteShape(many=True, help_text="The newest twenty that I may read.")


class DueLineBody(Body):
    code = serializers.CharField(max_length=40, default="extra")
    label_vi = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=["phi", "le_phi"], default="phi")
    quantity = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    unit_vnd = serializers.IntegerField(min_value=1, max_value=99_999_999)


class HandOverBody(Body):
    """Who the result was given to: needed at the counter and for the post."""

    way = serializers.ChoiceField(choices=["app", "post", "counter"], required=False)
    taken_by = serializers.ChoiceField(
        choices=["applicant", "representative", "post"], required=False
    )
    taker_name = serializers.CharField(max_length=200, required=False)
    proof = serializers.ChoiceField(
        choices=["identity_card", "vneid", "authorisation", "slip"], required=False
    )
    signed = serializers.BooleanField(required=False, help_text="The taker signed for it.")
    tracking_number = serializers.CharField(max_length=40, required=False)


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
            "reroute",
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
    template = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=60,
        help_text="For propose: a decision template, instead of result_text.",
    )
    values = serializers.DictField(
        child=serializers.CharField(max_length=4000, allow_blank=True),
        required=False,
        default=dict,
        help_text="For propose: what the template asks the handler to enter.",
    )
    lines = DueLineBody(many=True, required=False, default=list)
    hand_over = HandOverBody(required=False, default=None, allow_null=True)
    competent_agency = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=60,
        help_text="With `forward` where the route is corrected; with `reroute` where it goes.",
    )
    without_opinions = serializers.BooleanField(
        required=False, default=False, help_text="Decide though agencies have not answered."
    )
