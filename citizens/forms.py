"""Sign-up: a phone or an e-mail, at least one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class SignupForm(forms.Form):
    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        # A first sign-in with the national identity has neither field and needs neither.
        if "phone" in self.fields and data is not None and not self.errors:
            has_login = data.get("phone") or data.get("email")
            if not has_login and "password1" in self.fields:
                raise ValidationError("Cần số điện thoại hoặc thư điện tử", code="required")
        return data

    def signup(self, request: Any, user: Any) -> None:
        """Nothing more to do: the adapter saved the account."""
