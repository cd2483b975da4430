import subprocess

import pytest

from scripts import walkthrough
from stages.errors import InputError

PAGE = """\
Text.

```console
$ echo 'accuracy 0.953'
accuracy 0.950
$ cat <<X
> b
> X
b
```

```console quiet
$ echo hidden
```

```sh
not run
```

```console tail=1 fails
$ true
$ printf 'a\\nb\\n'; false
b
```
"""


def step(output, *options):
    return walkthrough.Step("x", output, frozenset(options), "fails" in options)


def test_a_page_that_is_true_stays_as_it_is(tmp_path):
    outputs = walkthrough.run(PAGE, tmp_path)
    assert outputs == ["accuracy 0.953\n", "b\n", "", "", "b\n"]
    assert walkthrough.rewritten(PAGE, outputs) == PAGE


@pytest.mark.parametrize(
    ("before", "stale"), [("accuracy 0.950", "accuracy 0.5\nmore"), ("X\nb\n", "X\n"), ("false\nb", "false\nc")]
)
def test_where_one_output_has_changed_all_are_written_into_the_page(tmp_path, before, stale):
    page = PAGE.replace(before, stale)
    assert page != PAGE
    written = walkthrough.rewritten(page, walkthrough.run(page, tmp_path))
    assert written == PAGE.replace("accuracy 0.950", "accuracy 0.953")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```console\n$ echo why; exit 3\n```\n", "`echo why; exit 3`: expected success, got exit code 3:\nwhy"),
        ("```console fails\n$ true\n```\n", "`true`: expected an error, got exit code 0"),
        ("```console fails\n$ false\n$ false\n```\n", "`false`: expected success"),
        ("```console\nno command\n```\n", "a console block must begin with a command"),
    ],
)
def test_a_command_that_ends_otherwise_is_refused(tmp_path, page, message):
    with pytest.raises(InputError) as raised:
        walkthrough.run(page, tmp_path)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("page", "printed", "alike"),
    [
        ("fa49845 [k] 07:20 AM\n", "0123abc [k] 11:02 PM\n", True),
        ("| a    | 0.958 |\n| ---- | ----: |\n", "| a | 0.9 |\n| -- | --: |\n", True),
        ("└── a\n", "├── a\n", True),
        ("accuracy 0.95\n", "accuracy 0.8\n", False),
        ("accuracy 0.95\n", "accuracy -\n", False),
        ("3 images\n", "4 images\n", False),
        ("kernel-1\n", "kernel-2\n", False),
        ("defaced\n", "feeeeed\n", False),
        ("a\n", "a\nb\n", False),
        ("a\nb\n", "b\na\n", False),
    ],
)
def test_what_differs_by_nature_is_alike_and_nothing_else(page, printed, alike):
    assert walkthrough.alike(step(page), printed) == alike


def test_lines_without_an_order_are_alike_in_any():
    assert walkthrough.alike(step("a 0.5\nb 0.7\n", "unordered"), "b 0.7\na 0.5\n")
    assert not walkthrough.alike(step("a 0.5\nb 0.7\n", "unordered"), "b 0.5\na 0.7\n")


def test_commands_see_neither_the_readers_archive_nor_another_pipeline(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR10_ARCHIVE", "x")
    monkeypatch.setenv("DVC_ROOT", "y")
    page = "```console\n$ echo \"[$CIFAR10_ARCHIVE$DVC_ROOT]\"\n$ git var GIT_AUTHOR_IDENT | cut -d'<' -f1\n```\n"
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert walkthrough.run(page, tmp_path) == ["[]\n", "reader@example.org\n"]


@pytest.mark.slow
def test_the_page_shows_what_its_commands_print():
    page = walkthrough.PAGE.read_text(encoding="utf-8")
    with walkthrough.clone() as folder:
        outputs = walkthrough.run(page, folder)
    steps = walkthrough.steps(page)
    told = [
        f"{step.command}\nthe page:\n{step.output}\nnow:\n{output}"
        for step, output in zip(steps, outputs, strict=True)
        if not walkthrough.alike(step, output)
    ]
    assert not told, "\n\n".join(["`make docs` writes the page anew.", *told])
