from django.apps import AppConfig


class CitizensConfig(AppConfig):
    name = "citizens"

    def ready(self) -> None:
        from citizens import checks, passkeys  # noqa: F401, PLC0415 - registers the system checks

        passkeys.install()
