import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, precision_score

from stages.errors import InputError
from stages.nicknet import inference
from stages.settings import NetworkSettings
from stages.train import training

SETTINGS = NetworkSettings(
    optimizer="adam",
    learning_rate=0.01,
    kernel_size=3,
    filters=[4, 4],
    pool_after=[1, 2],
    dense_units=[8],
    epochs=2,
    batch_size=16,
)
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 200).astype("uint8")
IMAGES = (RNG.integers(0, 100, (200, 8, 8, 3)) + 50 * LABELS[:, None, None, None]).astype("uint8")
TRAINING, HELD_OUT = np.arange(50), np.arange(50, 200)  # held-out images take more than one batch


def epochs(model, span):
    """The rows of the history of these epochs, and the classes predicted after each of them, (epochs, held-out)."""
    options = {"batch_size": 16, "seed": 0, "progress": lambda images: None}
    rows, predicted = zip(*training.epochs(model, IMAGES, LABELS, TRAINING, HELD_OUT, span, **options), strict=True)
    return sum(rows, []), np.stack(predicted)


def trained(seed=0, settings=SETTINGS):
    model = training.untrained(settings, (8, 8, 3), 3, seed)
    return model, *epochs(model, range(1, settings.epochs + 1))


def assert_scores(row, model, ids):
    """The row holds the network's scores on these images."""
    probabilities = inference.probabilities(inference.ready(model), IMAGES[ids])
    predicted = probabilities.argmax(1)
    assert row["accuracy"] == pytest.approx(accuracy_score(LABELS[ids], predicted))
    assert row["loss"] == pytest.approx(log_loss(LABELS[ids], probabilities), rel=1e-5)
    precision = precision_score(LABELS[ids], predicted, average="macro", zero_division=0)
    assert row["precision"] == pytest.approx(precision)


@pytest.fixture(scope="module")
def run():
    return trained()


def test_held_out_curves_are_the_scores_of_the_trained_network(run):
    model, history, predicted = run
    assert [(row["epoch"], row["part"]) for row in history] == [
        (epoch, part) for epoch in (1, 2) for part in ("training", "held-out")
    ]
    assert_scores(history[-1], model, HELD_OUT)
    assert predicted.dtype == np.uint8
    np.testing.assert_array_equal(predicted[-1], inference.logits(inference.ready(model), IMAGES[HELD_OUT]).argmax(1))
    accuracies = [row["accuracy"] for row in history if row["part"] == "held-out"]
    np.testing.assert_allclose((predicted == LABELS[HELD_OUT]).mean(axis=1), accuracies)


def test_it_learns(run):
    history = run[1]
    assert history[2]["loss"] < history[0]["loss"]


def test_equal_seeds_give_equal_bytes_and_others_do_not(run):
    contents = [training.weights(model) for model in (run[0], trained()[0], trained(seed=1)[0])]
    assert contents[0] == contents[1] != contents[2]


def test_a_restored_network_continues_to_the_last_bit(run):
    whole, whole_history, whole_predicted = run
    broken_off, resumed = (training.untrained(SETTINGS, (8, 8, 3), 3, 0) for _ in range(2))
    history, predicted = epochs(broken_off, [1])
    training.restore(resumed, training.state(broken_off))
    more_history, more_predicted = epochs(resumed, [2])
    assert history + more_history == whole_history
    np.testing.assert_array_equal(np.vstack([predicted, more_predicted]), whole_predicted)
    assert training.weights(resumed) == training.weights(whole)
    for ours, wholes in zip(training.state(resumed), training.state(whole), strict=True):
        np.testing.assert_array_equal(ours, wholes)


def test_the_state_is_a_copy(run):
    before = training.state(run[0])
    model = training.untrained(SETTINGS, (8, 8, 3), 3, 0)
    untouched = training.state(model)
    training.restore(model, before)
    assert not np.array_equal(untouched[0], training.state(model)[0])
    np.testing.assert_array_equal(before[0], training.state(model)[0])


def test_a_training_that_diverges_ends_and_says_why():
    settings = SETTINGS.model_copy(update={"optimizer": "sgd", "learning_rate": 10.0, "dense_units": [64] * 6})
    with pytest.raises(InputError, match=r"diverged in epoch \d+: .* SGD at learning rate 10\. .*learning_rate"):
        trained(settings=settings)


@pytest.mark.parametrize("place", [0, -1])
def test_weights_or_optimizer_state_that_are_not_finite_end_the_training(place):
    """Even where no loss shows it: the last variable of Adam is a velocity, whose infinity freezes a weight."""
    model = training.untrained(SETTINGS, (8, 8, 3), 3, 0)
    state = training.state(model)
    state[place] = np.full_like(state[place], np.inf)
    training.restore(model, state)
    with pytest.raises(InputError, match="diverged in epoch 1"):
        epochs(model, [1])


def test_weights_are_saved_without_the_optimizers_state_and_can_be_loaded(run, tmp_path):
    path = tmp_path / "w.weights.h5"
    path.write_bytes(training.weights(run[0]))
    assert path.stat().st_size < 4 * run[0].count_params() + 60_000
    loaded = inference.load(SETTINGS, path, (8, 8, 3), 3)
    np.testing.assert_array_equal(inference.logits(loaded, IMAGES), inference.logits(inference.ready(run[0]), IMAGES))


def test_training_curves_average_over_the_epoch():
    """With a step of almost nothing, the training row is what the initial network scores on all training images."""
    settings = SETTINGS.model_copy(update={"optimizer": "sgd", "learning_rate": 1e-12, "epochs": 1})
    model, history, _ = trained(settings=settings)
    assert_scores(history[0], model, TRAINING)


def test_progress_counts_every_image_of_every_epoch_once():
    steps, model = [], training.untrained(SETTINGS, (8, 8, 3), 3, 0)
    options = {"batch_size": 16, "seed": 0, "progress": steps.append}
    list(training.epochs(model, IMAGES, LABELS, TRAINING, HELD_OUT, [1, 2], **options))
    assert steps == [16, 16, 16, 2] * 2
