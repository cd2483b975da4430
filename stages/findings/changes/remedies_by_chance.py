"""Does a change in training repair the errors that the base makes with every seed? (docs/analysis.md, section 5)"""

from collections.abc import Callable

import numpy as np

from stages.findings.changes import remedies
from stages.findings.finding import causal, seeds
from stages.statistics.remedies import others, turned
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, ends

BANDS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "all": lambda missing, runs: missing == runs,
    "half or more": lambda missing, runs: (2 * missing >= runs) & (missing < runs),
    "fewer": lambda missing, runs: (2 * missing < runs) & (missing > 0),
}
"""How many of the base's other runs miss an image: of their number, and how many there are."""


def rows(sample: Sample) -> list[Row]:
    found = remedies.compared(sample)
    by_band = {
        band: [remedies.cases(sample, remedy)[0]._replace(weigh=_only(band)) for remedy in found] for band in BANDS
    }
    shares = {band: turned(sample, cases) for band, cases in by_band.items()}
    table = []
    for place, remedy in enumerate(found):
        for band, cases in by_band.items():
            (row,) = shares[band][place]
            del row["low_seeds"], row["high_seeds"]  # without one seed, a band is another one
            n = int(cases[place].totals[0][cases[place].groups[0]].sum())
            if n:
                table.append({**remedies.described(remedy), "missed_by": band, **row, "n": n})
    return table


def _only(band: str) -> Callable[[np.ndarray], np.ndarray]:
    def weigh(wrong: np.ndarray) -> np.ndarray:
        missing = others(wrong)
        return missing * BANDS[band](missing, len(wrong) - 1)

    return weigh


def needs(sample: Sample) -> str:
    return remedies.needs(sample) or seeds(sample, 3)


FINDING = causal(
    globals(),
    caption="Each run with the change is asked about the images that all of the base's runs with other seeds miss, "
    "half of them or more, or fewer. The placebo is the base's own run with the same seed, which the choice of the "
    "images does not see either. Intervals: bootstrap over images.",
    columns={
        **remedies.CHANGE,
        "missed_by": Column(str, "how many of the base's other runs miss the image: 'all', 'half or more', or 'fewer'"),
        "share": Column(float, "of their errors, what runs with the change get right, 0..1"),
        "placebo": Column(float, "what the base's own run gets right, 0..1"),
        "excess": Column(float, "share - placebo, -1..1"),
        **ends("low_images", "high_images", "its interval over new images"),
        "n": Column(int, "errors of the base, each counted with every other seed"),
    },
)
