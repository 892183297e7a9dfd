"""The workflows and hooks can be read, and call make targets and files that exist. They are not run here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import links
import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RULES = re.findall(r"^([a-z][a-z -]*):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
TARGETS = {target for rule in RULES for target in rule.split()}
#: `make --silent lint NAME=value` in a script; words after "make" in a sentence are no call
CALL = re.compile(r"\bmake((?: +--?[a-z-]+)*) +([a-z][a-z-]*)")


def load(file: Path) -> dict:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def called(script: str) -> list[str]:
    """The make targets that a line of a shell script calls."""
    return [target for _options, target in CALL.findall(script)]


def short(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_targets_are_found_in_the_makefile():
    assert {"lint", "test", "test-core", "test-docs", "test-trixie", "test-forky", "release"} <= TARGETS
    assert "nothing" not in TARGETS
    assert called("apt-get update && make --silent lint X=1") == ["lint"]


@pytest.mark.parametrize("file", WORKFLOWS, ids=short)
def test_workflows_have_jobs_whose_steps_do_something(file):
    workflow = load(file)
    assert {"name", "jobs"} <= workflow.keys()
    assert True in workflow or "on" in workflow  # YAML 1.1 reads the key "on" as true
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)


@pytest.mark.parametrize("file", WORKFLOWS, ids=short)
def test_workflows_call_targets_that_exist(file):
    scripts = [step["run"] for job in load(file)["jobs"].values() for step in job["steps"] if "run" in step]
    targets = [target for script in scripts for target in called(script)]
    assert targets
    assert set(targets) <= TARGETS


@pytest.mark.parametrize("file", WORKFLOWS, ids=short)
def test_matrices_are_used_and_files_exist(file):
    for job in load(file)["jobs"].values():
        used = set(re.findall(r"\$\{\{ *matrix\.(\w+) *\}\}", str(job)))
        assert used == set(job.get("strategy", {}).get("matrix", {}))
        for step in job["steps"]:
            named = step.get("with", {}).get("environment-file")
            assert named is None or (ROOT / named).is_file()


def test_the_environment_of_other_systems_has_what_the_core_needs():
    environment = load(ROOT / "tools" / "core_environment.yml")
    assert environment["channels"] == ["conda-forge"]
    assert {"make", "numpy", "gdal", "scipy", "rasterio", "pytest", "hypothesis"} <= set(environment["dependencies"])


def test_hooks_are_local_and_call_targets_that_exist():
    repositories = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        (target,) = called(hook["entry"])
        assert target in TARGETS


@pytest.mark.parametrize("file", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")), ids=short)
def test_issue_templates_say_what_they_are_for(file):
    head = yaml.safe_load(file.read_text(encoding="utf-8").split("---\n")[1])
    assert head["name"] and head["about"]


def calls_of_pages() -> Iterator[tuple[str, str]]:
    """(page, target) of every `make TARGET` in code of a Markdown page."""
    for page in links.pages(ROOT):
        text = page.read_text(encoding="utf-8")
        for code in re.findall(r"`(make [^`]*)`|^ {4}(make .*)$", text, flags=re.MULTILINE):
            yield from ((short(page), target) for target in called("".join(code).split("#")[0]))


@pytest.mark.parametrize(("page", "target"), sorted(set(calls_of_pages())))
def test_pages_name_targets_that_exist(page, target):
    assert target in TARGETS
