"""Sign-up: a phone or an e-mail, at least one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class SignupForm(forms.Form):
    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        # A first sign-in with the national identity sets no password and needs neither.
        chooses_password = {"password", "password1"} & set(self.fields)
        if data is None or not chooses_password or {"phone", "email"} & set(self.errors):
            return data
        if not (data.get("phone") or data.get("email")):
            self.add_error(
                "phone",
                ValidationError("Cần số điện thoại hoặc thư điện tử", code="required"),
            )
        return data

    def signup(self, request: Any, user: Any) -> None:
        """Nothing more to do: the adapter saved the account."""
