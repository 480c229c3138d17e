from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "dossiers"

    def ready(self) -> None:
        from dossiers import receivers  # noqa: PLC0415 - needs the loaded apps

        receivers.connect()
