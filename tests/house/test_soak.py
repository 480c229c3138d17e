"""Every long run has its short twin in the suite: the same test with small counts."""

import pathlib
import re
import tomllib

from django.conf import settings

ROOT = pathlib.Path(settings.BASE_DIR)
# What chooses how long a run is, against what only repeats one.
COUNT = re.compile(r'os\.environ\.get\("(\w+)"')


def soaking():
    return [
        path
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "mark.soak" in path.read_text("utf-8") and path.name != "test_soak.py"
    ]


def test_the_suite_runs_what_soaks_too():
    law = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    options = law["tool"]["pytest"]["ini_options"]["addopts"]
    assert "soak" not in options
    assert len(soaking()) >= 3


def test_every_count_of_a_long_run_is_set_by_make_soak_and_has_a_small_default():
    recipe = (ROOT / "Makefile").read_text("utf-8").split("\nsoak:")[1].split("\n\n")[0]
    for path in soaking():
        names = [name for name in COUNT.findall(path.read_text("utf-8")) if "SEED" not in name]
        assert names, path
        for name in names:
            assert f"{name}=" in recipe, (path.name, name)
