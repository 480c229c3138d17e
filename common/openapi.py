"""One decorator says everything that the OpenAPI document and the server agree on.

`@operation` names the operation, documents body, answer, examples, headers and every refusal, and
switches on the idempotency key, so that what is documented is what happens.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from common import errors, files, http, idempotency, pages
from common.errors import Refusal

Handler = Callable[..., Any]


class ProblemErrorSerializer(serializers.Serializer[Any]):
    """One thing wrong with the input."""

    code = serializers.CharField(help_text="Stable code of this failure.")
    param = serializers.CharField(help_text="The field or header concerned; may be empty.")
    message = serializers.CharField(help_text="For a person, in the language asked for.")
    pointer = serializers.CharField(help_text="JSON pointer into the body; may be empty.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. Branch on `code`: it never changes and is never translated."""

    type = serializers.CharField(help_text="Where this problem is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField(help_text="Quote this when you ask for help.")
    errors = ProblemErrorSerializer(many=True)  # type: ignore[assignment]


IDEMPOTENCY_KEY = OpenApiParameter(
    name=idempotency.HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    type={"type": "string", "pattern": r"^[A-Za-z0-9._:-]{8,200}$"},
    description="A fresh key for each act, the same key for each repeat of it: one effect.",
)
IF_MATCH = OpenApiParameter(
    name="If-Match",
    location=OpenApiParameter.HEADER,
    required=True,
    type={"type": "string", "maxLength": 40},
    description="The ETag that was last read.",
)
IF_NONE_MATCH = OpenApiParameter(
    name="If-None-Match",
    location=OpenApiParameter.HEADER,
    required=False,
    type={"type": "string", "maxLength": 200},
    description="The ETag that was last read: 304 when nothing changed.",
)
ACCEPT_LANGUAGE = OpenApiParameter(
    name="Accept-Language",
    location=OpenApiParameter.HEADER,
    required=False,
    type={"type": "string", "maxLength": 100},
    description="`vi` (default) or `en`. Codes are never translated.",
)
ETAG = OpenApiParameter(
    name="ETag",
    location=OpenApiParameter.HEADER,
    response=True,
    type=OpenApiTypes.STR,
    description="Send it back as `If-None-Match` or `If-Match`.",
)
CURSOR = OpenApiParameter(
    name="cursor",
    location=OpenApiParameter.QUERY,
    required=False,
    type={"type": "string", "maxLength": 1000},
    description="Opaque; taken from `next` or `previous`.",
)
PAGE_SIZE = OpenApiParameter(
    name="page_size",
    location=OpenApiParameter.QUERY,
    required=False,
    type={
        "type": "integer",
        "minimum": 1,
        "maximum": pages.MAX_PAGE,
        "default": pages.DEFAULT_PAGE,
    },
)


def path_parameter(name: str, description: str, pattern: str | None = None) -> OpenApiParameter:
    """Return the documented form of one part of the path."""
    schema: dict[str, Any] = {"type": "string"}
    if pattern:
        schema["pattern"] = pattern
    return OpenApiParameter(
        name=name,
        location=OpenApiParameter.PATH,
        required=True,
        type=schema,
        description=description,
    )


def text_parameter(
    name: str, description: str, enum: list[str] | None = None, max_length: int = 100
) -> OpenApiParameter:
    """Return the documented form of one query parameter that is text, or one of `enum`."""
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": max_length}
    if enum:
        schema = {"type": "string", "enum": enum}
    return OpenApiParameter(
        name=name, location=OpenApiParameter.QUERY, type=schema, description=description
    )


def day_parameter(name: str, description: str) -> OpenApiParameter:
    """Return the documented form of one query parameter that is a day, as 2026-11-24."""
    return OpenApiParameter(
        name=name,
        location=OpenApiParameter.QUERY,
        type=OpenApiTypes.DATE,
        description=description,
    )


def operation(
    operation_id: str,
    *,
    tag: str,
    summary: str,
    description: str = "",
    body: Any = None,
    answer: Any = None,
    status: int = 200,
    refusals: Sequence[type[Refusal]] = (),
    key: str | None = None,
    match: bool = False,
    query: Sequence[OpenApiParameter] = (),
    paged: bool = False,
    examples: Sequence[OpenApiExample] = (),
    multipart: Any = None,
    raw: bool = False,
    binary: str | Sequence[str] | None = None,
    public: bool = False,
    problems: Mapping[int, type[ProblemSerializer]] | None = None,
) -> Callable[[Handler], Handler]:
    """Return the decorator that documents a handler and holds it to its document.

    Shape: key is None, "transaction" (the effect and the stored answer commit together) or
    "durable" (the action commits several times and resumes by `request.idempotency_key`);
    multipart is True when `body` is a form with a file, or that form beside a JSON `body`; raw
    takes bytes as they are; binary is the media type, or types, of an answer that is a file;
    problems gives the shape of a refusal that says more than others of its status.
    """

    def decorate(handler: Handler) -> Handler:
        reading = handler.__name__ == "get"
        parameters: list[Any] = [ACCEPT_LANGUAGE, *query]
        refused: list[type[Refusal]] = [*refusals]
        if key:
            parameters.append(IDEMPOTENCY_KEY)
            refused += [idempotency.KeyMissing, idempotency.KeyReused, idempotency.TwinRunning]
        if match:
            parameters.append(IF_MATCH)
            refused += [errors.PreconditionRequired, errors.StaleVersion]
        if reading:
            parameters += [IF_NONE_MATCH, ETAG]
        if paged:
            parameters += [CURSOR, PAGE_SIZE]
            refused += [pages.CursorInvalid, pages.PageSizeInvalid]
        if body is not None:
            refused += [errors.Invalid, errors.MalformedBody, errors.BodyTooLarge]
            refused.append(errors.UnsupportedMediaType)
        if multipart:
            refused += files.REFUSALS
        if not public:
            refused += [errors.NotSignedIn, errors.Forbidden]
        if tag == "officers" and not public:
            refused += [errors.SessionIdle, errors.MfaRequired]
        refused += [errors.NotAcceptable, errors.Unavailable]

        if raw:
            refused += [errors.BodyTooLarge, errors.UnsupportedMediaType]
        responses: dict[Any, Any] = {}
        if binary:
            for media in [binary] if isinstance(binary, str) else binary:
                responses[(status, media)] = OpenApiResponse(OpenApiTypes.BINARY, summary)
        elif answer is None:
            responses[status] = OpenApiResponse(description="Done.")
        else:
            shape = _page_of(answer) if paged else answer
            responses[status] = OpenApiResponse(shape, summary)
        if reading:
            responses[304] = OpenApiResponse(description="Nothing changed since that ETag.")
        responses.update(_problems(refused, problems or {}))

        documented = extend_schema(
            operation_id=operation_id,
            tags=[tag],
            summary=summary,
            description=description or summary,
            request=_request(body, multipart=multipart, raw=raw),
            responses=responses,
            parameters=parameters,
            examples=list(examples),
            auth=[] if public else None,
        )
        match key:
            case "transaction":
                handler = idempotency.transactional(handler)
            case "durable":
                handler = idempotency.durable(handler)
        return documented(handler)

    return decorate


def _request(body: Any, *, multipart: Any, raw: bool) -> dict[str, Any] | None:
    if raw:
        return {"application/octet-stream": OpenApiTypes.BINARY}
    if multipart is True:
        return {"multipart/form-data": body}
    bodies = {"multipart/form-data": multipart, "application/json": body}
    return {media: shape for media, shape in bodies.items() if shape is not None} or None


def _page_of(item: Any) -> Any:
    shape = item(many=True) if isinstance(item, type) else item
    name = f"{type(getattr(shape, 'child', shape)).__name__.removesuffix('Serializer')}Page"
    fields: dict[str, Any] = {
        "items": shape,
        "next": serializers.CharField(allow_null=True, help_text="Address of the next page."),
        "previous": serializers.CharField(allow_null=True, help_text="Address of the page before."),
    }
    return _pages.setdefault(name, type(name, (serializers.Serializer,), fields))


_pages: dict[str, Any] = {}


def _problems(
    refused: Sequence[type[Refusal]], shapes: Mapping[int, type[ProblemSerializer]]
) -> dict[Any, Any]:
    by_status: dict[int, dict[str, type[Refusal]]] = {}
    for refusal in refused:
        by_status.setdefault(refusal.status, {})[refusal.code] = refusal
    responses: dict[Any, Any] = {}
    for status, kinds in sorted(by_status.items()):
        codes = ", ".join(f"`{code}`" for code in sorted(kinds))
        responses[(status, http.PROBLEM_TYPE)] = OpenApiResponse(
            shapes.get(status, ProblemSerializer),
            f"{codes}",
        )
    return responses
