import subprocess

import pytest

from scripts import audit
from stages.errors import InputError

FINE = {"name": "numpy", "version": "2.0", "vulns": []}
UNKNOWN = {"name": "ghost", "skip_reason": "Dependency not found"}
BAD = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}


def test_a_known_vulnerability_is_refused_by_name_with_its_fix():
    with pytest.raises(InputError, match=r"pillow 1\.0: PYSEC-1, fixed in 1\.1, 2\.0"):
        audit.conclusion([FINE, UNKNOWN, BAD])


def test_packages_that_the_index_does_not_know_are_not_counted_as_audited():
    assert audit.conclusion([FINE, UNKNOWN]) == (
        "no known vulnerability in 1 of 2 packages; NOT audited, unknown to the index: ghost"
    )
    assert audit.conclusion([UNKNOWN]).startswith("NOT audited: the index knows none of the 1 packages")


def test_all_known_and_none_vulnerable():
    assert audit.conclusion([FINE]) == "no known vulnerability in 1 of 1 packages"


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("install", "pip-audit==2.10.1 could not be installed (no such host)"),
        ("audit", "the index could not be reached (no such host)"),
    ],
)
def test_what_cannot_be_reached_is_said_in_one_line(tmp_path, monkeypatch, fails, said):
    def run(*command):
        failed = ("install" in command) == (fails == "install")
        return subprocess.CompletedProcess(command, int(failed), "", "a trace\nno such host\n" if failed else "")

    monkeypatch.setattr(audit.shell, "attempt", run)
    monkeypatch.setattr(audit.venv, "create", lambda folder, with_pip: None)
    assert audit.audit(tmp_path) == said


def test_a_lock_that_cannot_be_read_is_no_index_that_is_down(tmp_path, monkeypatch):
    def run(*command):
        return subprocess.CompletedProcess(command, 0 if "install" in command else 1, "", "invalid specifier: a=1\n")

    monkeypatch.setattr(audit.shell, "attempt", run)
    monkeypatch.setattr(audit.venv, "create", lambda folder, with_pip: None)
    with pytest.raises(InputError, match="pip-audit failed: invalid specifier: a=1"):
        audit.audit(tmp_path)


def test_on_github_an_audit_that_was_not_done_is_a_warning(monkeypatch, capsys):
    monkeypatch.setattr(audit, "audit", lambda folder: "the index could not be reached (x)")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    audit.main()
    assert capsys.readouterr().out == "audit: NOT audited: the index could not be reached (x)\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    audit.main()
    assert capsys.readouterr().out.startswith("::warning title=audit::NOT audited")
