"""The contract as a machine reads it: the JSON document without white space."""

import json
from typing import Any

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularJSONAPIView


class Compact(OpenApiJsonRenderer):
    """Half the bytes of the indented form: phones' tools and Swagger load it whole."""

    def render(
        self, data: Any, media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
        return text.encode()


class CompactPlain(Compact, OpenApiJsonRenderer2):
    """The same under the plain media type."""

    media_type = OpenApiJsonRenderer2.media_type


class Document(SpectacularJSONAPIView):  # type: ignore[misc]
    """The OpenAPI document as JSON."""

    renderer_classes = [Compact, CompactPlain]
