"""What anybody may ask and read about dossiers."""

from rest_framework import serializers

from common.http import Body
from dossiers.api.shapes import Shape, StateShape


class LookupBody(Body):
    dossier_code = serializers.CharField(max_length=60)
    pin = serializers.CharField(required=False, max_length=20)


class ResultMarkShape(Shape):
    """One result that was signed, and whether it still holds."""

    version = serializers.IntegerField()
    issued_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class StepShape(Shape):
    move = serializers.CharField()
    title = serializers.CharField()
    state = StateShape()
    office = serializers.CharField()
    at = serializers.DateTimeField()


class ProgressShape(Shape):
    """How far a dossier is; no personal data. What it is about is told with the PIN only."""

    dossier_code = serializers.CharField()
    state = StateShape()
    stage = serializers.ChoiceField(
        choices=["sent", "received", "processing", "done", "returned"],
        help_text="The last of five steps that it reached.",
    )
    submitted_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    service_code = serializers.CharField(allow_null=True, help_text="Null without the PIN.")
    service_name = serializers.CharField(allow_null=True, help_text="Null without the PIN.")
    office = serializers.CharField(
        allow_null=True, help_text="The unit that has it now; null without the PIN."
    )
    steps = StepShape(many=True)
    results = ResultMarkShape(many=True)


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
