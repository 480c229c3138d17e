"""`python -m tests.e2e.readme`: runs the five commands of the README against a running server."""

import os
import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).resolve().parent.parent.parent / "README.md"


def main() -> None:
    text = README.read_text("utf-8")
    block = re.search(r"<!-- five commands -->\n```sh\n(.*?)```", text, re.DOTALL)
    if block is None:
        raise SystemExit("the README has no block of five commands")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block[1]],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    print(done.stdout, done.stderr)
    told = done.stdout.split()
    expected = done.returncode == 0 and told[:3] == ["2.000635", "1", "[]"]
    if not expected or not re.fullmatch(r"H13\.022-\d{6}-\d{4}", told[3]):
        raise SystemExit("the five commands of the README do not do what it says")
    print("the five commands of the README work: 1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
