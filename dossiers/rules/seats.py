"""What the roles of an officer mean, which of them go together, and which may be lent. Pure.

Source: the division of work of the one-stop decree (NĐ 61/2018/NĐ-CP Art.17-20); that whoever
audits does not act, and that whoever makes accounts sees no dossier by that alone, is practice.
"""

import enum
from collections.abc import Collection, Iterable


class Role(enum.StrEnum):
    RECEPTION = "reception"  # receives, forwards, hands back (Bộ phận Một cửa)
    HANDLER = "handler"  # verifies, asks for a supplement, proposes (công chức chuyên môn)
    APPROVER = "approver"  # signs (lãnh đạo có thẩm quyền)
    ADMIN = "admin"  # makes the agency's accounts
    AUDITOR = "auditor"  # reads, changes nothing
    CASHIER = "cashier"  # takes money at the counter, gives it back, balances the books (thu phí)
    CATALOGUE = "catalogue"  # changes the catalogue of procedures at the desk's pages


WORDS = {
    Role.RECEPTION: "tiếp nhận và trả kết quả",
    Role.HANDLER: "thụ lý",
    Role.APPROVER: "ký duyệt",
    Role.ADMIN: "quản trị tài khoản",
    Role.AUDITOR: "kiểm tra",
    Role.CASHIER: "thu phí, hoàn phí, đối soát",
    Role.CATALOGUE: "quản trị danh mục",
}
WORKING = frozenset({Role.RECEPTION, Role.HANDLER, Role.APPROVER})
READING = WORKING | {Role.AUDITOR}
# Who may look at what the agency collected; the cashier opens no dossiers by that.
MONEY = frozenset({Role.CASHIER, Role.AUDITOR})
# Only work is lent: accounts, audits, money and the catalogue stay with whom they were given to.
LENDABLE = WORKING


def fit_together(roles: Collection[str]) -> bool:
    """Return whether one person may hold these roles: whoever audits does nothing else."""
    return bool(roles) and (Role.AUDITOR not in roles or set(roles) == {Role.AUDITOR})


def lent(own: Collection[str], giver: Collection[str], chosen: Iterable[str]) -> frozenset[str]:
    """Return which of the `chosen` roles are lent to somebody with the roles `own`.

    Never more than the giver still has, never to an auditor, and nothing that one has anyway.
    """
    if Role.AUDITOR in own:
        return frozenset()
    return frozenset(chosen) & frozenset(giver) & LENDABLE - frozenset(own)


def reads_dossiers(roles: Collection[str]) -> bool:
    """Return whether these roles open dossiers at all."""
    return not READING.isdisjoint(roles)
