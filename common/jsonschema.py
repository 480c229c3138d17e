"""Answers against a JSON Schema 2020-12, all failures at once, each with a JSON pointer."""

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from common.errors import FieldError

Schema = dict[str, Any]

_TEXTS = {
    "required": ("Bắt buộc phải có", "This is required"),
    "additionalProperties": ("Trường không có trong biểu mẫu", "This field is not in the form"),
    "type": ("Sai kiểu dữ liệu", "The type is wrong"),
    "enum": ("Giá trị không có trong danh sách", "The value is not in the list"),
    "const": ("Phải đồng ý với nội dung này", "This must be accepted as it stands"),
    "format": ("Sai định dạng", "The format is wrong"),
    "pattern": ("Sai định dạng", "The format is wrong"),
    "maxLength": ("Quá dài: tối đa {limit} ký tự", "Too long: at most {limit} characters"),
    "minLength": ("Quá ngắn: ít nhất {limit} ký tự", "Too short: at least {limit} characters"),
    "maximum": ("Quá lớn: tối đa {limit}", "Too large: at most {limit}"),
    "minimum": ("Quá nhỏ: ít nhất {limit}", "Too small: at least {limit}"),
    "maxItems": ("Quá nhiều: tối đa {limit} mục", "Too many: at most {limit} items"),
    "minItems": ("Quá ít: ít nhất {limit} mục", "Too few: at least {limit} items"),
}
_CODES = {"additionalProperties": "unknown_field", "const": "must_be_accepted"}


@functools.lru_cache(maxsize=512)
def _validator(cache_key: str, text: str) -> Draft202012Validator:
    # Building one costs forty times as much as using it, so it is kept per form version.
    return Draft202012Validator(
        json.loads(text), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def check_schema(schema: Schema) -> None:
    """Refuse a schema that is not valid itself. Errors: jsonschema.SchemaError."""
    Draft202012Validator.check_schema(schema)


def failures(
    schema: Schema, answers: Any, *, cache_key: str, prefix: str = "/answers"
) -> list[FieldError]:
    """Return everything wrong with `answers`, in the order of their pointers.

    Shape: cache_key names the schema version; the same key must always mean the same schema.
    """
    validator = _validator(cache_key, json.dumps(schema, sort_keys=True))
    found = [
        error for top in validator.iter_errors(answers) for error in _leaves(top) if error.validator
    ]
    unique = {
        (error.pointer, error.code): error for item in found for error in _errors(item, prefix)
    }
    return sorted(unique.values(), key=lambda error: (error.pointer, error.code))


def _leaves(error: ValidationError) -> list[ValidationError]:
    """Return the failures behind an anyOf or oneOf, which are what a person can mend."""
    if not error.context:
        return [error]
    return [leaf for child in error.context for leaf in _leaves(child)]


def _errors(error: ValidationError, prefix: str) -> list[FieldError]:
    path = [str(part) for part in error.absolute_path]
    rule = str(error.validator)
    names: list[str] = []
    if rule == "required" and isinstance(error.instance, dict):
        wanted: Any = error.validator_value
        names = [name for name in wanted if name not in error.instance]
    elif rule == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        names = [name for name in error.instance if name not in known]
    vi, en = _TEXTS.get(rule, ("Giá trị không hợp lệ", "The value is not valid"))
    code = _CODES.get(rule, _snake(rule))
    texts = (vi.format(limit=error.validator_value), en.format(limit=error.validator_value))
    if not names:
        return [FieldError(code, ".".join(path), *texts, pointer=_pointer(prefix, path))]
    return [
        FieldError(code, ".".join([*path, name]), *texts, pointer=_pointer(prefix, [*path, name]))
        for name in names
    ]


def _pointer(prefix: str, path: list[str]) -> str:
    escaped = [part.replace("~", "~0").replace("/", "~1") for part in path]
    return "/".join([prefix, *escaped])


def _snake(rule: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in rule)
