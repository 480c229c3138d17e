"""The map is true: what the README and the conventions say is what is on disk."""

import ast
import pathlib
import re

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import get_resolver

from common.errors import Refusal
from common.http import View

ROOT = pathlib.Path(settings.BASE_DIR)
ROOMS = ["common", "citizens", "services", "payments", "dossiers"]
OURS = [*ROOMS, "cantho_smart", "seeds"]
SOURCES = sorted(
    path for room in OURS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts
)


def functions(path):
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_the_top_of_the_repository_is_the_one_that_was_fixed():
    import subprocess

    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not tracked:
        tracked = [p.name for p in ROOT.iterdir() if p.name not in {".venv", "node_modules"}]
    top = {name.split("/")[0] for name in tracked}
    allowed = {
        *("cantho_smart", "services", "payments", "dossiers", "tests", "seeds", "manage.py"),
        *("pyproject.toml", "README.md", "citizens", "common", "docs", "deploy", ".ci"),
        *("Makefile", "uv.lock", "package.json", "package-lock.json", "CHANGELOG.md"),
        *("redocly.yaml",),
    }
    assert {name for name in top if not name.startswith(".")} <= allowed


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_500_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 500


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_at_its_door_what_it_is(room):
    text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text("utf-8")))
    assert text
    assert 3 <= len(text.splitlines()) <= 25


def public_actions():
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("actions*")):
            files = [path] if path.is_file() else sorted(path.glob("*.py"))
            for file in files:
                for node in ast.parse(file.read_text("utf-8")).body:
                    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                        yield file, node


def test_every_action_that_writes_says_how_it_stands_to_the_transaction():
    """A decorator of `common.db`, exactly one; a function without writes needs none."""
    writes = re.compile(
        r"\.objects\b[^\n]*\.(create|bulk_create|update|delete|get_or_create)\(|\.save\("
    )
    for file, node in public_actions():
        source = ast.get_source_segment(file.read_text("utf-8"), node) or ""
        marks = [
            ast.unparse(mark)
            for mark in node.decorator_list
            if "transaction" in ast.unparse(mark) or "durable" in ast.unparse(mark)
        ]
        if file.name == "demo.py":
            continue  # synthetic accounts, made of several use cases
        if writes.search(source) and "db.transaction()" not in source:
            assert len(marks) == 1, f"{file.name}:{node.name}"
        assert len(marks) <= 1


def test_use_cases_take_keywords_only():
    for file, node in public_actions():
        marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
        if "db.transaction()" in marks or "durable" in marks:
            assert not node.args.args, f"{file.name}:{node.name}"
        if "transaction_required" in marks:
            assert len(node.args.args) <= 3, f"{file.name}:{node.name}"


def views():
    def walk(resolver, prefix=""):
        for item in resolver.url_patterns:
            here = prefix + str(item.pattern)
            if hasattr(item, "url_patterns"):
                yield from walk(item, here)
            else:
                yield here, getattr(item.callback, "view_class", None)

    return [
        (path, view)
        for path, view in walk(get_resolver())
        if isinstance(view, type) and issubclass(view, View)
    ]


