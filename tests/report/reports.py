"""The files that the report reads, of a planted world, small enough to be drawn and rendered within seconds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from stages import dataset, outcomes, predictions, settings
from stages.claims.registry import verdict_tables
from stages.files import write_array, write_json, write_text
from stages.findings.finding import Finding
from stages.findings.registry import FINDINGS, Analysis, refusal_table
from stages.predictions import Predictions
from stages.settings import NetworkSettings
from stages.statistics.sample import Sample
from tests import worlds

PARAMS = Path(__file__).parents[2] / "params.yaml"
SIDE = 16


def sample(
    cells: Sequence[tuple[str, int]] = worlds.PUBLISHED,
    seeds: int = 1,
    names: Sequence[str] = worlds.NAMES,
    votes: bool = False,
    images: int = 300,
    files: bool = False,
) -> Sample:
    """A sample with every cause of errors in it, and with all that is known of held-out images."""
    rng = np.random.default_rng(7)
    world = worlds.World(label_noise=0.05, optimizer=0.15, kernel=0.1, seed=0.1, bad_runs=0.3)
    drawn = worlds.draw(world, rng, images, cells, seeds, names, resamples=100).sample
    names_of_files = [f"<b>{label}</b>/{index}.png" for index, label in enumerate(drawn.labels)] if files else None
    return known(replace(drawn, files=names_of_files, votes=drawn.votes if votes else None), rng)


def known(sample: Sample, rng: np.random.Generator) -> Sample:
    """The sample with histories, with answers to edits, and with the same images as the other parts."""
    sample = replace(sample, similarity=rng.uniform(0.5, 1, len(sample.labels)).round(3))
    return replace(
        worlds.asked(sample, rng, errors=6, side=SIDE),
        epochs={
            run: rng.integers(0, len(sample.class_names), (5, len(sample.labels)), np.uint8) for run in sample.runs
        },
        histories={run: worlds.history(2 - 0.2 * np.arange(5) + rng.uniform(0, 0.1, 5)) for run in sample.runs},
        others={part: replace(sample, part=part, votes=None, files=None) for part in ("training", "test")},
    )


def write(sample: Sample, findings: Sequence[Finding] = FINDINGS) -> None:
    """What the stages before the report would have left in the current folder."""
    analysis = Analysis(sample, findings)
    learned = Analysis(sample.learned)
    verdicts = verdict_tables(learned, Analysis(learned.sample.others["test"]))
    for table in (analysis.answers, *verdicts, *analysis.tables, refusal_table(analysis.refusals)):
        table.write()
    count = sample.ids.max() + 1
    photos = np.random.default_rng(8).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    write_array(dataset.images_path("train"), photos)
    write_array(dataset.labels_path("train"), np.resize(sample.labels, count))
    write_array(dataset.indices_path("training"), sample.ids[::2])
    write_json(dataset.CLASS_NAMES, list(sample.class_names))
    for network in sample.networks:
        settings.write(network, NetworkSettings.model_validate(sample.grid.settings[network]))
    for run, probabilities in zip(sample.runs, sample.by_run(sample.probabilities), strict=True):
        answers = Predictions(sample.ids, sample.labels, probabilities)
        predictions.write(run, dict.fromkeys(dataset.PARTS, answers))
        outcomes.write(run, sample.interventions[run])
    params = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    params |= {"networks": {network: {} for network in sample.networks}, "seeds": list(sample.seeds)}
    write_text(Path("params.yaml"), yaml.safe_dump(params))
