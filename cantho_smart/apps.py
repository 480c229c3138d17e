from django.apps import AppConfig


class RoofConfig(AppConfig):
    name = "cantho_smart"

    def ready(self) -> None:
        from cantho_smart import checks  # noqa: F401, PLC0415 - registers the system checks