@pytest.mark.parametrize(("path", "view"), views(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_address_names_its_own_permission(path, view):
    assert "permission_classes" in vars(view), path


def test_every_address_is_in_the_document_and_back():
    import yaml

    document = yaml.safe_load((ROOT / "cantho_smart" / "openapi.yaml").read_text("utf-8"))
    documented = {re.sub(r"{\w+}", "*", p) for p in document["paths"] if "/auth/" not in p}
    served = {"/" + re.sub(r"<\w+:\w+>", "*", path) for path, _ in views() if "dev/" not in path}
    assert documented == served


def test_every_operation_has_an_id_a_summary_a_success_and_its_refusals():
    import yaml

    document = yaml.safe_load((ROOT / "cantho_smart" / "openapi.yaml").read_text("utf-8"))
    seen = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in {"get", "post", "patch", "delete", "put"}:
                continue
            name = operation["operationId"]
            assert re.fullmatch(r"[a-z]+[A-Za-z0-9]+", name), name
            assert name not in seen, name
            seen.add(name)
            if "/auth/" in path:
                continue
            codes = set(operation["responses"])
            assert codes & {"200", "201", "204"}, name
            assert operation["description"]
            keyed = any(p["name"] == "Idempotency-Key" for p in operation["parameters"])
            question = name in {"quoteFee", "lookUpDossier", "validateDocument", "lookUpBills"}
            assert keyed == (method == "post" and not question), name
            matched = any(p["name"] == "If-Match" for p in operation["parameters"])
            assert matched == (method in {"patch", "delete", "put"}), name
            if method == "get":
                assert "304" in codes, name
            if operation["security"]:
                assert {"401", "403"} <= codes, name


def test_every_refusal_has_a_stable_code_and_words_in_both_languages():
    for code, kind in Refusal.registry.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]{2,60}", code), code
        assert 400 <= kind.status < 600
        assert kind.title_vi
        assert kind.title_en


def test_every_constraint_and_index_carries_the_name_of_its_room_and_table():
    for app in ROOMS:
        for model in apps.get_app_config(app).get_models():
            for item in [*model._meta.constraints, *model._meta.indexes]:
                assert item.name.startswith(f"{app}_{model._meta.model_name}_"), item.name
            assert model.__doc__
            assert not model._meta.ordering


def test_payments_and_dossiers_share_no_foreign_key():
    rooms = {
        "dossiers": {"payments"},
        "payments": {"dossiers", "services"},
        "citizens": {"services", "payments", "dossiers"},
        "services": {"citizens", "payments", "dossiers"},
    }
    for app, forbidden in rooms.items():
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.get_fields():
                if field.is_relation and not field.auto_created and field.related_model:
                    assert field.related_model._meta.app_label not in forbidden, field


def test_every_task_is_known_and_has_a_sweep_behind_it():
    from procrastinate.contrib.django import app

    names = {task.name for task in app.tasks.values() if task.func.__module__.endswith(".tasks")}
    names = {name for name in names if name.split(".")[0] in ROOMS}
    rooms = {name.split(".")[0] for name in names}
    assert rooms == {"citizens", "dossiers", "payments"}
    for room in rooms:
        assert f"{room}.sweep" in names


def test_no_test_sleeps_or_is_skipped_without_a_reason():
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        if path.name == "test_map.py" or "e2e" in path.parts:
            continue
        assert not re.search(r"\btime\.sleep\(", text), path
        assert not re.search(r"mark\.(skip|xfail)\b(?!.*reason)", text), path


def test_every_json_body_of_ours_has_an_example():
    import yaml

    document = yaml.safe_load((ROOT / "cantho_smart" / "openapi.yaml").read_text("utf-8"))
    bare = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody") if isinstance(operation, dict) else None
            if not body or "/auth/" in path or "application/json" not in body["content"]:
                continue
            if "examples" not in body["content"]["application/json"]:
                bare.append(f"{method} {path}")
    assert bare == []


def test_every_json_answer_of_ours_has_a_real_example():
    import yaml
    from jsonschema import Draft202012Validator

    document = yaml.safe_load((ROOT / "cantho_smart" / "openapi.yaml").read_text("utf-8"))
    bare, untrue, shown = [], [], 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if "/auth/" in path or not isinstance(operation, dict):
                continue
            for status, answer in operation.get("responses", {}).items():
                content = answer.get("content", {}).get("application/json")
                if content is None or not status.startswith("2"):
                    continue
                shown += 1
                if "example" not in content:
                    bare.append(f"{method} {path} {status}: record it by `make examples`")
                    continue
                schema = {**content["schema"], "components": document["components"]}
                untrue += [
                    f"{method} {path}: {failure.json_path} {failure.message}"
                    for failure in Draft202012Validator(schema).iter_errors(content["example"])
                ]
    assert bare == []
    assert untrue == []
    assert shown >= 44
