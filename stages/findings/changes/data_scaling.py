"""What would more training images bring? (docs/analysis.md, section 5)"""

import numpy as np

from stages.findings.finding import Answer, causal, no_collapse
from stages.statistics.effects import accuracies
from stages.statistics.intervals import over_seeds
from stages.statistics.remedies import numeric_families
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row, Table, ends

TIMES = 4
"""The training images to which the line is continued, in multiples of those there are."""


def rows(sample: Sample) -> list[Row]:
    table = []
    for networks in _curves(sample):
        shares = np.array([sample.grid.settings[network]["train_share"] for network in networks])
        errors = 1 - accuracies(sample, last_epoch=False)[[sample.grid.networks.index(each) for each in networks]]
        if (errors > 0).all():
            table.append({"network": networks[-1], **_row(shares, errors, sample.confidence)})
    return table


def _curves(sample: Sample) -> list[list[str]]:
    """Networks that differ in train_share alone, from the smallest share."""
    found = [networks for setting, networks in numeric_families(sample.grid) if setting == "train_share"]
    return [sorted(each, key=lambda network: sample.grid.settings[network]["train_share"]) for each in found]


def _row(shares: np.ndarray, errors: np.ndarray, confidence: float) -> Row:
    """shares: float (k,), ascending; errors: float (k, seeds)."""
    slopes, ends = line(shares, errors, TIMES * shares[-1])
    _, expected = line(shares[:-1], errors[:-1], shares[-1])
    row: Row = {"shares": len(shares), "share": float(shares[-1]), "error": float(errors[-1].mean())}
    last, _ = line(shares[-2:], errors[-2:], shares[-1])
    row |= {"expected": float(np.exp(expected.mean())), "saved_last": float(1 - 2 ** last.mean())}
    for name, values, of in (("saved", slopes, lambda slope: 1 - 2**slope), ("error_with_more", ends, np.exp)):
        interval = over_seeds(values, confidence)
        low, high = sorted(map(float, map(of, interval))) if interval else (None, None)
        row |= {name: float(of(values.mean())), f"{name}_low_seeds": low, f"{name}_high_seeds": high}
    return row | {"seeds": errors.shape[1]}


def line(shares: np.ndarray, errors: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Slope of each seed's least squares of log error on log share, and the log error at another share: (seeds,) each.

    An error that falls by a tenth when the share doubles, from 0.5 at a quarter, falls to 0.5 x 0.9^4 at 4:

    >>> slope, log_error = line(np.array([0.25, 0.5, 1]), np.array([[0.5], [0.45], [0.405]]), 4)
    >>> (1 - 2**slope).round(3).tolist(), np.exp(log_error).round(3).tolist()
    ([0.1], [0.328])
    """
    slopes, intercepts = np.polyfit(np.log(shares), np.log(errors), 1)
    return slopes, intercepts + slopes * np.log(share)


def needs(sample: Sample) -> str:
    if not _curves(sample):
        return "train_share has fewer than three values among networks that differ in nothing else"
    return no_collapse(sample) or ("" if rows(sample) else "a run makes no errors")


def answer(table: Table) -> Answer:
    row = table.rows[0]
    sentence = (
        f"On average, each doubling of the training images of {row['network']} saved {row['saved']:.0%} of its errors; "
        f"the last, {row['saved_last']:.0%}."
    )
    return Answer(sentence, row["saved"], row["saved_low_seeds"], row["saved_high_seeds"], "new seeds")


FINDING = causal(
    globals(),
    caption="A power law of the error rate in the share of the training images that is learned from: least squares of "
    f"log error on log share, seed by seed. {TIMES} times as many images are an extrapolation, as good as the law; "
    "'expected' beside 'error' says how well the smaller shares predict the largest. Fewer images are fewer steps an "
    "epoch, too: what is saved is due to both. Intervals: t, over seeds.",
    columns={
        "network": Column(str, "the network with the largest share"),
        "shares": Column(int, "how many values of train_share there are"),
        "share": Column(float, "the largest of them"),
        "error": Column(float, "error rate with it, mean over the last sixth of the epochs and the seeds, 0..1"),
        "expected": Column(float, "what the line through the smaller shares expects there"),
        "saved": Column(float, "share of the errors that each doubling of the images saves; negative: it adds some"),
        **ends("saved_low_seeds", "saved_high_seeds", "its interval over new seeds"),
        "saved_last": Column(float, "the same from the second largest share to the largest"),
        "error_with_more": Column(float, f"error rate that the line has at {TIMES} times the largest share"),
        **ends("error_with_more_low_seeds", "error_with_more_high_seeds", "its interval over new seeds"),
        "seeds": Column(int, "how many seeds it is computed on"),
    },
)
