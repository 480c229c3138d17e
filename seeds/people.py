"""Synthetic people for a demonstration. None of them exists; every account is marked `is_demo`.

The personal numbers have the shape of real ones with a serial of zeros. Passwords and second
factors are for development only; the command refuses to run in production.
"""

import dataclasses
from collections.abc import Iterator
from datetime import datetime

from citizens.actions import demo

PASSWORD = "can-tho-thu-nghiem-2026"  # noqa: S105 - of demonstration people
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105


@dataclasses.dataclass(frozen=True)
class Person:
    """A synthetic citizen. `level` 2 was proved by the mock identity provider's data."""

    who: str
    full_name: str
    phone: str
    id_number: str
    birth_date: str
    level: int


@dataclasses.dataclass(frozen=True)
class Officer:
    """A synthetic officer. The number is nobody's: no citizen of the demonstration has it."""

    who: str
    full_name: str
    id_number: str
    agency: str
    title: str
    roles: tuple[str, ...]
    unit: str = ""


PEOPLE = (
    Person("lan", "Nguyễn Thị Lan", "+84900000001", "092195000001", "1995-03-14", 2),
    Person("minh", "Trần Văn Minh", "+84900000002", "092094000002", "1994-08-02", 2),
    Person("hoa", "Lê Thị Hoa", "+84900000003", "092188000003", "1988-11-20", 1),
)
OFFICERS = (
    Officer(
        "tiep-nhan",
        "Cán bộ mẫu A",
        "092080000011",
        "ttpvhcc-31135",
        "Bộ phận tiếp nhận",
        ("reception",),
        unit="Quầy tiếp nhận và trả kết quả (mẫu)",
    ),
    Officer(
        "thu-ly",
        "Cán bộ mẫu B",
        "092080000012",
        "ubnd-31135",
        "Công chức thụ lý",
        ("handler", "catalogue"),
        unit="Bộ phận Tư pháp - Hộ tịch (mẫu)",
    ),
    Officer(
        "lanh-dao",
        "Cán bộ mẫu C",
        "092080000013",
        "ubnd-31135",
        "Người có thẩm quyền ký",
        ("approver", "catalogue"),
    ),
    Officer(
        "cai-khe",
        "Cán bộ mẫu D",
        "092080000014",
        "ttpvhcc-31120",
        "Bộ phận tiếp nhận",
        ("reception", "handler", "approver"),
    ),
    Officer(
        "quan-tri", "Cán bộ mẫu E", "092080000015", "ubnd-31135", "Quản trị tài khoản", ("admin",)
    ),
    Officer(
        "thanh-pho", "Cán bộ mẫu G", "092080000016", "ttpvhcc", "Bộ phận tiếp nhận", ("reception",)
    ),
    Officer(
        "tu-phap",
        "Cán bộ mẫu H",
        "092080000017",
        "so-tu-phap",
        "Phòng Hộ tịch",
        ("handler", "approver"),
        unit="Phòng Hộ tịch (mẫu)",
    ),
    Officer("kiem-tra", "Cán bộ mẫu I", "092080000018", "ubnd-31135", "Kiểm tra", ("auditor",)),
    Officer(
        "thu-ngan", "Cán bộ mẫu K", "092080000019", "ttpvhcc-31135", "Thu phí, lệ phí", ("cashier",)
    ),
)


def load(*, now: datetime) -> Iterator[str]:
    """Make the synthetic accounts that do not exist yet."""
    made = 0
    for person in PEOPLE:
        made += demo.make_citizen(
            who=person.who,
            full_name=person.full_name,
            phone=person.phone,
            id_number=person.id_number,
            birth_date=person.birth_date,
            level=person.level,
            password=PASSWORD,
            now=now,
        )
    for officer in OFFICERS:
        made += demo.make_officer(
            who=officer.who,
            full_name=officer.full_name,
            id_number=officer.id_number,
            password=PASSWORD,
            totp_secret=TOTP_SECRET,
        )
    yield f"demonstration people: {made} new"
