"""Occlusion maps: which part of one image speaks for the wrong answer.

Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks" (section 4.2): a square slides over the
image, hides what is under it, and the network is asked again. CAUSAL: what is mapped is what hiding changes. (Grad-CAM
would be of no use here: the kernels cover the image, so that a feature map has no place.)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stages.error_analysis.analysis import Analysis
from stages.error_analysis.edits import Predict, intervene, mean_colour, occluded, occlusion_side
from stages.error_analysis.grid import Run
from stages.error_analysis.table import Table
from stages.streams import stream


def places(shape: tuple[int, ...]) -> np.ndarray:
    """int (places, 2), corners of the square that slides over an image (n, H, W, 3), a quarter of its side at a time.

    The first and the last place touch the borders, so that no pixel is left out.
    """
    side = occlusion_side(shape)
    step = max(1, side // 4)
    rows, columns = (sorted({*range(0, extent - side, step), extent - side}) for extent in shape[1:3])
    return np.array([(row, column) for row in rows for column in columns])


def occluded_logits(predict: Predict, image: np.ndarray) -> np.ndarray:
    """Logits (places, classes) of one image (H, W, 3) with the square at each place, filled with the mean colour."""
    corners = places((1, *image.shape))
    copies = np.broadcast_to(image, (len(corners), *image.shape))
    return np.asarray(predict(occluded(copies, corners, mean_colour(image[None]))))


def pixel_map(changes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Mean change over all places of the square that cover a pixel.

    Args:
        changes: (places,), what hiding at each place changes.
        shape: (n, H, W, 3) of the images.

    Returns:
        float64 (H, W).
    """
    side = occlusion_side(shape)
    total, count = np.zeros(shape[1:3]), np.zeros(shape[1:3])
    for (row, column), change in zip(places(shape), changes, strict=True):
        total[row : row + side, column : column + side] += change
        count[row : row + side, column : column + side] += 1
    return total / count


def margin_map(predict: Predict, image: np.ndarray, true: int, wrong: int) -> np.ndarray:
    """What each part of the image adds to the wrong class's lead: float64 (H, W), in logits.

    The lead is the logit of class `wrong` minus that of class `true`. Positive: hiding this part lowers the lead, so
    it speaks for the wrong class; negative: it speaks for the true one.
    """
    hidden = occluded_logits(predict, image)
    whole = np.asarray(predict(image[None]))[0]
    changes = (whole[wrong] - whole[true]) - (hidden[:, wrong] - hidden[:, true])
    return pixel_map(changes, (1, *image.shape))


@dataclass(frozen=True)
class Case:
    """One error, explained by what undoes it.

    run: the network that errs. index: the image's place in analysis.ids. true, predicted: classes; probability: of
    the predicted one. map: float64 (H, W), see margin_map. edits: the edits that make the answer right. noise: those
    of them whose placebo does so too. removed: the class without which the answer is right, -1 where there is none.
    """

    run: Run
    index: int
    true: int
    predicted: int
    probability: float
    map: np.ndarray
    edits: tuple[str, ...]
    noise: tuple[str, ...]
    removed: int


def explain(
    networks: Mapping[Run, Predict], images: np.ndarray, analysis: Analysis, *, how_many: int, seed: int
) -> list[Case]:
    """At most `how_many` errors, the networks taking turns, each on an image of its own drawn by the seed.

    Args:
        networks: the runs to ask, each one of analysis.runs; they answer in logits.
        images: uint8 (N, H, W, 3), the images of analysis.ids.
    """
    order = stream("occlusion").permutation(len(analysis.ids))
    wrong = {run: analysis.predicted[analysis.runs.index(run)] != analysis.labels for run in networks}
    taken: list[tuple[Run, int]] = []
    for _ in range(how_many):
        for run in networks:
            used = {index for _, index in taken}
            free = [int(index) for index in order if wrong[run][index] and int(index) not in used]
            if free and len(taken) < how_many:
                taken.append((run, free[0]))
    return [_case(run, networks[run], index, images, analysis, seed) for run, index in taken]


def _case(run: Run, predict: Predict, index: int, images: np.ndarray, analysis: Analysis, seed: int) -> Case:
    position = analysis.runs.index(run)
    true, predicted = int(analysis.labels[index]), int(analysis.predicted[position, index])
    image = images[index]
    outcomes = intervene(
        predict,
        image[None],
        np.array([true]),
        stream("occlusion", run.network, run.seed, int(analysis.ids[index])),
    )
    return Case(
        run=run,
        index=index,
        true=true,
        predicted=predicted,
        probability=float(analysis.probabilities[position, index, predicted]),
        map=margin_map(predict, image, true, predicted),
        edits=tuple(name for name, right in zip(outcomes.names, outcomes.edited[:, 0], strict=True) if right),
        noise=tuple(
            name
            for name, right, noisy in zip(outcomes.names, outcomes.edited[:, 0], outcomes.noisy[:, 0], strict=True)
            if right and noisy
        ),
        removed=int(analysis.removed[position, index]),
    )


def table(cases: list[Case], analysis: Analysis) -> Table:
    """The table explained_images, one row a case."""
    return Table(
        name="explained_images",
        caption=(
            "Errors drawn at random, the networks taking turns, and what undoes each: the edits after which the answer "
            "is right (noise_too: those of them whose placebo, noise of equal L2 norm, does so as well) and the class "
            "without which it is. strongest_evidence: the largest value of the occlusion map, by how many logits the "
            "wrong class's lead over the true one shrinks, on average, when a square hides that pixel."
        ),
        kind="causal",
        columns=(
            *("network", "seed", "id", *([] if analysis.files is None else ["file"])),
            *("true", "predicted", "probability"),
            *("edits", "noise_too", "class_removed", "strongest_evidence"),
        ),
        rows=[
            {
                "network": case.run.network,
                "seed": case.run.seed,
                "id": int(analysis.ids[case.index]),
                **analysis.source(case.index),
                "true": analysis.class_names[case.true],
                "predicted": analysis.class_names[case.predicted],
                "probability": case.probability,
                "edits": "; ".join(case.edits),
                "noise_too": "; ".join(case.noise),
                "class_removed": "" if case.removed < 0 else analysis.class_names[case.removed],
                "strongest_evidence": float(case.map.max()),
            }
            for case in cases
        ],
    )
