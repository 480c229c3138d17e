"""What the catalogue's answers look like, for the document; rendering is in `render.py`."""

from typing import Any

from rest_framework import serializers

from common.http import Body, Money

Shape = serializers.Serializer[Any]


class FieldShape(Shape):
    """A field of administration (lĩnh vực)."""

    key = serializers.CharField()
    name_vi = serializers.CharField()


class TimeLimitShape(Shape):
    """How long it may take by rule. `same_day`: received before 15:00, done the same day."""

    value = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=["working_day", "calendar_day", "hour", "month"])
    same_day = serializers.BooleanField()
    source = serializers.CharField()


class ServiceShape(Shape):
    """A service in a list."""

    code = serializers.CharField()
    name_vi = serializers.CharField()
    field = FieldShape()
    online_level = serializers.ChoiceField(
        choices=["full", "partial", "none"], help_text="toàn trình, một phần, không trực tuyến"
    )
    levels = serializers.ListField(child=serializers.CharField())
    has_form = serializers.BooleanField()
    has_fee = serializers.BooleanField(allow_null=True, help_text="null: nobody knows")
    time_limit = TimeLimitShape(allow_null=True)


class PaperShape(Shape):
    """A paper that the procedure asks for. `digital`: a file can be attached for it."""

    key = serializers.CharField()
    component_code = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    case = serializers.CharField(allow_null=True)
    original_qty = serializers.IntegerField()
    copy_qty = serializers.IntegerField()
    digital = serializers.BooleanField()


class ResultShape(Shape):
    code = serializers.CharField()
    name = serializers.CharField()


class ReplacedPaperShape(Shape):
    """A paper that need not be handed in where the database holds it (NQ 66.7/2025/NQ-CP)."""

    paper = serializers.CharField()
    database = serializers.CharField()


class FeeLineShape(Shape):
    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=["phi", "le_phi"])
    label_vi = serializers.CharField()
    quantity = serializers.IntegerField()
    unit = Money()
    amount = Money()
    reason_vi = serializers.CharField()


class FeeQuoteShape(Shape):
    """What is owed. `known` false: `total` is null and `reason` says why nobody can tell."""

    known = serializers.BooleanField()
    total = Money(allow_null=True)
    lines = FeeLineShape(many=True)
    due = serializers.ChoiceField(choices=["before_reception", "at_result"])
    reason = serializers.CharField(help_text="In the language asked for.")
    source = serializers.CharField()


class ServiceDetailShape(ServiceShape):
    """A service with everything the source says; what it does not say is null."""

    version_id = serializers.CharField()
    level_note = serializers.CharField(help_text="Where the source contradicts itself.")
    life_events = serializers.ListField(child=serializers.CharField())
    papers = PaperShape(many=True)
    results = ResultShape(many=True)
    fee = FeeQuoteShape(help_text="As filed online, one copy.")
    legal_basis = serializers.ListField(child=serializers.CharField())
    applicants = serializers.ListField(child=serializers.CharField())
    replaced_papers = ReplacedPaperShape(many=True)
    publishing_decision = serializers.CharField(allow_null=True)
    source_url = serializers.CharField()
    source_updated_on = serializers.DateField(allow_null=True)
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="What nobody could say, in words."
    )


class FormShape(Shape):
    """A form as JSON Schema 2020-12. `verified`: read from a source, inferred, or our own."""

    id = serializers.CharField()
    service_code = serializers.CharField()
    number = serializers.IntegerField()
    title_vi = serializers.CharField()
    verified = serializers.ChoiceField(choices=["read", "inferred", "own"])
    channels = serializers.ListField(child=serializers.CharField())
    schema = serializers.DictField()
    sections = serializers.ListField(child=serializers.DictField())
    prefill = serializers.ListField(child=serializers.DictField())
    notes = serializers.ListField(child=serializers.CharField())


class FeeQuoteBody(Body):
    """What the citizen would answer, as far as the fee cares."""

    answers = serializers.DictField(default=dict)
    channel = serializers.ChoiceField(choices=["online", "counter", "postal"], default="online")


class AgencyShape(Shape):
    """A body. `derived`: from a template and the list of units, not read in a document."""

    key = serializers.CharField()
    name_vi = serializers.CharField()
    level = serializers.ChoiceField(choices=["city", "commune"])
    kind = serializers.CharField()
    place_code = serializers.CharField(allow_null=True)
    identifier = serializers.CharField()
    identifier_is_demo = serializers.BooleanField()
    derived = serializers.BooleanField()


class PlaceShape(Shape):
    """A commune or ward of today."""

    code = serializers.CharField()
    name_vi = serializers.CharField()
    kind = serializers.CharField()
    former_province_vi = serializers.CharField()
