"""What answers about an officer's work look like, for the document."""

from typing import Any

from rest_framework import serializers

Shape = serializers.Serializer[Any]
COLOURS = ["none", "green", "amber", "red", "paused", "late"]


class OfficeShape(Shape):
    """An agency by its key and name."""

    key = serializers.CharField()
    name_vi = serializers.CharField()


class SeatBriefShape(Shape):
    """A colleague by the seat, never by name."""

    seat_id = serializers.CharField()
    title = serializers.CharField()


class AssignmentShape(SeatBriefShape):
    """Whose work a dossier is in my agency."""

    mine = serializers.BooleanField()
    since = serializers.DateTimeField()


class LeaseShape(SeatBriefShape):
    """Who has a dossier open now."""

    mine = serializers.BooleanField()
    until = serializers.DateTimeField()


class NoteShape(Shape):
    """What an officer noted for colleagues; citizens never read it."""

    id = serializers.CharField()
    text = serializers.CharField()
    audience = serializers.ChoiceField(choices=["agency", "dossier"])
    agency = OfficeShape()
    writer = serializers.CharField(help_text="The title of the seat.")
    at = serializers.DateTimeField()


class OpinionBriefShape(Shape):
    """A request for an opinion, without what was asked and answered."""

    id = serializers.CharField()
    dossier_code = serializers.CharField()
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    asking_agency = OfficeShape()
    asked_agency = OfficeShape()
    state = serializers.ChoiceField(
        choices=["open", "answered", "silent", "withdrawn", "overtaken"]
    )
    stance = serializers.CharField(
        allow_null=True, help_text="`agree`, `disagree`, `comment`; null while not answered."
    )
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    late = serializers.BooleanField(help_text="Open, and its time ran out.")
    closed_at = serializers.DateTimeField(allow_null=True)
    silence_basis = serializers.CharField(
        allow_null=True, help_text="The law by which silence counts as agreement, if one does."
    )


class OpinionShape(OpinionBriefShape):
    """What was asked and answered, as both agencies see it."""

    question = serializers.CharField()
    answer = serializers.CharField()
    file_name = serializers.CharField(allow_null=True, help_text="A file with the answer.")
    closing_reason = serializers.CharField()


class SharedAnswerShape(Shape):
    """One answer of the form that is shared with the asked agency."""

    field = serializers.CharField()
    label_vi = serializers.CharField()
    value = serializers.JSONField()


class SharedFileShape(Shape):
    """One file that is shared with the asked agency."""

    id = serializers.CharField()
    paper_name = serializers.CharField()
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()


class OpinionDetailShape(OpinionShape):
    """An opinion with the parts of the dossier that the asked agency may see, and no more."""

    applicant_name = serializers.CharField(allow_null=True)
    answers = SharedAnswerShape(many=True)
    files = SharedFileShape(many=True)
