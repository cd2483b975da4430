"""The stage on networks whose rule is known: which images it asks about, in which order."""

import numpy as np
import pytest

from stages import features, outcomes, params, predictions
from stages.dataset import CLASS_NAMES, PARTS, images_path, indices_path
from stages.errors import InputError
from stages.files import write_array, write_json
from stages.images.edits import EDITS
from stages.interventions import __main__ as stage
from stages.nicknet import inference
from stages.predictions import Predictions
from stages.run import Run

IDS = np.arange(40, 100)
LABELS = (IDS % 2).astype(np.uint8)
RULES = {  # logits of class 1 over class 0 by the brightness of the upper left pixel
    "half": lambda corner: corner - 128,
    "collapsed": lambda corner: corner + 1,
    "perfect": lambda corner: (corner % 2) * 2 - 1,
}


def logits(rule, images):
    return np.stack([np.zeros(len(images)), RULES[rule](np.asarray(images, "float32")[:, 0, 0, 0])], axis=1)


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    """100 images, the last 60 of them held out; label and parity of the upper left pixel are the same."""
    given = params.read()
    section = given.error_analysis.model_copy(update={"intervention_images": 7})
    monkeypatch.setattr(params, "read", lambda: given.model_copy(update={"error_analysis": section}))
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 128, (100, 8, 8, 3), dtype=np.uint8) * 2
    pixels[IDS, 0, 0, 0] += LABELS
    write_array(images_path("train"), pixels)
    write_array(indices_path("training"), np.arange(40))
    write_json(CLASS_NAMES, ["even", "odd"])
    monkeypatch.setattr(stage.settings, "read", lambda network: network)
    monkeypatch.setattr(inference, "load", lambda network, *_: network)
    monkeypatch.setattr(inference, "logits", logits)
    monkeypatch.setattr(inference, "features", logits, raising=False)
    return pixels


def asked(rule, seed, pixels):
    run = Run(rule, seed)
    probabilities = np.eye(2, dtype="float32")[logits(rule, pixels[IDS]).argmax(axis=1)]
    predictions.write(run, dict.fromkeys(PARTS, Predictions(IDS, LABELS, probabilities)))
    stage.main(run)
    return outcomes.read(run), probabilities.argmax(axis=1) == LABELS


def test_the_drawn_images_are_as_many_wrong_as_right_and_differ_between_seeds(images):
    first, right = asked("half", 0, images)
    assert (np.sum(first.before), np.sum(~first.before)) == (7, 7)
    np.testing.assert_array_equal(first.before, right[first.ids - IDS[0]])
    assert first.edits.tolist() == [edit.name for edit in EDITS]
    assert first.edited.shape == first.placebo.shape == first.norms.shape == (len(EDITS), 14)
    assert features.read(Run("half", 0), 40).shape == (40, 2)
    other, _ = asked("half", 1, images)
    assert not np.array_equal(first.ids, other.ids)
    np.testing.assert_array_equal(first.error_ids, other.error_ids)  # one order of the images for all runs
    again, _ = asked("half", 0, images)
    assert all(np.array_equal(getattr(first, name), value) for name, value in vars(again).items())


def test_a_collapsed_run_is_asked_like_any_other(images):
    collapsed, right = asked("collapsed", 0, images)
    other, _ = asked("half", 0, images)
    assert (np.sum(collapsed.before), np.sum(~collapsed.before), len(collapsed.error_ids)) == (7, 7, stage.ERRORS)
    assert not right[collapsed.error_ids - IDS[0]].any()
    both = [each for each in collapsed.error_ids if each in other.error_ids]
    assert both == [each for each in other.error_ids if each in collapsed.error_ids]
    assert len(both) > 1


def test_a_run_without_errors_is_asked_about_its_right_answers(images):
    perfect, _ = asked("perfect", 0, images)
    assert perfect.before.tolist() == [True] * 7
    assert (perfect.error_edited.shape, perfect.maps.shape) == ((len(EDITS), 0), (0, 8, 8))


def test_a_file_that_holds_something_else_is_named(images):
    run = Run("half", 0)
    predictions.write_arrays(outcomes.path(run), {"edits": np.zeros(2)})
    with pytest.raises(InputError, match=r"0\.npz does not hold the outcomes of interventions"):
        outcomes.read(run)
