"""Train networks on a folder of pictures, compare them, and explain their errors, in the folder `mine`.

`mine` is a clone of this checkout, which stays as it is. The folder has one folder of pictures for each class.

python -m scripts.mine FOLDER [--jobs N]
"""

import argparse
import contextlib
import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path

import yaml

from scripts import runs, shell
from scripts.mine.plan import SEEDS, Plan, minutes, parameters, plan, seconds
from stages.download import folder
from stages.errors import InputError, reported
from stages.files import write_text

CLONE = Path("mine")
MARK = "nicknets.mine"
HEAD = "# Written by `make mine`, anew each time: try other parameters as experiments, `dvc exp run -S ...`.\n"
ENDING = """
mine/plots/report.html             the page that explains the errors: open it in a browser
mine/data/analysis/look_first.csv  the pictures to look at first, by file
In the folder mine, with the environment active (. .venv/bin/activate), more can be tried, such as
dvc exp run -S '+networks.dropped_out={dropout: 0.5}'"""


def main(pictures: Path, jobs: str) -> None:
    at_once = runs.at_once(jobs)
    listing = folder.listed(pictures)
    chosen = plan(len(listing.pictures))
    print(described(listing, chosen), flush=True)
    clone()
    stated(str(pictures.absolute()), chosen)
    expected = minutes(seconds(len(listing.pictures), chosen, at_once))
    print(f"mine: {expected} on two quiet cores, if nothing is done yet; {at_once} run(s) at once", flush=True)
    with contextlib.chdir(CLONE):
        # DVC does not watch the folder: its pictures are read each time, and what depends on them runs if they changed.
        shell.watched(*shell.DVC, "repro", "--force", "download", line=say)
        shell.watched(*shell.DVC, "repro", "--single-item", *runs.FIRST, line=say)
        with runs.processes(at_once) as workers:
            runs.compute(Path("."), workers)
        shell.watched(*shell.DVC, "repro", line=say)
    answer = json.loads((CLONE / "metrics/errors.json").read_text(encoding="utf-8"))["answer"]
    print("", *answer, ENDING, sep="\n")


def say(printed: str) -> None:
    """Show which stage begins, of what DVC prints."""
    found = re.match("Running stage '([^']+)'", printed)
    if found:
        print(f"mine: {found[1]}", flush=True)


def described(listing: folder.Listing, chosen: Plan) -> str:
    """What is there, and what will be trained."""
    counts = Counter(label for label, _ in listing.pictures)
    shown = [f"{name} {counts[label]:,}" for label, name in enumerate(listing.class_names)]
    shown = [*shown[:10], *([f"and {len(shown) - 10} more"] if len(shown) > 10 else [])]
    networks = parameters("", chosen)["networks"]
    changes = [f"{name} ({', '.join(f'{key}: {value}' for key, value in of.items())})" for name, of in networks.items()]
    return (
        f"mine: {len(listing.pictures):,} pictures in {len(listing.class_names)} classes: {', '.join(shown)}\n"
        f"mine: each network learns for {chosen.epochs} epochs in batches of {chosen.batch_size}, with {len(SEEDS)} "
        f"seeds: base, and with one change each: {', '.join(changes[1:])}"
    )


def clone() -> None:
    """Make the clone, or bring it to the last commit of this checkout; InputError where another folder is in its place.

    What the clone has trained stays in its cache.
    """
    if shell.attempt("git", "rev-parse", "--verify", "--quiet", "HEAD").returncode:
        raise InputError("expected a Git checkout with a commit, found none here. Clone the repository with git.")
    if not os.path.lexists(CLONE):
        fresh = Path(f".tmp-{CLONE}")
        shutil.rmtree(fresh, ignore_errors=True)
        shell.git("clone", "--quiet", ".", str(fresh))
        shell.git("config", MARK, "true", folder=fresh)
        fresh.rename(CLONE)
    elif shell.attempt("git", "-C", str(CLONE), "config", "--get", MARK).stdout.strip() != "true":
        raise InputError(f"the folder {CLONE} exists and was not made by `make mine`. Move it away.")
    # Not from origin, which is where this checkout was when the clone was made.
    shell.git("fetch", "--quiet", os.path.relpath(".", CLONE), "HEAD", folder=CLONE)
    here, there = (shell.git("rev-parse", name, folder=CLONE) for name in ("HEAD", "FETCH_HEAD"))
    if here != there:
        shell.git("checkout", "--quiet", "--force", "--detach", "FETCH_HEAD", folder=CLONE)


def stated(pictures: str, chosen: Plan) -> None:
    """Write the clone's params.yaml. Results of another folder are replaced, with a word on how to get them back."""
    path = CLONE / "params.yaml"
    earlier = yaml.safe_load(path.read_text(encoding="utf-8"))["data"]["folder"]
    if earlier not in (None, pictures):
        print(
            f"mine: the results of {earlier} are replaced; its trainings stay in the cache of {CLONE}, so that the "
            "same command with that folder brings them back",
            flush=True,
        )
    write_text(path, HEAD + yaml.safe_dump(parameters(pictures, chosen), sort_keys=False, allow_unicode=True))


def asked() -> tuple[Path, str]:
    """The folder that the command line names, and the jobs; InputError where there is no folder."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mine", description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", metavar="FOLDER", help="it has one folder of pictures for each class")
    parser.add_argument("--jobs", default="", metavar="N", help="runs at once (docs/scaling.md)")
    given = parser.parse_args()
    if not given.folder:
        raise InputError("expected a folder that holds one folder of pictures for each class: make mine FOLDER=path")
    return folder.checked(given.folder, {}), given.jobs


if __name__ == "__main__":
    with reported("mine"):
        main(*asked())
