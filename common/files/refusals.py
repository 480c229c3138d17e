"""Every way in which bytes are refused, and the words a citizen reads."""

from collections.abc import Collection

from common.errors import Refusal

# reason -> what to do about it, in Vietnamese and English
UNSAFE = {
    "encrypted": ("Tệp PDF đặt mật khẩu; hãy bỏ mật khẩu", "The PDF has a password: remove it"),
    "script": ("Tệp PDF chứa mã lệnh (JavaScript)", "The PDF carries a script"),
    "launch": ("Tệp PDF tự mở chương trình hoặc gửi dữ liệu", "The PDF starts or sends something"),
    "embedded_file": ("Tệp PDF chứa tệp khác bên trong", "The PDF carries another file"),
    "dynamic_form": ("Tệp PDF là biểu mẫu động (XFA)", "The PDF is a dynamic form (XFA)"),
    "leading_data": ("Có dữ liệu lạ trước nội dung PDF", "Something stands before the PDF"),
    "trailing_data": ("Có dữ liệu lạ sau nội dung PDF", "Something stands after the PDF"),
    "second_format": ("Tệp vừa là PDF vừa là tệp nén", "The file is a PDF and an archive at once"),
    "inflates_too_much": ("Tệp giải nén ra quá lớn", "The file inflates to far too much"),
    "too_complex": ("Tệp quá phức tạp", "The file is too complex"),
    "too_many_pixels": ("Ảnh có quá nhiều điểm ảnh", "The picture has too many pixels"),
}


class FileTooLarge(Refusal):
    code = "file_too_large"
    status = 413
    title_vi = "Tệp quá lớn"
    title_en = "The file is too large"
    detail_vi = "Tệp có {size_bytes} byte; tối đa {limit_bytes} byte."
    detail_en = "The file has {size_bytes} bytes; at most {limit_bytes} bytes."
    members = ("size_bytes", "limit_bytes")


class FileEmpty(Refusal):
    code = "file_empty"
    status = 400
    title_vi = "Tệp rỗng"
    title_en = "The file is empty"


class FileTypeRefused(Refusal):
    code = "file_type_refused"
    status = 415
    title_vi = "Loại tệp không được nhận"
    title_en = "This type of file is not accepted"
    detail_vi = "Nội dung là {found}; chỉ nhận: {accepted_text}."
    detail_en = "The content is {found}; accepted: {accepted_text}."
    members = ("found", "accepted")


class FileUnreadable(Refusal):
    code = "file_unreadable"
    status = 422
    title_vi = "Tệp bị hỏng hoặc không đầy đủ"
    title_en = "The file is damaged or not whole"
    detail_vi = "Không mở được tệp như {found}. Hãy chụp hoặc xuất lại rồi gửi."
    detail_en = "It cannot be opened as {found}. Take or export it again, then send it."
    members = ("found",)


class FileUnsafe(Refusal):
    code = "file_unsafe"
    status = 422
    title_vi = "Tệp có nội dung không an toàn"
    title_en = "The file holds something unsafe"
    detail_vi = "{text_vi}."
    detail_en = "{text_en}."
    members = ("reason",)


class FileInfected(Refusal):
    code = "file_infected"
    status = 422
    title_vi = "Tệp có mã độc"
    title_en = "The file contains malware"


class FileNotScanned(Refusal):
    code = "file_not_scanned"
    status = 409
    title_vi = "Tệp đang chờ quét mã độc"
    title_en = "The file waits for its malware scan"
    detail_vi = "Chưa ai mở được tệp trước khi quét xong. Hãy thử lại sau ít phút."
    detail_en = "Nobody can open it before the scan. Try again in a few minutes."


REFUSALS: tuple[type[Refusal], ...] = (
    FileEmpty,
    FileTooLarge,
    FileTypeRefused,
    FileUnreadable,
    FileUnsafe,
    FileInfected,
)


def unsafe(reason: str) -> FileUnsafe:
    """Return the refusal for one of the reasons of `UNSAFE`."""
    text_vi, text_en = UNSAFE[reason]
    return FileUnsafe(reason=reason, text_vi=text_vi, text_en=text_en)


def type_refused(found: str, allowed: Collection[str]) -> FileTypeRefused:
    """Return the refusal that names the type found and those that are accepted."""
    accepted = sorted(allowed)
    return FileTypeRefused(found=found, accepted=accepted, accepted_text=", ".join(accepted))
