"""Run the study that can tell causes apart, as one DVC experiment, and export what it shows.

The grid of params.yaml gets the fourth cell of {adam, sgd} x {15, 10} and three seeds. The experiment runs in DVC's
temporary folder, so that the workspace stays as it is, and its error analysis is copied from its commit.

python -m scripts.study [-S PARAMETER=VALUE ...] [--name NAME] [--output FOLDER]
"""

import argparse
import io
import os
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stages import artifacts, params
from stages.errors import InputError, reported

SETTINGS = ("seeds=[0,1,2]", "+networks.nicknet4={optimizer: adam, kernel_size: 10}")
FOLDER = Path("docs/study")
LOCK, PARAMETERS, NOTE = "dvc.lock", "params.yaml", "README.md"
PIPELINE = ("stages", "dvc.yaml", LOCK, PARAMETERS, ".dvc", "metrics", "plots")
LEFT_OUT = {
    "plots/examples": "random right and wrong predictions of every run, as pictures",
    "plots/confusion": "confusion counts, which plots/errors/confusions.csv has too",
    "plots/classes": "recall and precision of each class, which plots/errors/classes.csv has too",
}


def main() -> None:
    given = _arguments()
    settings = (*SETTINGS, *given.set_param)
    reference = run(given.name, settings)
    export(reference, given.output, note(reference, given.name, settings))
    size = sum(path.stat().st_size for path in given.output.rglob("*") if path.is_file())
    print(f"study: {given.output} holds {size / 1e6:.1f} MB; its {NOTE} says what is in it, and what is left out")


def run(name: str, settings: Sequence[str]) -> str:
    """Run the experiment on the commit at hand; returns its Git reference.

    One that is there already, with these settings, is not run again.
    """
    commit = _git("rev-parse", "HEAD").strip()
    reference = f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"
    message = f"{name}: {' '.join(settings)}"
    known = _git("for-each-ref", "--format=%(contents:subject)", reference).strip()
    if known == message:
        print(
            f"study: the experiment {name} of commit {commit[:7]} is there already; `dvc exp remove {name}` forgets it"
        )
        return reference
    if known:
        raise InputError(
            f"expected the experiment {name} of commit {commit[:7]} to have the settings {message!r}, but it has "
            f"{known!r}. Choose another --name, or forget it: dvc exp remove {name}"
        )
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *PIPELINE).strip()
    if changed:
        raise InputError(
            f"expected the files of the last commit, but these are changed:\n{changed}\n"
            "DVC would run the study on the changes. Commit them, or take them back: git restore ."
        )
    given = [part for setting in settings for part in ("-S", setting)]
    _watched("dvc", "exp", "run", "--temp", "--name", name, "--message", message, *given)
    return reference


def export(reference: str, folder: Path, text: str) -> None:
    """Copy the error analysis of a commit, with the parameters and the dvc.lock it came from, into a new folder.

    The folder is whole or absent; an earlier one stays until the new one is ready. text: its README.md.
    """
    if folder.exists() and not (folder.is_dir() and (folder / LOCK).is_file()):
        raise InputError(f"{folder} is there and is no study's. Name another folder: --output FOLDER")
    with _replacing(folder) as fresh:
        _extract(reference, [PARAMETERS, LOCK], fresh)
        _extract(reference, [path.as_posix() for path in wanted(params.read(fresh / PARAMETERS))], fresh)
        artifacts.write_text(fresh / NOTE, text)


def wanted(everything: params.Params) -> list[Path]:
    """What the export has besides parameters and dvc.lock: folders and files, as they lie in the repository."""
    runs = [(network, seed) for network in everything.networks for seed in everything.seeds]
    return [
        artifacts.PLOTS / "errors",
        artifacts.PLOTS / "curves.csv",
        artifacts.SUMMARY,
        artifacts.METRICS / "errors.json",
        *(artifacts.metrics_path(*run) for run in runs),
        *(artifacts.history_path(*run) for run in runs),
    ]


def note(reference: str, name: str, settings: Sequence[str]) -> str:
    """The README.md of an export: where it comes from, what it holds, and what is left out, with its size."""
    options = " ".join(f"-S '{setting}'" for setting in settings)
    lines = [
        "# The study",
        "",
        "Written by `python -m scripts.study`; do not edit. What DVC ran, on the commit "
        f"`{_git('rev-parse', f'{reference}~1').strip()}`:",
        "",
        f"    dvc exp run --temp --name {name} {options}",
        "",
        "- [params.yaml](params.yaml) and [dvc.lock](dvc.lock): the parameters, and the hash of every input and output",
        "- [plots/errors/report.html](plots/errors/report.html): the page; download it, then open it in a browser",
        "- [plots/errors](plots/errors): its tables and pictures; [the verdicts](plots/errors/verdicts.md)",
        "- [metrics](metrics): scores of every run, means over the seeds in summary.json, the analysis in errors.json",
        "- [plots/history](plots/history): the curves of every run; plots/curves.csv has them in one table",
        "",
        "Left out, to keep the repository small; the same command makes them again:",
        "",
    ]
    lines += [f"- {folder} ({_size(reference, folder)}): {what}" for folder, what in LEFT_OUT.items()]
    lines += ["- data: images, weights and predictions, which are DVC's; dvc.lock has their hashes and sizes"]
    return "\n".join(lines) + "\n"


def _size(reference: str, folder: str) -> str:
    sizes = [int(line.split()[3]) for line in _git("ls-tree", "-r", "-l", reference, folder).splitlines()]
    return f"{sum(sizes) / 1e6:.1f} MB"


def _extract(reference: str, paths: list[str], folder: Path) -> None:
    archive = subprocess.run(["git", "archive", "--format=tar", reference, "--", *paths], capture_output=True)
    if archive.returncode:
        raise InputError(f"{reference} lacks what a study has: {archive.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as file:
        file.extractall(folder, filter="data")


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder`, which takes its place at the end; removed if the body fails."""
    fresh, earlier = (folder.with_name(f".{os.getpid()}.{what}.{folder.name}") for what in ("new", "old"))
    fresh.mkdir(parents=True)
    try:
        yield fresh
        if folder.exists():
            folder.rename(earlier)
        try:
            fresh.rename(folder)
        except OSError:
            if earlier.exists():
                earlier.rename(folder)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(earlier, ignore_errors=True)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"expected a Git checkout with a commit; `git {arguments[0]}` says: {done.stderr.strip()}")
    return done.stdout


def _watched(*command: str) -> None:
    """Run a command whose output the user sees; an interruption reaches all that it started, and its end is awaited."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    except FileNotFoundError:
        raise InputError(
            f"there is no command {command[0]}. Use `make study`, or first: . .venv/bin/activate"
        ) from None
    try:
        code = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
        raise
    if code:
        raise InputError(
            f"`{' '.join(command[:3])}` ended with exit code {code}; its output is above. Trainings that are done stay "
            "in DVC's cache, and the same command goes on from there."
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.study", description=__doc__.split("\n\n")[0])
    further = "a further parameter of the experiment, as for `dvc exp run`; may be given again"
    parser.add_argument("-S", dest="set_param", metavar="PARAMETER=VALUE", action="append", default=[], help=further)
    parser.add_argument("--name", default="study", help="of the experiment (%(default)s)")
    parser.add_argument("--output", type=Path, default=FOLDER, metavar="FOLDER", help="of the export (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    with reported("study"):
        main()
