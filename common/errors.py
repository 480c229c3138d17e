"""An expected "no", and the failures of the outside world.

A `Refusal` is raised by rules and actions and becomes an RFC 9457 problem with a stable `code`.
Every subclass registers itself, so that its page `/problems/{code}` and its place in the OpenAPI
document cannot be forgotten. Texts are Vietnamese and English; codes are never translated.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True)
class FieldError:
    """One thing wrong with the input; `pointer` is a JSON pointer into the body."""

    code: str
    param: str
    message_vi: str
    message_en: str
    pointer: str = ""


class Refusal(Exception):
    """An expected "no". Subclass it beside the function that raises it.

    Keyword arguments fill the placeholders of `detail_vi` and `detail_en`; those named in
    `members` also become members of the problem body. `more` holds members of this one problem.
    """

    code: ClassVar[str] = ""
    status: ClassVar[int] = 409
    title_vi: ClassVar[str] = ""
    title_en: ClassVar[str] = ""
    detail_vi: ClassVar[str] = ""
    detail_en: ClassVar[str] = ""
    members: ClassVar[tuple[str, ...]] = ()

    registry: ClassVar[dict[str, "type[Refusal]"]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not (cls.code and cls.title_vi and cls.title_en):
            raise TypeError(f"{cls.__name__} needs code, title_vi and title_en")
        known = Refusal.registry.get(cls.code)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"the code {cls.code} is taken by {known.__qualname__}")
        Refusal.registry[cls.code] = cls

    def __init__(
        self,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        more: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(self.code)
        self.errors = tuple(errors)
        self.more = dict(more or {})
        self.retry_after = retry_after
        self.params = params

    def title(self, language: str) -> str:
        """Return the short text in `language` ("vi" or "en")."""
        return self.title_en if language == "en" else self.title_vi

    def detail(self, language: str) -> str:
        """Return the long text in `language`, with the parameters filled in."""
        template = self.detail_en if language == "en" else self.detail_vi
        return (template or self.title(language)).format(**self.params)

    def extra(self) -> dict[str, Any]:
        """Return the members that this problem adds to the body."""
        return {**{name: self.params.get(name) for name in self.members}, **self.more}


class OutsideError(Exception):
    """The outside world failed. `transient` says whether the same call may work later."""

    def __init__(self, message: str, *, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient


class Invalid(Refusal):
    code = "invalid"
    status = 400
    title_vi = "Dữ liệu gửi lên không hợp lệ"
    title_en = "The data sent is not valid"


class MalformedBody(Refusal):
    code = "malformed_body"
    status = 400
    title_vi = "Không đọc được nội dung gửi lên"
    title_en = "The body could not be read"


class NotSignedIn(Refusal):
    code = "not_signed_in"
    status = 401
    title_vi = "Cần đăng nhập"
    title_en = "Sign in first"


class SessionIdle(Refusal):
    code = "session_idle"
    status = 401
    title_vi = "Phiên làm việc đã kết thúc vì không thao tác trong 30 phút"
    title_en = "The session ended after 30 minutes without use"


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    title_vi = "Tài khoản này không có quyền thực hiện"
    title_en = "This account may not do that"


class AssuranceTooLow(Refusal):
    code = "assurance_too_low"
    status = 403
    title_vi = "Cần xác thực danh tính mức cao hơn"
    title_en = "A higher level of identity is needed"
    detail_vi = "Việc này cần danh tính mức {required_level}: hãy liên kết VNeID."
    detail_en = "This needs identity level {required_level}: link VNeID first."
    members = ("required_level",)


class MfaRequired(Refusal):
    code = "mfa_required"
    status = 403
    title_vi = "Cán bộ phải đăng nhập bằng hai lớp"
    title_en = "Officers must sign in with a second factor"


class NotFound(Refusal):
    code = "not_found"
    status = 404
    title_vi = "Không tìm thấy"
    title_en = "Not found"


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    status = 405
    title_vi = "Phương thức không được phép ở địa chỉ này"
    title_en = "This address does not take that method"


class NotAcceptable(Refusal):
    code = "not_acceptable"
    status = 406
    title_vi = "Máy chủ không có dạng trả lời được yêu cầu"
    title_en = "The server cannot answer in the form asked for"


class StaleVersion(Refusal):
    code = "stale_version"
    status = 412
    title_vi = "Dữ liệu đã được thay đổi ở nơi khác"
    title_en = "The data changed elsewhere"
    detail_vi = "Bản hiện tại là {version}. Hãy tải lại rồi sửa tiếp."
    detail_en = "The current version is {version}. Load it again and repeat the change."
    members = ("version",)


class BodyTooLarge(Refusal):
    code = "body_too_large"
    status = 413
    title_vi = "Nội dung gửi lên quá lớn"
    title_en = "The body is too large"
    detail_vi = "Tối đa {limit_bytes} byte."
    detail_en = "At most {limit_bytes} bytes."
    members = ("limit_bytes",)


class UnsupportedMediaType(Refusal):
    code = "unsupported_media_type"
    status = 415
    title_vi = "Kiểu nội dung không được hỗ trợ"
    title_en = "This content type is not supported"


class PreconditionRequired(Refusal):
    code = "if_match_required"
    status = 428
    title_vi = "Thiếu tiêu đề If-Match"
    title_en = "The header If-Match is missing"
    detail_vi = "Mọi lần sửa phải kèm If-Match với ETag đã đọc."
    detail_en = "Every edit carries If-Match with the ETag that was read."


class TooManyRequests(Refusal):
    code = "too_many_requests"
    status = 429
    title_vi = "Quá nhiều yêu cầu"
    title_en = "Too many requests"


class ServerError(Refusal):
    code = "server_error"
    status = 500
    title_vi = "Máy chủ gặp lỗi"
    title_en = "The server failed"
    detail_vi = "Lỗi đã được ghi lại. Hãy thử lại với cùng Idempotency-Key."
    detail_en = "The error was recorded. Try again with the same Idempotency-Key."


class Unavailable(Refusal):
    code = "unavailable"
    status = 503
    title_vi = "Hệ thống đang bận"
    title_en = "The system is busy"


def check_version(current: int, expected: int) -> None:
    """Refuse a change to a row that moved on. Errors: StaleVersion."""
    if current != expected:
        raise StaleVersion(version=current)
