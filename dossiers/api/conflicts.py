"""What a phone is told that saves over something it did not see."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from common import http
from common.openapi import ProblemSerializer

Shape = serializers.Serializer[Any]
SAVES_A_MINUTE = 120


class AutosaveThrottle(http.Throttle):
    """Two saves a second are more than fingers need; reading is not counted."""

    name, calls, methods = "autosave", SAVES_A_MINUTE, frozenset({"PATCH"})


class SideShape(Shape):
    """A field as one side has it."""

    kind = serializers.ChoiceField(
        choices=["typed", "emptied", "untouched"],
        help_text="`emptied` on purpose; `untouched`: shows what is known, if anything.",
    )
    value = serializers.JSONField(allow_null=True)


class ConflictShape(Shape):
    """A field that both sides changed, to different values. Ask the person, then save again."""

    field = serializers.CharField()
    pointer = serializers.CharField()
    base = SideShape(allow_null=True, help_text="Before both; null when that is not kept.")
    yours = SideShape()
    theirs = SideShape()


class CleanShape(Shape):
    """What of your change overrules nobody: send it again as it is, under the new ETag."""

    answers = serializers.DictField()
    reset = serializers.ListField(child=serializers.CharField())
    receiving_agency = serializers.CharField(allow_null=True)


class ConflictProblemSerializer(ProblemSerializer):
    """A stale save: what both sides changed since the version that you read."""

    version = serializers.IntegerField(allow_null=True, help_text="The version now.")
    etag = serializers.CharField(required=False, help_text="For the next `If-Match`.")
    base_unknown = serializers.BooleanField(
        required=False, help_text="Your version is no longer kept: every difference is named."
    )
    conflicts = ConflictShape(many=True, required=False)
    clean = CleanShape(required=False)
    changed_elsewhere = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Fields saved since by others."
    )


EXAMPLE = OpenApiExample(
    "both phones changed the number of copies",
    value={
        "type": "/problems/stale_version",
        "title": "Dữ liệu đã được thay đổi ở nơi khác",
        "status": 412,
        "detail": "Bản hiện tại là 7. Hãy tải lại rồi sửa tiếp.",
        "code": "stale_version",
        "request_id": "b7f0c1d2e3",
        "errors": [],
        "version": 7,
        "etag": '"7"',
        "base_unknown": False,
        "conflicts": [
            {
                "field": "so_ban_sao",
                "pointer": "/answers/so_ban_sao",
                "base": {"kind": "typed", "value": 1},
                "yours": {"kind": "typed", "value": 3},
                "theirs": {"kind": "typed", "value": 2},
            }
        ],
        "clean": {
            "answers": {"nyc_dien_thoai": "+84900000001"},
            "reset": [],
            "receiving_agency": None,
        },
        "changed_elsewhere": ["so_ban_sao"],
    },
    response_only=True,
    status_codes=["412"],
    media_type=http.PROBLEM_TYPE,
)
