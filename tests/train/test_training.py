import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, precision_score

from stages.errors import InputError
from stages.nicknet import inference
from stages.nicknet.batches import batches, halves, order
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
LABELS = RNG.integers(0, 3, 70).astype("uint8")
IMAGES = (RNG.integers(0, 100, (70, 8, 8, 3)) + 50 * LABELS[:, None, None, None]).astype("uint8")
TRAIN, HELD_OUT = np.arange(50), np.arange(50, 70)


def trained(seed=0, settings=SETTINGS, progress=lambda images: None):
    model = training.untrained(settings, (8, 8, 3), 3, seed)
    options = {"batch_size": settings.batch_size, "seed": seed, "first": 1, "last": settings.epochs}
    history = list(training.epochs(model, IMAGES, LABELS, TRAIN, HELD_OUT, progress=progress, **options))
    return model, [row for rows in history for row in rows]


@pytest.fixture(scope="module")
def run():
    return trained()


@pytest.fixture(autouse=True)
def _small_evaluation_batches(monkeypatch):
    """Held-out images then take more than one batch, the last one padded."""
    monkeypatch.setattr(training, "_EVALUATION_BATCH_SIZE", 8)


def test_held_out_curves_are_the_scores_of_the_trained_network(run):
    model, history = run
    assert [(row["epoch"], row["images"]) for row in history] == [
        (1, "training"),
        (1, "held-out"),
        (2, "training"),
        (2, "held-out"),
    ]
    probabilities = inference.probabilities(model, IMAGES[HELD_OUT])
    predicted = probabilities.argmax(1)
    last = history[-1]
    assert last["accuracy"] == pytest.approx(accuracy_score(LABELS[HELD_OUT], predicted))
    assert last["loss"] == pytest.approx(log_loss(LABELS[HELD_OUT], probabilities), rel=1e-5)
    assert last["precision"] == pytest.approx(
        precision_score(LABELS[HELD_OUT], predicted, average="macro", zero_division=0)
    )


def test_it_learns(run):
    _, history = run
    assert history[2]["loss"] < history[0]["loss"]


def test_equal_seeds_give_equal_bytes_and_others_do_not(run):
    contents = [training.weights(model) for model in (run[0], trained()[0], trained(seed=1)[0])]
    assert contents[0] == contents[1] != contents[2]


def test_a_restored_network_goes_on_to_the_last_bit():
    options = {"batch_size": 16, "seed": 0, "progress": lambda images: None}
    whole, whole_history = trained()
    broken_off = training.untrained(SETTINGS, (8, 8, 3), 3, 0)
    history = list(training.epochs(broken_off, IMAGES, LABELS, TRAIN, HELD_OUT, first=1, last=1, **options))
    resumed = training.untrained(SETTINGS, (8, 8, 3), 3, 0)
    training.restore(resumed, training.state(broken_off))
    history += training.epochs(resumed, IMAGES, LABELS, TRAIN, HELD_OUT, first=2, last=2, **options)
    assert [row for rows in history for row in rows] == whole_history
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
    options = {"batch_size": 16, "seed": 0, "first": 1, "last": 1, "progress": lambda images: None}
    with pytest.raises(InputError, match="diverged in epoch 1"):
        list(training.epochs(model, IMAGES, LABELS, TRAIN, HELD_OUT, **options))


def test_weights_are_saved_without_the_optimizers_state_and_can_be_loaded(run, tmp_path):
    path = tmp_path / "w.weights.h5"
    path.write_bytes(training.weights(run[0]))
    assert path.stat().st_size < 4 * run[0].count_params() + 60_000
    loaded = inference.load(SETTINGS, path, (8, 8, 3), 3)
    for read, trained_ in zip(loaded.get_weights(), run[0].get_weights(), strict=True):
        np.testing.assert_array_equal(read, trained_)
    np.testing.assert_allclose(inference.logits(loaded, IMAGES), run[0](IMAGES), rtol=1e-4, atol=1e-5)


