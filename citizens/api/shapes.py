"""What the citizen's own answers look like, for the document."""

from typing import Any

from rest_framework import serializers

from common.http import Body

Shape = serializers.Serializer[Any]


class MeShape(Shape):
    """The signed-in person. Numbers are masked."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["citizen", "officer"])
    full_name = serializers.CharField(help_text="Empty until an identity was proved.")
    id_number_masked = serializers.CharField(allow_null=True)
    phone_masked = serializers.CharField(allow_null=True)
    phone_verified = serializers.BooleanField()
    email = serializers.CharField()
    assurance_level = serializers.IntegerField(min_value=0, max_value=2)
    language = serializers.ChoiceField(choices=["vi", "en"])
    is_demo = serializers.BooleanField(help_text="A synthetic person of a demonstration.")
    version = serializers.IntegerField()


class MeBody(Body):
    language = serializers.ChoiceField(choices=["vi", "en"])


class ConsentShape(Shape):
    """A purpose, the words the person reads, and the last decision."""

    purpose = serializers.CharField()
    text = serializers.CharField()
    text_version = serializers.CharField()
    granted = serializers.BooleanField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_text_version = serializers.CharField(allow_null=True)


class ConsentsShape(Shape):
    items = ConsentShape(many=True)


class ConsentBody(Body):
    purpose = serializers.CharField(max_length=40)
    decision = serializers.ChoiceField(choices=["grant", "withdraw"])
    text_version = serializers.CharField(max_length=20)


class FactShape(Shape):
    """Something known, and where it came from."""

    key = serializers.CharField()
    label = serializers.CharField()
    value = serializers.JSONField(help_text="A string or an object; personal numbers are masked.")
    source = serializers.ChoiceField(choices=["identity", "dossier", "document", "typed"])
    source_ref = serializers.CharField()
    verified = serializers.BooleanField()
    recorded_at = serializers.DateTimeField()


class AccessShape(Shape):
    """Somebody saw data of this person."""

    reader = serializers.CharField()
    what = serializers.CharField()
    purpose = serializers.CharField()
    reference = serializers.CharField()
    at = serializers.DateTimeField()


class MessageShape(Shape):
    id = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class SessionShape(Shape):
    """A sign-in of this person."""

    id = serializers.CharField()
    user_agent = serializers.CharField()
    signed_in_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()


class SessionsShape(Shape):
    items = SessionShape(many=True)


class DevSignInBody(Body):
    who = serializers.CharField(max_length=60)
