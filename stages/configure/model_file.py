"""A .keras file, looked at without TensorFlow: may it be loaded, and does it fit the images?"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stages.errors import InputError

SAVED = "Expected a file that Keras 3 wrote by model.save('name.keras')."
RUNS_CODE = ("Lambda", "__lambda__", "function", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
"""Classes that bring their own code, or load other files."""


def require(path: Path, side: int, classes: int | None) -> str:
    """SHA-256 of the file, in hex; InputError where it cannot be loaded, or states that it does not fit.

    side: pixels of the images. classes: None where their number is not known yet.
    """
    config = _config(path)
    foreign = sorted(set(_foreign(config)))
    if foreign:
        raise InputError(
            f"{path} holds {', '.join(foreign)}, and a model may bring no code of its own: nothing of it is executed. "
            "Expected layers of Keras alone, in a Sequential or functional model; of a Lambda layer, use a layer such "
            "as Rescaling, or save the model without it."
        )
    shapes, outputs = list(_input_shapes(config)), _outputs(config)
    if shapes and not (len(shapes) == 1 and fits(shapes[0], side)):
        raise InputError(misfit(path, " and ".join(map(str, shapes)), side))
    if classes and outputs and outputs != classes:
        raise InputError(f"{path} has {outputs} outputs, and the data set has {classes} classes; expected as many.")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_distinct(model: str, of_seeds: Mapping[int, str]) -> None:
    """InputError where two seeds name the same model. of_seeds: the SHA-256 of each one's file."""
    firsts: dict[str, int] = {}
    for seed, sha256 in of_seeds.items():
        first = firsts.setdefault(sha256, seed)
        if first != seed:
            raise InputError(
                f"{model}: the files of seeds {first} and {seed} are the same, so that equal answers would count as "
                "independent runs. Expected a training of its own for each seed."
            )


def fits(shape: list[int | None], side: int) -> bool:
    """Whether a model with this input takes any number of square colour images of this side; null takes any size.

    >>> fits([None, 32, 32, 3], 32), fits([None, None, None, 3], 32), fits([None, 3, 32, 32], 32)
    (True, True, False)
    """
    expected = [None, side, side, 3]
    return len(shape) == 4 and shape[0] is None and all(a in (None, b) for a, b in zip(shape, expected, strict=True))


def misfit(path: Path, shape: str, side: int) -> str:
    return (
        f"{path} takes {shape}, and the images are {side}x{side} pixels in colour: expected one input of "
        f"[null, {side}, {side}, 3] (any number of images, height, width, channels). data.image_side sets the size of "
        "the pictures of a folder."
    )


def _config(path: Path) -> dict[str, Any]:
    """What the file says of the model; without how it was compiled, which is not loaded."""
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
            config = json.loads(file.read("config.json"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing: a network of params.yaml names it as its model.") from None
    except MemoryError:
        raise
    except Exception as error:  # a damaged archive fails in many ways: zipfile, zlib, json
        raise InputError(f"{path} is no .keras file ({error}). {SAVED}") from None
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict) or "model.weights.h5" not in names:
        raise InputError(f"{path} holds no model. {SAVED}")
    return {key: value for key, value in config.items() if key != "compile_config"}


def _foreign(part: Any) -> Iterator[str]:
    """Names of what is no part of Keras, or brings code."""
    if isinstance(part, list):
        for each in part:
            yield from _foreign(each)
    elif isinstance(part, dict):
        name, module = part.get("class_name"), part.get("module")
        own = isinstance(module, str) and module.split(".")[0] != "keras"
        if isinstance(name, str) and (name in RUNS_CODE or own or ">" in str(part.get("registered_name"))):
            yield f"the {'function' if name == 'function' else 'layer or object'} {_named(part)}"
        for key, each in part.items():
            if key != "compile_config":
                yield from _foreign(each)


def _named(part: dict[str, Any]) -> str:
    """What the code calls a function, or a class."""
    return str(part.get("config") if part["class_name"] == "function" else part["class_name"])


def _input_shapes(config: dict[str, Any]) -> Iterator[list[int | None]]:
    """Of each input that the outermost model states."""
    for layer in _layers(config):
        shape = layer["config"].get("batch_shape")
        if layer.get("class_name") == "InputLayer" and isinstance(shape, list):
            yield shape


def _outputs(config: dict[str, Any]) -> int | None:
    """How many numbers the model gives for an image, where its last layers say so; None for several outputs."""
    several = config["config"].get("output_layers")
    if isinstance(several, list) and any(isinstance(each, list) for each in several):
        return None
    after = ("Activation", "Softmax", "Dropout")
    last = [layer for layer in _layers(config) if layer.get("class_name") not in after][-1:]
    return last[0]["config"].get("units") if last and last[0].get("class_name") == "Dense" else None


def _layers(config: dict[str, Any]) -> list[dict[str, Any]]:
    layers = config["config"].get("layers")
    layers = layers if isinstance(layers, list) else []
    return [layer for layer in layers if isinstance(layer, dict) and isinstance(layer.get("config"), dict)]
