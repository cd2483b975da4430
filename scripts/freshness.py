"""Does dvc.lock belong to the code, the parameters, the metrics and the plots beside it? Needs no data, runs nothing.

python -m scripts.freshness

Looked at is a copy of the files that Git tracks, as they are in the working tree: what a clone would hold after
`git commit --all`. So data, DVC's cache and files that nobody added to Git make no difference, and nothing is written
into the checkout. Where docs/publication-due.md is there, results of earlier code are expected and accepted.

`dvc status --json` tells what differs from dvc.lock. `dvc repro --dry --allow-missing` would not do: it exits with 0
when stages would run, stops at the first that reads missing data of one that would, and misses lost metrics and plots.
What no command of DVC tells without the data is whether the stages in dvc.lock belong to one another (after
`dvc repro STAGE`, say): `disagreements` compares the hashes of what they made with those of what they read.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import yaml
from dvc_data.hashfile.tree import Tree

from scripts import shell
from stages.errors import InputError, reported

LOCK = Path("dvc.lock")
DUE = Path("docs/publication-due.md")
"""It says that what is published is of earlier code; while it is there, that is no error. A publication removes it."""
FIX = """\
To fix it, run `dvc repro` and commit what it changed: git add dvc.lock metrics plots
Where a folder is not what the stages made, files of former runs may lie in it: remove it before `dvc repro`."""


def tracked_copy(folder: Path) -> None:
    """Copy the files that Git tracks, as they are in the working tree, into `folder` and make that a Git repository."""
    for name in filter(None, shell.git("ls-files", "-z").split("\0")):
        if os.path.lexists(name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, folder / name, follow_symlinks=False)
    shell.git("init", "--quiet", folder=folder)


def differences(status: Mapping[str, list], made: Collection[str], read: Collection[str]) -> dict[str, list[str]]:
    """What differs from dvc.lock, in words, by stage.

    status: the answer of `dvc status --json` in a checkout without data
    made: paths of all outputs in dvc.lock; that they, or what lies in them, are missing says nothing
    read: paths of all dependencies in dvc.lock
    """
    found = {}
    for stage, entries in status.items():
        words = [line for entry in entries for line in _words(entry, made, read)]
        if words:
            found[stage] = words
    return found


def disagreements(
    lock: Mapping[str, Mapping], stages: Collection[str], here: Collection[str] = ()
) -> dict[str, list[str]]:
    """Stages that read another file than the one that the stage before them made, by the hashes in dvc.lock.

    lock: the mapping `stages` of dvc.lock
    stages: names of those that dvc.yaml has now; DVC keeps others in dvc.lock
    here: paths of what lies in Git, which `dvc status` compares itself

    The hash of a folder is compared with the one that DVC would compute of the files in it that stages make or read.
    """
    current = {name: lock[name] for name in stages if name in lock}
    outs = {out["path"]: out["md5"] for stage in current.values() for out in stage.get("outs", [])}
    read = {dep["path"]: dep["md5"] for stage in current.values() for dep in stage.get("deps", []) if "md5" in dep}
    found = {}
    for name, stage in current.items():
        wrong = [
            f"{dep['path']} not what the stages before made"
            for dep in stage.get("deps", [])
            if dep["path"] not in here and dep.get("md5") != _made(dep["path"], outs, read, dep.get("md5"))
        ]
        if wrong:
            found[name] = wrong
    return found


def report(found: Mapping[str, list[str]]) -> str:
    """The message for stages that would run and why."""
    lines = [f"  {stage}: {'; '.join(words)}" for stage, words in found.items()]
    return "\n".join(["dvc.lock does not belong to this state. Stages that would run, and those after them:", *lines])


def check(folder: Path) -> None:
    """InputError if dvc.lock is not that of the stages of the checkout `folder`, which has no data."""
    if not (folder / LOCK).is_file():
        raise InputError(f"{LOCK} is missing, or not in Git. Run `dvc repro`, then: git add dvc.lock metrics plots")
    stages = _dvc("stage", "list", "--name-only", folder=folder).split()
    status = json.loads(_dvc("status", "--json", folder=folder))
    lock = yaml.safe_load((folder / LOCK).read_text(encoding="utf-8")).get("stages", {})
    made = [out["path"] for name in stages for out in lock.get(name, {}).get("outs", [])]
    read = {dep["path"] for name in stages for dep in lock.get(name, {}).get("deps", [])}
    found = differences(status, made, read) | {name: ["not in dvc.lock"] for name in stages if name not in lock}
    here = {path for path in read if (folder / path).exists()}
    for stage, words in disagreements(lock, stages, here).items():
        found[stage] = found.get(stage, []) + words
    if found:
        raise InputError(f"{report({stage: found[stage] for stage in stages if stage in found})}\n{FIX}")


def verdict(problem: str, due: bool) -> str:
    """What to say of dvc.lock; InputError where it is not as announced. problem: what `check` found wrong, or ''.

    due: whether a publication is due.
    """
    if not due:
        if problem:
            raise InputError(problem)
        return "dvc.lock belongs to the code, the parameters, the metrics and the plots"
    if problem:
        return f"a publication is due, as {DUE} says: metrics, plots and docs/study are results of earlier code"
    raise InputError(f"{DUE} says that a publication is due, but dvc.lock belongs to the code. Remove {DUE}.")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "checkout")
        folder.mkdir()
        tracked_copy(folder)
        try:
            check(folder)
            problem = ""
        except InputError as error:
            problem = str(error)
        print(f"freshness: {verdict(problem, (folder / DUE).exists())}")


def _words(entry: str | Mapping[str, Mapping[str, object]], made: Collection[str], read: Collection[str]) -> list[str]:
    """What one entry of a stage's status says: 'changed command', or {'changed deps': {path: what}}."""
    if isinstance(entry, str):
        return [entry]
    lines = []
    for kind, changes in entry.items():
        for path, what in changes.items():
            if isinstance(what, Mapping):  # of a file of parameters: {name: what}
                lines += [f"{name} in {path} {change}" for name, change in what.items()]
            elif what == "deleted" and path not in made and path not in read:
                lines.append(f"{path} not in dvc.lock")
            elif what == "deleted" and (kind == "changed outs" or not _is_data(path, made)):
                lines.append(f"{path} missing, or not in Git")
            elif what not in ("deleted", "not in cache"):
                lines.append(f"{path} {what}")
    return lines


