"""Who acts, as the timeline remembers it."""

import dataclasses

from common.errors import Refusal
from dossiers.rules.states import Actor


class NotYourRole(Refusal):
    code = "not_your_role"
    status = 403
    title_vi = "Vai trò của bạn không được thực hiện bước này"
    title_en = "Your role may not make this move"
    detail_vi = "Bước này thuộc vai trò {needed}."
    detail_en = "This move belongs to the role {needed}."
    members = ("needed",)


@dataclasses.dataclass(frozen=True)
class Who:
    """Somebody with roles. `label` is an office or a role, never a person's name."""

    kind: str
    id: str
    label: str
    roles: frozenset[Actor]


SYSTEM = Who(kind="system", id="", label="Hệ thống", roles=frozenset({Actor.SYSTEM}))


def citizen(user_id: str) -> Who:
    """Return the person whose dossier it is."""
    return Who(
        kind="citizen", id=user_id, label="Người nộp hồ sơ", roles=frozenset({Actor.CITIZEN})
    )


def representative(user_id: str) -> Who:
    """Return the person who acts for the one whose dossier it is."""
    return Who(
        kind="citizen", id=user_id, label="Người được ủy quyền", roles=frozenset({Actor.CITIZEN})
    )
