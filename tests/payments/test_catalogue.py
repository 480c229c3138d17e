"""The catalogue of failures and its tests: none without the other.

What each scenario injects is the failure catalogue's own column; a test is found by its name
(`test_s07_…`), and at least one of each must run in a world that is checked against all invariants
when the scenario is over.
"""

import ast
import pathlib
import re

import pytest

from tests.payments import proxy

HERE = pathlib.Path(__file__).resolve().parent
NAME = re.compile(r"test_((?:s\d\d_)+)")
# A test with one of these is followed by `invariants.check`, by the fixture's own teardown.
CHECKED_WORLDS = {"world", "street", "shop"}

CATALOGUE = {
    1: "double tap with one key (threads)",
    2: "two devices, different keys (20 threads)",
    3: "answer to create lost",
    4: "answer to confirm lost after the charge",
    5: "executed, then 500",
    6: "500 with Stripe-Should-Retry: false",
    7: "429 with Retry-After",
    8: "409, the key is in use",
    9: "no answer before the time limit",
    10: "executed after we gave up",
    11: "truncated body",
    12: "HTML instead of JSON",
    13: "a middlebox sends our POST twice",
    14: "provider down for an hour",
    15: "another amount in the answer or event",
    16: "another currency",
    17: "answer to a refund lost",
    18: "refund executed, then 500",
    19: "notification before our create answer",
    20: "notification lost for ever",
    21: "the same notification 50 times (threads)",
    22: "notifications out of order",
    23: "forged signature",
    24: "replay older than 300 s",
    25: "replay inside 300 s",
    26: "secret rotation",
    27: "unknown object, type or mode",
    28: "kill between the provider's success and our commit",
    29: "kill between paid and its announcement",
    30: "the same job twice",
    31: "two refunds at once",
    32: "refund while a dispute is running",
    33: "refund fails days after it succeeded",
    34: "partial capture",
    35: "paid after the page expired",
    36: "due changed or withdrawn while the page is open",
    37: "clock skew, and the borders of a day",
    38: "receipt asked for 100 times (threads)",
    39: "the books are tampered with",
    40: "missing, extra, doubled and shifted lines",
}
# What must be injected for real, and by what a test says that it does: threads, a killed process,
# a socket with a middlebox on it.
BY_THREADS = {1: "together", 2: "together", 9: "together", 21: "together", 31: "together"} | {
    32: "together",
    38: "together",
}
BY_KILLING = {28: "victim", 29: "victim"}
BY_PROXY = {number: "street" for number in (*range(3, 15), 17, 18)}


class Found:
    """One scenario's test, as written."""

    def __init__(self, path: pathlib.Path, node: ast.FunctionDef) -> None:
        self.path, self.name = path, node.name
        self.given = {one.arg for one in node.args.args}
        self.words = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def found() -> dict[int, list[Found]]:
    tests: dict[int, list[Found]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (named := NAME.match(node.name)):
                for number in re.findall(r"\d\d", named[1]):
                    tests.setdefault(int(number), []).append(Found(path, node))
    return tests


TESTS = found()


def test_the_catalogue_has_forty_scenarios_and_no_test_names_another() -> None:
    assert sorted(CATALOGUE) == list(range(1, 41))
    assert sorted(TESTS) == sorted(CATALOGUE)


@pytest.mark.parametrize("number", sorted(CATALOGUE))
def test_every_scenario_has_a_test_of_its_own_name(number: int) -> None:
    own = [one for one in TESTS[number] if one.name.startswith(f"test_s{number:02}_")]
    assert own, f"S{number:02}: {CATALOGUE[number]}"


@pytest.mark.parametrize("number", sorted(CATALOGUE))
def test_every_scenario_ends_with_all_invariants(number: int) -> None:
    assert any(one.given & CHECKED_WORLDS for one in TESTS[number]), CATALOGUE[number]


@pytest.mark.parametrize(
    ("number", "word"),
    [*BY_THREADS.items(), *BY_KILLING.items(), *BY_PROXY.items()],
    ids=lambda value: str(value),
)
def test_what_must_be_injected_for_real_is(number: int, word: str) -> None:
    assert any(word in one.given | one.words for one in TESTS[number]), CATALOGUE[number]


def test_every_misfortune_of_the_middlebox_is_tried_on_every_call() -> None:
    """The tables of `test_s_proxy` are all modes, so a new mode is tried by itself."""
    text = (HERE / "test_s_proxy.py").read_text("utf-8")
    assert text.count('parametrize("mode", sorted(proxy.MODES))') == 4
    assert {
        mode for mode in proxy.MODES if f'case "{mode}"' in (HERE / "proxy.py").read_text()
    } == (proxy.MODES)
