"""A .keras file is looked at before anything is trained, and nothing of it is executed."""

import hashlib
import json
import zipfile

import pytest

from stages.configure import model_file
from stages.errors import InputError


def layer(name, **config):
    return {"module": "keras.layers", "class_name": name, "config": config, "registered_name": None}


INPUT = layer("InputLayer", batch_shape=[None, 32, 32, 3])
DENSE = layer("Dense", units=10, activation="softmax")


def saved(folder, *layers, **changes):
    config = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": {"layers": layers}}
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config | changes))
        file.writestr("model.weights.h5", b"weights")
    return path


def problem(path, side=32, classes=10):
    with pytest.raises(InputError) as caught:
        model_file.require(path, side, classes)
    return str(caught.value)


def test_a_file_that_fits_gives_its_checksum(tmp_path):
    path = saved(tmp_path, INPUT, layer("Flatten"), DENSE, layer("Softmax"))
    assert model_file.require(path, 32, 10) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert model_file.require(path, 32, None)


def test_what_a_model_was_compiled_with_does_not_matter(tmp_path):
    mine = {"module": "mine", "class_name": "Loss", "config": {}, "registered_name": "mine>Loss"}
    assert model_file.require(saved(tmp_path, INPUT, DENSE, compile_config={"loss": mine}), 32, 10)


def test_operations_and_models_of_keras_inside_are_its_own(tmp_path):
    relu = {"module": "keras.src.ops.nn", "class_name": "Relu", "config": {}, "registered_name": "Relu"}
    inner = {"module": "keras.src.models.functional", "class_name": "Functional", "config": {"layers": [relu]}}
    assert model_file.require(saved(tmp_path, INPUT, inner, DENSE), 32, 10)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (layer("Lambda", function={"class_name": "__lambda__", "config": {"value": "x"}}), "Lambda"),
        (
            layer("Dense", activation={"module": "builtins", "class_name": "function", "config": "mine"}),
            "function mine",
        ),
        (layer("My") | {"module": "package", "registered_name": "mine>My"}, "My"),
        (layer("My") | {"module": None, "registered_name": "mine>My"}, "My"),
        (layer("TFSMLayer", filepath="/tmp/x"), "TFSMLayer"),
        (layer("Dense", kernel_initializer={"module": "os", "class_name": "system", "config": {}}), "system"),
        (layer("Bidirectional", layer=layer("Lambda")), "Lambda"),
    ],
)
def test_code_of_its_own_is_refused_by_name(tmp_path, part, name):
    said = problem(saved(tmp_path, INPUT, part, DENSE))
    assert name in said
    assert "nothing of it is executed" in said
    assert "a layer such as Rescaling" in said


@pytest.mark.parametrize("shape", [[None, 28, 28, 3], [None, 32, 32, 1], [None, 3, 32, 32], [64, 32, 32, 3], [None, 9]])
def test_another_input_is_refused_with_both_shapes(tmp_path, shape):
    said = problem(saved(tmp_path, layer("InputLayer", batch_shape=shape), DENSE))
    assert f"takes {shape}, and the images are 32x32 pixels in colour" in said
    assert "[null, 32, 32, 3]" in said


def test_two_inputs_are_refused(tmp_path):
    assert "takes [None, 32, 32, 3] and [None, 32, 32, 3]" in problem(saved(tmp_path, INPUT, INPUT, DENSE))


def test_an_input_of_any_size_fits(tmp_path):
    assert model_file.require(saved(tmp_path, layer("InputLayer", batch_shape=[None, None, None, 3]), DENSE), 48, 10)


def test_another_number_of_outputs_is_refused(tmp_path):
    said = problem(saved(tmp_path, INPUT, layer("Dense", units=1000), layer("Activation", activation="softmax")))
    assert "has 1000 outputs, and the data set has 10 classes" in said
    several = {"layers": [INPUT, DENSE, layer("Dense", units=4)], "output_layers": [["a", 0, 0], ["b", 0, 0]]}
    assert model_file.require(saved(tmp_path, config=several), 32, 10)  # said when it is loaded


def test_what_is_no_model_is_refused(tmp_path):
    assert "is missing: a network of params.yaml names it" in problem(tmp_path / "none.keras")
    assert "is no .keras file" in problem(tmp_path)
    (tmp_path / "text.keras").write_text("text")
    assert "is no .keras file (File is not a zip file). Expected a file that Keras 3 wrote" in problem(
        tmp_path / "text.keras"
    )
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as file:
        file.writestr("config.json", "[]")
    assert "other.keras holds no model" in problem(tmp_path / "other.keras")


def test_a_damaged_or_strange_model_is_refused_or_left_to_keras(tmp_path):
    path = saved(tmp_path, INPUT, DENSE)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    damaged = bytearray(path.read_bytes())
    damaged[len("config.json") + 32] ^= 0xFF
    path.write_bytes(damaged)
    assert "is no .keras file" in problem(path)
    for config in ({"layers": [INPUT, DENSE], "output_layers": 5}, {"layers": [INPUT, layer(["Dense"])]}):
        assert model_file.require(saved(tmp_path, config=config), 32, 10)


def test_one_file_under_two_names_is_not_two_runs():
    model_file.require_distinct("m-{seed}.keras", {0: "a", 1: "b"})
    with pytest.raises(InputError, match=r"m-\{seed\}.keras: the files of seeds 0 and 2 are the same, so that equal"):
        model_file.require_distinct("m-{seed}.keras", {0: "a", 1: "b", 2: "a"})
