"""Where a payer may be sent after the page."""

from urllib.parse import urlsplit

from django.conf import settings

from common.errors import FieldError, Refusal

MAX_URL = 500


class ReturnUrlRefused(Refusal):
    code = "return_url_refused"
    status = 400
    title_vi = "Địa chỉ quay lại không được phép"
    title_en = "The return address is not allowed"


def checked(given: str | None) -> str:
    """Return where the payer goes after the page: an allowed address, or this server's own.

    It carries no outcome: coming back proves nothing. Errors: ReturnUrlRefused.
    """
    if not given:
        return f"{settings.PUBLIC_URL}/payments/return"
    clean = len(given) <= MAX_URL and given.isascii() and given.isprintable()
    if clean and not set(given) & set(" \\{}<>\"'`"):
        target = urlsplit(given)
        for allowed in settings.PAYMENT_RETURN_URLS:
            known = urlsplit(allowed)
            same_place = (target.scheme, target.netloc) == (known.scheme, known.netloc)
            if known.netloc and same_place and given.startswith(allowed):
                return given
            if not known.netloc and target.scheme == known.scheme:
                return given  # the app's own scheme
    raise ReturnUrlRefused(
        errors=[
            FieldError(
                "not_allowed",
                "return_url",
                "Địa chỉ không nằm trong danh sách được phép",
                "The address is not on the list of allowed ones",
                pointer="/return_url",
            )
        ]
    )
