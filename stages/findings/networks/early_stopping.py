"""Which errors would an earlier stop have avoided, and which would it have made? (docs/analysis.md, section 1)"""

import numpy as np

from stages.findings.finding import associated, epochs
from stages.statistics import crossfit
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    folds = crossfit.folds(sample)
    last, stopped, resampled, chosen = [], [], [], {}
    for run in sample.runs:
        right = sample.epochs[run] == sample.labels
        best = [best_epoch(right[:, places]) for places, _ in folds]
        after = np.empty_like(right[-1])
        for epoch, (_, counted) in zip(best, folds, strict=True):
            after[counted] = right[epoch - 1, counted]
        last.append(right[-1])
        stopped.append(after)
        resampled.append(chosen_again(sample, right))
        chosen[run.network, run.seed] = "; ".join(map(str, best))
    answers = np.array(last), np.array(stopped), np.array(resampled)
    table = crossfit.repairs(sample, *answers, crossfit.over_choices)
    return [row | {"epochs": chosen.get((row["network"], row["seed"]), "")} for row in table]


def best_epoch(right: np.ndarray) -> int:
    """The epoch of highest accuracy, from 1, the earliest of equals. right: bool (epochs, n).

    >>> best_epoch(np.array([[0, 0], [1, 0], [0, 1]], bool))
    2
    """
    return 1 + int(right.sum(axis=1).argmax())


def chosen_again(sample: Sample, right: np.ndarray) -> np.ndarray:
    """float (resamples,): what each resample gains with the epochs that it chooses. right: bool (epochs, N)."""
    gains = np.zeros((2, *right.shape))
    for gain, (places, _) in zip(gains, crossfit.folds(sample), strict=True):
        gain[:, places] = right[:, places].astype(float) - right[-1, places]
    resampled = sample.resamples.means(gains.reshape(-1, right.shape[1]).T).reshape(-1, 2, len(right))
    best = resampled.argmax(axis=2)[:, ::-1, None]
    return np.take_along_axis(resampled, best, axis=2).sum(axis=(1, 2))


FINDING = associated(
    globals(),
    caption="Answers after the best epoch beside those after the last. The best epoch is chosen on one half of the "
    "held-out images and counted on the other, both ways. Intervals: bootstrap over images that choose again, t over "
    "seeds.",
    columns={
        **crossfit.REPAIRS,
        "epochs": Column(str, "the epochs of highest accuracy on the first and on the second half"),
    },
    needs=epochs,
    of_training=True,
)
