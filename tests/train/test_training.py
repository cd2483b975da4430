import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, precision_score

from stages.errors import InputError
from stages.nicknet import inference
from stages.settings import NetworkSettings
from stages.streams import stream
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


def epochs(model, span, settings=SETTINGS, seed=0):
    """The rows of the history of these epochs, and the classes predicted after each of them, (epochs, held-out)."""
    options = {"settings": settings, "seed": seed, "progress": lambda images: None}
    rows, predicted = zip(*training.epochs(model, IMAGES, LABELS, TRAINING, HELD_OUT, span, **options), strict=True)
    return sum(rows, []), np.stack(predicted)


def trained(seed=0, settings=SETTINGS):
    model = training.untrained(settings, (8, 8, 3), 3, seed, 50)
    return model, *epochs(model, range(1, settings.epochs + 1), settings)


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
    broken_off, resumed = (training.untrained(SETTINGS, (8, 8, 3), 3, 0, 50) for _ in range(2))
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
    model = training.untrained(SETTINGS, (8, 8, 3), 3, 0, 50)
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
    model = training.untrained(SETTINGS, (8, 8, 3), 3, 0, 50)
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
    steps, model = [], training.untrained(SETTINGS, (8, 8, 3), 3, 0, 50)
    options = {"settings": SETTINGS, "seed": 0, "progress": steps.append}
    list(training.epochs(model, IMAGES, LABELS, TRAINING, HELD_OUT, [1, 2], **options))
    assert steps == [16, 16, 16, 2] * 2


def one_step(settings):
    """Weights before and after one epoch of one step, and their names."""
    settings = settings.model_copy(update={"epochs": 1, "batch_size": 50})
    model = training.untrained(settings, (8, 8, 3), 3, 0, 50)
    before = [np.array(weight) for weight in model.get_weights()]
    options = {"settings": settings, "seed": 0, "progress": lambda images: None}
    list(training.epochs(model, IMAGES, LABELS, TRAINING, HELD_OUT, [1], **options))
    return before, model.get_weights(), [variable.name for variable in model.trainable_variables]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_weight_decay_takes_its_share_of_the_kernels_beside_the_optimizers_step(optimizer):
    settings = SETTINGS.model_copy(update={"optimizer": optimizer, "weight_decay": 0.25})
    before, plain, names = one_step(settings.model_copy(update={"weight_decay": 0.0}))
    _, decayed, _ = one_step(settings)
    for name, start, without, with_decay in zip(names, before, plain, decayed, strict=True):
        expected = without - 0.01 * 0.25 * start if name == "kernel" else without
        np.testing.assert_allclose(with_decay, expected, rtol=1e-4, atol=1e-6)
    assert {"kernel", "bias"} == set(names)


def test_cosine_takes_the_learning_rate_to_zero_over_all_steps():
    settings = SETTINGS.model_copy(update={"schedule": "cosine", "epochs": 3})
    model, rates = training.untrained(settings, (8, 8, 3), 3, 0, 50), []
    for epoch in (1, 2, 3):
        rates.append(float(model.optimizer.learning_rate))
        epochs(model, [epoch], settings)
    assert rates == pytest.approx(
        [0.01 * (1 + np.cos(np.pi * done / 12)) / 2 for done in (0, 4, 8)]
    )  # 4 steps an epoch
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_momentum_repeats_its_share_of_the_step_before():
    """A gradient of nearly the same value twice: the second step is 1 + momentum times the first."""
    settings = SETTINGS.model_copy(
        update={"optimizer": "sgd", "learning_rate": 1e-4, "momentum": 0.5, "batch_size": 50, "epochs": 2}
    )
    model = training.untrained(settings, (8, 8, 3), 3, 0, 50)
    options = {"settings": settings, "seed": 0, "progress": lambda images: None}
    places = [model.get_weights()[-1].copy()]
    for _ in training.epochs(model, IMAGES, LABELS, TRAINING, HELD_OUT, [1, 2], **options):
        places.append(model.get_weights()[-1].copy())
    first, second = np.diff(places, axis=0)
    np.testing.assert_allclose(second, 1.5 * first, rtol=0.02)


