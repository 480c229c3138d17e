#!/usr/bin/env python
"""Django's door for commands."""

import os
import sys

from cantho_smart import embedded

# Only these change the shape of the database; all else runs with the rights of the application.
OWNER_COMMANDS = {"migrate", "flush", "sqlflush", "dbshell"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cantho_smart.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    if embedded.is_wanted() and command not in {"help", "dev"}:
        embedded.start(embedded.data_dir("test" if os.environ["APP_ENV"] == "test" else "dev"))
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
