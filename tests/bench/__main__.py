"""`python -m tests.bench`: measure on a scratch database with real processes, and print.

Every figure stands beside a plain INSERT round trip of the same run, so that two machines, or two
busy hours of one, can be compared. Counts that must hold (one posting for each payment) are checked
and end it with 1.
"""

import argparse
import os
import signal
import sys

os.environ["APP_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cantho_smart.settings")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=200, help="for each figure")
    given = parser.parse_args()
    # Being told to stop is a way out as any other: the processes end, the database is dropped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    import django

    from tests.bench import stage

    stage.start_server()
    django.setup()
    from tests.bench import money

    with stage.Stage() as one:
        money.run(one, count=given.payments)


if __name__ == "__main__":
    main()
