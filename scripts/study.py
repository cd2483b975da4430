"""Run a study that can tell causes apart, as one DVC experiment, and export what it shows.

`study`: the grid of params.yaml gets the fourth cell of {adam, sgd} x {15, 10} and six seeds; docs/analysis.md, C2,
says when more. The others have three: `remedies`, with networks that differ from nicknet3 in one more setting, and
`rates`, with both optimizers at four learning rates each. The experiment runs in DVC's temporary folder, so that the
workspace stays as it is, and its error analysis is copied from its commit.

python -m scripts.study [STUDY] [-S PARAMETER=VALUE ...] [--jobs N] [--name NAME] [--output FOLDER]
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dvc.api import DVCFileSystem

from scripts import predicted, runs, shell
from stages.errors import InputError, reported
from stages.files import write_text

FOURTH = "+networks.nicknet4={optimizer: adam, kernel_size: 10}"
SETTINGS = ("seeds=[0,1,2,3,4,5]", "error_analysis.looks=3", FOURTH)
THREE_SEEDS = ("seeds=[0,1,2]", FOURTH)
CHANGED = {
    "flipped": "augment: flip_shift",
    "dropped_out": "dropout: 0.5",
    "decayed": "weight_decay: 0.01",
    "smoothed": "label_smoothing: 0.1",
    "cosine": "schedule: cosine",
    "momentum": "momentum: 0.9",
    "half": "train_share: 0.5",
    "quarter": "train_share: 0.25",
    "noisy": "label_noise: 0.2",
    "longer": "epochs: 60",
    "flipped_longer": "augment: flip_shift, epochs: 60",
}
RATES = {"sgd": (0.003, 0.03, 0.1), "adam": (0.0001, 0.0003, 0.003)}
"""Beside Keras's defaults, 0.01 and 0.001."""
STUDIES = {
    "study": SETTINGS,
    "remedies": (
        *THREE_SEEDS,
        *(f"+networks.{name}={{optimizer: sgd, kernel_size: 10, {change}}}" for name, change in CHANGED.items()),
    ),
    "rates": (
        *THREE_SEEDS,
        *(
            f"+networks.{optimizer}{place}={{optimizer: {optimizer}, kernel_size: 10, learning_rate: {rate}}}"
            for optimizer, rates in RATES.items()
            for place, rate in enumerate(rates)
        ),
    ),
}
FOLDER = Path("docs/study")
LOCK, PARAMETERS, NOTE = "dvc.lock", "params.yaml", "README.md"
WRITTEN = "Written by `python -m scripts.study`"
"""In the NOTE of an export."""
PIPELINE = ("stages", "dvc.yaml", LOCK, PARAMETERS, ".dvc", "metrics", "plots")
EXPORTED = (
    PARAMETERS,
    LOCK,
    "metrics",
    "plots/curves.csv",
    "plots/confusion.csv",
    "plots/verdicts.csv",
    "plots/pictures",
    "plots/report.html",
    "data/analysis",
)
"""What an export has of an experiment, under the same paths."""
PICTURES = ("curves", "confusions", "effects", "error_mass", "gallery_missed_by_all")
ANSWER_PICTURES = ("remedies", "learned_images", "effects")
"""Of plots/pictures: those in docs/results.md, and those of which README.md has the first. The page has all."""
PREDICTED = Path("data/predicted")
"""... and what scripts/predicted.py makes of it."""


def main() -> None:
    given = _arguments()
    settings = (*STUDIES[given.study], *given.set_param)
    name, output = given.name or given.study, given.output or FOLDER.with_name(given.study)
    check_output(output)
    reference = run(name, settings, runs.at_once(given.jobs))
    export(reference, output, note(reference, name, settings, output))
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    print(f"study: {output} holds {size / 1e6:.1f} MB; its {NOTE} says what is in it, and what is left out")