def test_smoothed_labels_are_what_keras_minimises_and_the_history_stays_the_cross_entropy():
    settings = SETTINGS.model_copy(update={"optimizer": "sgd", "learning_rate": 0.1, "label_smoothing": 0.3})
    _, ours, _ = one_step(settings)
    model = training.untrained(settings, (8, 8, 3), 3, 0, 50)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)
    model.compile(keras.optimizers.SGD(0.1), loss)
    model.train_on_batch(IMAGES[:50], np.eye(3)[LABELS[:50]])
    for one, other in zip(ours, model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    still = settings.model_copy(update={"learning_rate": 1e-12, "epochs": 1})
    model, history, _ = trained(settings=still)
    assert_scores(history[0], model, TRAINING)


def test_dropout_zeroes_its_share_of_the_hidden_outputs_and_keeps_their_mean():
    settings = SETTINGS.model_copy(update={"dropout": 0.25, "dense_units": [300, 200]})
    first, second = training.masks(settings, 400, stream("dropout", 0, 1))
    assert (first.shape, second.shape, first.dtype) == ((400, 300), (400, 200), np.float32)
    assert set(np.unique(first)) == {0, np.float32(1 / 0.75)}
    assert (first == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert first.mean() == pytest.approx(1, abs=0.01)
    assert training.masks(SETTINGS, 400, stream("dropout", 0, 1)) == []


@pytest.mark.parametrize("kernel_size", [3, 6])
def test_what_dropout_zeroes_does_not_reach_the_logits(kernel_size):
    model = training.untrained(SETTINGS.model_copy(update={"kernel_size": kernel_size}), (8, 8, 3), 3, 0, 50)
    mask = np.tile(np.float32([2, 0] * 4), (50, 1))
    kernel, bias = model.layers[-1].get_weights()
    hidden = model.features(IMAGES[:50]).numpy()
    expected = (hidden[:, ::2] * 2) @ kernel[::2] + bias
    np.testing.assert_allclose(model.logits(IMAGES[:50], dropout=[mask]), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.logits(IMAGES[:50]), hidden @ kernel + bias, rtol=1e-4, atol=1e-5)


def test_an_order_seed_changes_what_follows_the_start():
    settings = SETTINGS.model_copy(update={"augment": "flip_shift", "dropout": 0.1})

    def result(seed, **changes):
        chosen = settings.model_copy(update=changes)
        model = training.untrained(chosen, (8, 8, 3), 3, seed, 50)
        start = model.get_weights()[0].copy()
        epochs(model, [1], chosen, seed)
        return start, training.weights(model)

    (start, own), (start_other, other), (_, same) = result(0), result(0, order_seed=7), result(0, order_seed=0)
    np.testing.assert_array_equal(start, start_other)
    assert own == same != other
    assert not np.array_equal(start, result(7)[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"augment": "flip_shift", "dropout": 0.5, "weight_decay": 0.1, "label_smoothing": 0.1, "schedule": "cosine"},
        {"optimizer": "sgd", "momentum": 0.9, "augment": "flip_shift", "order_seed": 5},
    ],
)
def test_with_all_that_is_left_to_chance_a_restored_network_continues_to_the_last_bit(changes):
    settings = SETTINGS.model_copy(update=changes)
    whole, history, _ = trained(settings=settings)
    broken_off, resumed = (training.untrained(settings, (8, 8, 3), 3, 0, 50) for _ in range(2))
    begun, _ = epochs(broken_off, [1], settings)
    training.restore(resumed, training.state(broken_off))
    continued, _ = epochs(resumed, [2], settings)
    assert begun + continued == history
    assert training.weights(resumed) == training.weights(whole)