def _is_data(path: str, made: Collection[str]) -> bool:
    return any(f"{path}/".startswith(f"{out}/") or out.startswith(f"{path}/") for out in made)


def _made(path: str, outs: Mapping[str, str], read: Mapping[str, str], otherwise: str | None) -> str | None:
    """Hash of what the stages left at a path; `otherwise` where the lock file cannot tell."""
    if path in outs:
        return outs[path]
    inside = {out.removeprefix(f"{path}/"): md5 for out, md5 in outs.items() if out.startswith(f"{path}/")}
    if inside and not any(md5.endswith(".dir") for md5 in inside.values()):
        return _folder_hash(inside)
    around = next((out for out in outs if path.startswith(f"{out}/")), None)
    if around is None:
        return otherwise
    siblings = {name.removeprefix(f"{around}/"): md5 for name, md5 in read.items() if name.startswith(f"{around}/")}
    return otherwise if _folder_hash(siblings) == outs[around] else "unknown"


def _folder_hash(files: Mapping[str, str]) -> str:
    """DVC's hash of a folder, from the hashes of its files by relative path."""
    tree = Tree.from_list([{"md5": md5, "relpath": name} for name, md5 in files.items()])
    tree.digest()
    return tree.oid


def _dvc(*arguments: str, folder: Path) -> str:
    """What `dvc` prints, free of settings that lead it or Git to another folder."""
    misleading = [name for name in os.environ if name.startswith(("DVC_", "GIT_"))]
    site_cache = str(folder.parent / "site-cache")
    return shell.dvc(*arguments, folder=folder, env=shell.environment(*misleading, DVC_SITE_CACHE_DIR=site_cache))


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m scripts.freshness", description=__doc__.split("\n\n")[0]).parse_args()
    with reported("freshness"):
        main()
