"""What was set for each network, as settings.yaml states it: any names and values."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from stages.errors import InputError

MOST_BYTES = 2**20
MEANINGS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "optimizer": (str, "a name"),
    "learning_rate": ((int, float), "a number"),
    "kernel_size": (int, "a whole number, pixels"),
    "train_share": ((int, float), "a number, the share of the training images"),
    "without": (str, "the name of a class"),
}
"""Settings that the analysis knows, and what they must be."""
EXAMPLE = "expected `network: {name: value, ...}`, one network a line"


def read(path: Path) -> dict[str, dict[str, Any]]:
    """By network, the value of every name that any network states, None where this one does not; {} without a file."""
    if not path.is_file():
        return {}
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path}: {path.stat().st_size:,} bytes; expected at most {MOST_BYTES:,}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not all(isinstance(of, dict) for of in content.values()):
        raise InputError(f"{path}: {EXAMPLE}.")
    stated = {
        str(network): {str(name): _value(path, str(network), str(name), value) for name, value in of.items()}
        for network, of in content.items()
    }
    names = dict.fromkeys(name for of in stated.values() for name in of)
    return {network: {name: of.get(name) for name in names} for network, of in stated.items()}


def _value(path: Path, network: str, name: str, value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", value):
        value = float(value)  # a number in YAML 1.2, a text in 1.1
    items = value if isinstance(value, list) else [value]
    if not all(item is None or isinstance(item, str | int | float) for item in items):
        raise InputError(f"{path}: {network}: {name}: expected a number, a text, or a list of these.")
    kind, words = MEANINGS.get(name, (object, ""))
    if value is not None and (not isinstance(value, kind) or (words and isinstance(value, bool))):
        raise InputError(f"{path}: {network}: {name} is {value!r}; expected {words}. Or choose another name.")
    return value
