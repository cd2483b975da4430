"""The workflow on GitHub and .ci/run: what they run, and with which rights."""

import re
from pathlib import Path

import pytest
import yaml

WORKFLOWS = sorted(Path(".github/workflows").glob("*.y*ml"))
TEXT = Path(".github/workflows/ci.yml").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(TEXT)
TRIGGERS = WORKFLOW[True]  # YAML 1.1 reads the key `on` as true
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
TARGETS = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE))
ONLY_ON_GITHUB = {"install", "pull-request", "audit"}
"""They prepare or report; the audit asks an index that is not everywhere."""


def targets(job):
    """Targets of make that a job runs, with those of its matrix; a step that runs anything else fails."""
    found = []
    for step in job["steps"]:
        if "run" in step:
            matched = re.fullmatch(r'make ("\$TARGET"|[a-z-]+)( >> "\$GITHUB_STEP_SUMMARY")?', step["run"])
            assert matched, step["run"]
            if matched[1] == '"$TARGET"':
                assert step["env"] == {"TARGET": "${{ matrix.target }}"}
                found += job["strategy"]["matrix"]["target"]
            else:
                found.append(matched[1])
    return found


def run_on_github():
    return {target for job in WORKFLOW["jobs"].values() for target in targets(job)}


def test_there_is_one_workflow():
    assert [Path(".github/workflows/ci.yml")] == WORKFLOWS


def test_it_may_only_read_and_knows_no_secret():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in WORKFLOW["jobs"].values())
    assert "secrets" not in TEXT
    assert set(TRIGGERS) == {"push", "pull_request", "schedule", "workflow_dispatch"}


def test_every_action_is_pinned_to_one_commit_and_says_its_version():
    lines = re.findall(r"uses: (.*)", TEXT)
    assert len(lines) == sum("uses" in step for step in STEPS)
    for line in lines:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    assert len(set(lines)) == len({line.split("@")[0] for line in lines})


def test_no_checkout_leaves_its_token_behind():
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(WORKFLOW["jobs"])
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_expression_is_put_into_a_command():
    assert not any("${{" in step.get("run", "") for step in STEPS)


@pytest.mark.parametrize("name", WORKFLOW["jobs"])
def test_a_job_ends_in_time(name):
    assert WORKFLOW["jobs"][name]["timeout-minutes"] <= 60


def test_a_newer_push_to_a_pull_request_ends_the_older_run():
    assert WORKFLOW["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_the_python_is_that_of_the_project_and_the_cache_follows_the_lock_file():
    setups = [step["with"] for step in STEPS if step.get("uses", "").startswith("actions/setup-python@")]
    assert len(setups) == len(WORKFLOW["jobs"])
    for setup in setups:
        assert setup == {"python-version": "3.11", "cache": "pip", "cache-dependency-path": "requirements.lock"}


def test_whatever_it_runs_is_a_target_of_make():
    assert run_on_github() <= TARGETS


def test_the_local_run_makes_the_same_checks():
    local = re.findall(r"^make (.*)$", Path(".ci/run").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(local) == run_on_github() - ONLY_ON_GITHUB
    assert {"lint", "freshness", "test", "test-slow", "reproduce"} <= set(local)
