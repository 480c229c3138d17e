"""For anybody: is this PDF one of ours, and unchanged? As an operation and as a page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework import parsers, serializers
from rest_framework.response import Response

from common import clock, http, signing
from common.errors import Refusal, TooManyRequests
from common.files import FileEmpty, FileTooLarge
from common.http import Anyone, Body, Request, View
from common.openapi import operation
from dossiers.actions import validation
from dossiers.actions.papers import MAX_PDF_BYTES
from dossiers.actions.validation import Outcome
from dossiers.api.shapes import Shape
from dossiers.models import Document
from dossiers.rules.papers import Standing, Verdict

ENVELOPE_BYTES = 16 * 1024  # what a multipart body adds to the file

WORDS = {
    Verdict.GENUINE: (
        "Giấy tờ do hệ thống này cấp, còn nguyên vẹn.",
        "Issued by this system, unchanged.",
    ),
    Verdict.CHANGED: (
        "Tệp mang chữ ký của hệ thống này nhưng đã bị thay đổi sau khi ký. Không nên tin nội dung.",
        "It carries a signature of this system but was changed after signing. Do not trust it.",
    ),
    Verdict.UNREGISTERED: (
        "Chữ ký hợp lệ nhưng không có bản nào như vậy trong sổ của hệ thống. Hãy hỏi cơ quan cấp.",
        "The signature holds, but no such paper is on record. Ask the office that issued it.",
    ),
    Verdict.NOT_OURS: (
        "Không phải giấy tờ do hệ thống này cấp, hoặc đã bị thay đổi.",
        "Not a paper issued by this system, or one that was changed.",
    ),
}
STANDINGS = {
    Standing.CURRENT: ("Đang có hiệu lực trong hồ sơ", "Current"),
    Standing.SUPERSEDED: ("Đã được thay bằng bản sau", "A later one took its place"),
    Standing.REVOKED: ("Đã bị cơ quan cấp thu hồi", "Taken back by the office"),
}


class ValidateThrottle(http.AddressThrottle):
    """By address: each check costs a process of its own."""

    name, calls = "validate", settings.VALIDATIONS_A_MINUTE


class ValidateBody(Body):
    file = serializers.FileField(
        allow_empty_file=True, help_text=f"A PDF; {MAX_PDF_BYTES // 1024**2} MiB."
    )


class PaperOnRecordShape(Shape):
    kind = serializers.ChoiceField(choices=Document.Kind.choices)
    title_vi = serializers.CharField()
    dossier_code = serializers.CharField()
    issued_at = serializers.DateTimeField()
    standing = serializers.ChoiceField(choices=[str(one) for one in Standing])
    standing_text = serializers.CharField()


class SignatureShape(Shape):
    signer = serializers.CharField(help_text="The body in whose name it was signed.")
    signed_at = serializers.DateTimeField(allow_null=True)
    time_proved = serializers.BooleanField(help_text="By a time stamp, not only by the signer.")
    trusted = serializers.BooleanField(help_text="Whole, and of a certificate trusted here.")
    intact = serializers.BooleanField(help_text="What was signed is the whole file, unchanged.")


class ValidationShape(Shape):
    """What a PDF is. No personal data; `signature` only where the certificate is ours."""

    verdict = serializers.ChoiceField(choices=[str(one) for one in Verdict])
    text = serializers.CharField(help_text="The verdict for a person.")
    ours = serializers.BooleanField(help_text="One of ours, byte for byte.")
    intact = serializers.BooleanField(help_text="Unchanged since it was issued or signed.")
    paper = PaperOnRecordShape(allow_null=True)
    signature = SignatureShape(allow_null=True)


def shown(outcome: Outcome) -> dict[str, Any]:
    english = http.language() == "en"
    paper, signature = outcome.paper, outcome.signature
    return {
        "verdict": str(outcome.verdict),
        "text": WORDS[outcome.verdict][english],
        "ours": outcome.verdict == Verdict.GENUINE,
        "intact": outcome.verdict in {Verdict.GENUINE, Verdict.UNREGISTERED},
        "paper": None
        if paper is None
        else {
            "kind": paper.kind,
            "title_vi": paper.title_vi,
            "dossier_code": paper.dossier_code,
            "issued_at": paper.issued_at,
            "standing": str(paper.standing),
            "standing_text": STANDINGS[paper.standing][english],
        },
        "signature": None
        if signature is None
        else {
            "signer": signature.signer,
            "signed_at": signature.signed_at,
            "time_proved": signature.time_proved,
            "trusted": signature.trusted,
            "intact": signature.whole,
        },
    }


def refuse_large(request: Any) -> None:
    """Refuse what its header calls too large before a byte of it is read. Errors: FileTooLarge."""
    told = str(request.META.get("CONTENT_LENGTH") or "0")
    size = int(told) if told.isascii() and told.isdigit() else 0
    if size > MAX_PDF_BYTES + ENVELOPE_BYTES:
        raise FileTooLarge(size_bytes=size, limit_bytes=MAX_PDF_BYTES)


def read_limited(upload: Any) -> bytes:
    data: bytes = upload.read(MAX_PDF_BYTES + 1)
    return data


class ValidateDocument(View):
    permission_classes = [Anyone]
    authentication_classes: list[Any] = []
    throttle_classes = [ValidateThrottle]
    parser_classes = [parsers.MultiPartParser]
    cache_control = "no-store"

    @operation(
        "validateDocument",
        tag="lookup",
        summary="Ask whether a PDF is ours and unchanged",
        description="Compares the bytes with every paper issued here, and checks the signature "
        "against the certificates trusted here. Nothing is kept and nothing personal is told. "
        "A question, not an act: it takes no key.",
        body=ValidateBody,
        answer=ValidationShape,
        public=True,
        multipart=True,
        refusals=[signing.Unreadable, TooManyRequests],
    )
    def post(self, request: Request) -> Response:
        refuse_large(request)
        body = ValidateBody(data=request.data)
        body.is_valid(raise_exception=True)
        data = read_limited(body.validated_data["file"])
        return http.answer(shown(validation.validate(data=data, now=clock.now())))


# It changes nothing and knows no session: there is nothing that a forged request could do.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def validate_page(request: HttpRequest) -> HttpResponse:
    """Show the form, and what the file is; readable on a phone, no script."""
    context: dict[str, Any] = {"limit_mib": MAX_PDF_BYTES // 1024**2}
    status = 200
    with translation.override("vi"):  # the page has one language, whatever the browser asks for
        if request.method == "POST":
            try:
                context["outcome"] = _from_form(request)
            except Refusal as refusal:
                context["refusal"], status = refusal.detail("vi"), refusal.status
        response = render_page(request, "dossiers/validate.html", context, status=status)
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    )
    return response


def _from_form(request: HttpRequest) -> dict[str, Any]:
    ValidateThrottle().allow_request(request, None)
    refuse_large(request)
    upload = request.FILES.get("file")
    if upload is None:
        raise FileEmpty
    return shown(validation.validate(data=read_limited(upload), now=clock.now()))