def run(name: str, settings: Sequence[str], jobs: int = 1) -> str:
    """Run the experiment on the commit at hand, so many of its runs at once; returns its Git reference.

    One that is there already, with these settings, is not run again.
    """
    commit = shell.git("rev-parse", "HEAD").strip()
    reference = f"refs/exps/{commit[:2]}/{commit[2:]}/{name}"
    if "/" in name or shell.attempt("git", "check-ref-format", reference).returncode:
        raise InputError(
            f"expected a --name that can be part of a Git reference (git help check-ref-format), got {name!r}"
        )
    if not os.getcwd().isascii():
        raise InputError(
            f"expected a checkout whose path is of ASCII letters, got {os.getcwd()}: in others, `dvc exp run --temp` "
            "fails (docs/dvc-limits.md). Move the checkout."
        )
    message = f"{name}: {' '.join(settings)}"
    known = shell.git("for-each-ref", "--format=%(contents:subject)", reference).strip()
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
    if shell.git("rev-parse", "--is-shallow-repository").strip() == "true":
        raise InputError(
            "expected a whole clone, but this one is shallow, and DVC would lose the results (docs/dvc-limits.md). Get "
            "the rest first: git fetch --unshallow"
        )
    changed = shell.git("status", "--porcelain", "--untracked-files=no", "--", *PIPELINE).strip()
    if changed:
        raise InputError(
            f"expected the files of the last commit, but these are changed:\n{changed}\n"
            "DVC would run the study on the changes. Commit them, or take them back: git restore ."
        )
    given = [part for setting in settings for part in ("-S", setting)]
    if jobs > 1:
        with runs.processes(jobs) as workers:
            runs.compute_experiment(settings, workers)
    shell.watched(*shell.DVC, "exp", "run", "--temp", "--name", name, "--message", message, *given)
    return reference


def check_output(folder: Path) -> None:
    """InputError where the export would replace anything but an earlier one."""
    if folder.exists():
        try:
            earlier = WRITTEN in (folder / NOTE).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            earlier = False
        if not earlier or any((folder / other).exists() for other in (".git", ".dvc", "dvc.yaml")):
            raise InputError(f"{folder} is there and is no study's. Name another folder: --output FOLDER")


def export(reference: str, folder: Path, text: str) -> None:
    """Copy the results of an experiment, with the parameters and the dvc.lock they came from, into a new folder.

    The folder is whole or absent; an earlier one stays until the new one is ready. text: its README.md.
    """
    with _replacing(folder) as fresh, tempfile.TemporaryDirectory() as checkout:
        _get(reference, EXPORTED, fresh)
        for picture in (fresh / "plots/pictures").glob("*.png"):
            if picture.stem not in (*PICTURES, *ANSWER_PICTURES):
                picture.unlink()
        _get(reference, predicted.MADE_FROM, Path(checkout))
        predicted.write(Path(checkout), fresh / PREDICTED)
        write_text(fresh / NOTE, text)


def _get(reference: str, paths: Iterable[str], folder: Path) -> None:
    """Copy these files and folders of a commit, tracked by Git or by DVC, into a folder, under the same paths."""
    files = DVCFileSystem(".", rev=shell.git("rev-parse", reference).strip())
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            files.get(path, str(folder / path), recursive=True)
        except FileNotFoundError:
            raise InputError(f"{reference} does not have {path}, which a study has.") from None


def note(reference: str, name: str, settings: Sequence[str], folder: Path) -> str:
    """The README.md of an export: where it comes from, what it holds, and what is left out, with its size."""
    options = " ".join(f"-S '{setting}'" for setting in settings)
    lines = [
        "# The study",
        "",
        f"{WRITTEN}; do not edit. What DVC ran, on the commit `{shell.git('rev-parse', f'{reference}~1').strip()}`:",
        "",
        f"    dvc exp run --temp --name {name} {options}",
        "",
        "- [params.yaml](params.yaml) and [dvc.lock](dvc.lock): the parameters, and the hash of every input and output",
        "- [plots/report.html](plots/report.html): the page; download it, then open it in a browser",
        "- [data/analysis](data/analysis): its tables; [plots/pictures](plots/pictures): those pictures that "
        "docs/results.md and README.md show",
        "- [metrics](metrics): scores of every network, means over the seeds, and what the settings do",
        "- [plots/curves.csv](plots/curves.csv): the scores of every run after every epoch",
        f"- [{PREDICTED}]({PREDICTED}): the class that every run predicts for every held-out and test image; another "
        f"analysis needs no training: `make why FROM={folder / PREDICTED}/test`",
        "",
        "Left out, to keep the repository small, since the same command makes it again: the explorer, the random right "
        "and wrong predictions of every run, and the data: images, weights and probabilities, by hash in dvc.lock.",
    ]
    return "\n".join(lines) + "\n"


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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.study", description=__doc__.split("\n\n")[0])
    parser.add_argument("study", nargs="?", default="study", choices=STUDIES, metavar="STUDY", help=", ".join(STUDIES))
    further = "a further parameter of the experiment, as for `dvc exp run`; may be given again"
    parser.add_argument("-S", dest="set_param", metavar="PARAMETER=VALUE", action="append", default=[], help=further)
    parser.add_argument("--jobs", default="", metavar="N", help="runs at once (docs/scaling.md)")
    parser.add_argument("--name", help="of the experiment (that of the study)")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="of the export (docs/STUDY)")
    return parser.parse_args()


if __name__ == "__main__":
    with reported("study"):
        main()
