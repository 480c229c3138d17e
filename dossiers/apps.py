from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "dossiers"
    verbose_name = "Bàn làm việc"

    def ready(self) -> None:
        from dossiers import receivers  # noqa: PLC0415 - needs the loaded apps

        receivers.connect()
