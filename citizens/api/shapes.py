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
    has_password = serializers.BooleanField()
    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=["verify_phone", "link_vneid", "level_2"]),
        help_text="What this account has not done yet, in the order to do it.",
    )
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
    version = serializers.IntegerField(help_text="For `If-Match` when it is removed.")


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
    version = serializers.IntegerField(help_text="Always 1: a sign-in never changes.")


class DeviceShape(Shape):
    """A phone that may be woken by a push."""

    installation_id = serializers.CharField()
    platform = serializers.ChoiceField(choices=["android", "ios"])
    app_version = serializers.CharField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class DeviceBody(Body):
    platform = serializers.ChoiceField(choices=["android", "ios"])
    token = serializers.CharField(max_length=4096, help_text="Of FCM or APNs; never shown again.")
    app_version = serializers.CharField(max_length=40)


class DevSignInBody(Body):
    who = serializers.CharField(max_length=60)
