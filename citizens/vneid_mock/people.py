"""Invented identities: the number says everything."""

import re
from collections.abc import Iterable
from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

PASSWORD = "vneid-thu-nghiem"  # noqa: S105 - of nobody
NUMBER = re.compile(r"[0-9]{12}\Z")
CENTURIES = ("19", "20", "21", "22", "23")
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi")
GIVEN = ("An", "Bình", "Châu", "Dung", "Giang", "Hạnh", "Khánh", "Linh", "Ngọc", "Phúc")
LEVELS = {"98": "loa0", "99": "loa1"}
# The synthetic people of the product's demonstration, so that signing in here finds their accounts.
KNOWN = {
    "092195000001": ("Nguyễn Thị Lan", "1995-03-14", "loa2"),
    "092094000002": ("Trần Văn Minh", "1994-08-02", "loa2"),
    "092188000003": ("Lê Thị Hoa", "1988-11-20", "loa1"),
}


class AnyNumberBackend(ModelBackend):
    """Let any well-formed number in with the demonstration password."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        if password != PASSWORD or not NUMBER.match(username or ""):
            return None
        user, _ = User.objects.get_or_create(username=username)
        return user


def claims_of(number: str) -> dict[str, Any]:
    """Return the invented person of a number, always the same one."""
    if number in KNOWN:
        name, birth, level = KNOWN[number]
        return {"cccd": number, "name": name, "birthdate": birth, "acr": level}
    middle = "Thị" if int(number[3]) % 2 else "Văn"
    year = CENTURIES[min(int(number[3]) // 2, 4)] + number[4:6]
    family, given = FAMILY[int(number[6:9]) % len(FAMILY)], GIVEN[int(number[9:]) % len(GIVEN)]
    return {
        "cccd": number,
        "name": f"{family} {middle} {given}",
        "birthdate": f"{year}-{int(number[6:9]) % 12 + 1:02d}-{int(number[9:]) % 28 + 1:02d}",
        "acr": LEVELS.get(number[-2:], "loa2"),
    }


class ClaimsAdapter(DefaultOIDCAdapter):
    """Adds the number, the name and the level under the scope `identity`."""

    def get_claims(
        self,
        purpose: Any,
        user: Any,
        client: Any,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        claims = super().get_claims(purpose, user, client, scopes, email=email, **kwargs)
        if "identity" in scopes:
            claims.update(claims_of(user.username))
        return claims

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        data["acr_values_supported"] = ["loa1", "loa2"]
