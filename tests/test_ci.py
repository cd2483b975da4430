"""The workflow on GitHub and .ci/run: what they run, and with which rights."""

import re
from pathlib import Path

import yaml

from tests.test_makefile import VERSIONS

TEXT = Path(".github/workflows/ci.yml").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
MATRIX = WORKFLOW["jobs"]["check"]["strategy"]["matrix"]
CHECKS = {*MATRIX["target"], *(extra["target"] for extra in MATRIX["include"])}


def test_the_workflow_may_only_read_and_knows_no_secret():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in WORKFLOW["jobs"].values())
    assert "secrets" not in TEXT
    assert "pull_request_target" not in TEXT
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_action_is_pinned_to_one_commit_and_says_its_version():
    actions = re.findall(r"uses: (.*)", TEXT)
    assert len(actions) == sum("uses" in step for step in STEPS)
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in actions)


def test_no_expression_is_put_into_a_command():
    assert not any("${{" in step.get("run", "") for step in STEPS)


def test_the_fast_tests_run_on_every_python_that_is_supported():
    assert tuple(MATRIX["python"]) == VERSIONS
    assert "test" in MATRIX["target"]


def test_the_same_checks_run_here_and_there_apart_from_those_that_ask_an_index():
    local = re.findall(r"^make ([a-z-]+)$", Path(".ci/run").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(local) == CHECKS - {"audit", "lock-check"}
    assert set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE)) >= CHECKS