def test_training_curves_average_over_the_epoch():
    """With a step of almost nothing, the training row is what the initial network scores on all training images."""
    settings = SETTINGS.model_copy(update={"optimizer": "sgd", "learning_rate": 1e-12, "epochs": 1})
    model, history = trained(settings=settings)
    probabilities = inference.probabilities(model, IMAGES[TRAIN])
    predicted = probabilities.argmax(1)
    assert history[0]["accuracy"] == pytest.approx(accuracy_score(LABELS[TRAIN], predicted))
    assert history[0]["loss"] == pytest.approx(log_loss(LABELS[TRAIN], probabilities), rel=1e-5)
    assert history[0]["precision"] == pytest.approx(
        precision_score(LABELS[TRAIN], predicted, average="macro", zero_division=0)
    )


def test_padding_changes_no_gradient():
    """A step on 10 images padded to 16 equals a step on the 10 images."""
    stepped = []
    for batch_size in (16, 10):
        settings = SETTINGS.model_copy(update={"optimizer": "sgd", "learning_rate": 0.1})
        model = training.untrained(settings, (8, 8, 3), 3, seed=0)
        options = {"batch_size": batch_size, "seed": 0, "first": 1, "last": 1, "progress": lambda images: None}
        list(training.epochs(model, IMAGES, LABELS, np.arange(10), HELD_OUT, **options))
        stepped.append(model.get_weights())
    for padded, plain in zip(*stepped, strict=True):
        np.testing.assert_allclose(padded, plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("batch_size", [1, 25])
def test_a_step_is_kerass_own(batch_size, kernel_size):
    """Weights after an epoch equal those of keras.Model.fit on the same batches, one image and odd numbers included."""
    changes = {"optimizer": "sgd", "kernel_size": kernel_size, "batch_size": batch_size}
    settings = SETTINGS.model_copy(update=changes)
    model, other = (training.untrained(settings, (8, 8, 3), 3, seed=0) for _ in range(2))
    options = {"batch_size": batch_size, "seed": 0, "first": 1, "last": 1, "progress": lambda images: None}
    list(training.epochs(model, IMAGES, LABELS, TRAIN, HELD_OUT, **options))
    other.compile(optimizer=other.optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    chosen = order(TRAIN, 0, 1)
    other.fit(IMAGES[chosen], LABELS[chosen], batch_size=batch_size, shuffle=False, verbose=0)
    for ours, kerass in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, kerass, rtol=1e-4, atol=1e-5)


def test_progress_counts_every_image_of_every_epoch_once():
    steps = []
    trained(progress=steps.append)
    assert steps == [16, 16, 16, 2] * 2


def test_batches_hold_every_image_once():
    indices = np.arange(0, 70, 2)
    found = list(batches(IMAGES, np.arange(70, dtype="uint8"), indices, 16))
    assert [images.shape for images, _, _ in found] == [(16, 8, 8, 3)] * 3
    labels = np.concatenate([labels[weights > 0] for _, labels, weights in found])
    assert labels.tolist() == indices.tolist()
    assert np.array_equal(found[1][0][3], IMAGES[2 * 19])


def test_halves_hold_every_image_once_and_are_never_empty():
    for size in (1, 2, 5, 128):
        parts = [np.arange(size)[half] for half in halves(size)]
        assert np.concatenate(parts).tolist() == list(range(size))
        assert min(map(len, parts)) > 0
        assert len(parts) == min(size, 2)


def test_the_order_is_the_seeds_and_the_epochs():
    indices = np.arange(0, 70, 2)
    assert sorted(order(indices, 3, 1)) == indices.tolist()
    assert np.array_equal(order(indices, 3, 1), order(indices, 3, 1))
    assert not np.array_equal(order(indices, 3, 1), order(indices, 3, 2))
    assert not np.array_equal(order(indices, 3, 1), order(indices, 4, 1))
