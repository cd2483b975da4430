"""The effective settings of one network: all that its training depends on, besides the data and the seed.

Of a pretrained one: what file it is, and what it expects of pixels.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from stages.errors import InputError
from stages.files import write_text

FOLDER = Path("data/networks")

DEFAULT_LEARNING_RATE = {"adam": 0.001, "sgd": 0.01}
"""Keras's own defaults."""

Count = Annotated[int, Field(ge=1, le=65536)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Part = Annotated[float, Field(ge=0, lt=1)]


def _drop(text: str) -> str:
    """The same in one spelling."""
    found = re.fullmatch(r"(doubtful|random):(0?\.\d+)", text)
    if found and float(found[2]) > 0:
        return f"{found[1]}:{float(found[2])}"
    if text != "none":
        raise ValueError("must be none, doubtful:SHARE or random:SHARE, with a share between 0 and 1: doubtful:0.1")
    return text


class NetworkSettings(BaseModel):
    """One network and how it is trained."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    optimizer: Literal["adam", "sgd"]
    learning_rate: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] | None = None
    """Step size; null means Keras's default of the optimizer."""
    kernel_size: Annotated[int, Field(ge=1, le=63)]
    """Pixels, the side of the square kernel of every convolution."""
    filters: Annotated[list[Count], Field(min_length=1, max_length=32)]
    """Output channels of each convolution, first to last."""
    pool_after: Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=5)]
    """Convolutions, counted from 1, that a 2x2 max-pooling follows."""
    dense_units: Annotated[list[Count], Field(max_length=32)]
    """Units of the hidden dense layers; the output layer has one per class."""
    epochs: Annotated[int, Field(ge=1, le=10000)]
    batch_size: Annotated[int, Field(ge=1, le=65536)]
    """Images a training step."""

    # What follows is not in params.yaml unless it is used; docs/networks.md describes it.
    momentum: Part = 0.0
    """Of sgd."""
    schedule: Literal["constant", "cosine"] = "constant"
    """The learning rate stays, or falls to zero along half a cosine, step by step."""
    weight_decay: Part = 0.0
    """Decoupled: a step takes weight_decay x learning rate of each kernel away; biases stay."""
    dropout: Part = 0.0
    """Share of the outputs of each hidden dense layer that are zero in a training step, the others scaled up."""
    label_smoothing: Part = 0.0
    """Share of a label that is spread evenly over all classes in the loss that is minimised."""
    augment: Literal["none", "flip_shift"] = "none"
    """Training images as they are, or flipped and shifted by chance, see stages.train.augmentation."""
    order_seed: Seed | None = None
    """Draws the order of the images, and what augment and dropout do; null: the run's seed."""
    without: str | None = None
    """A class whose images are not learned from; null: none."""
    drop: Annotated[str, AfterValidator(_drop)] = "none"
    """doubtful:SHARE leaves out that share of each class's images, those whose label most people contradict;
    random:SHARE as many by chance."""
    train_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of each class's remaining images that is learned from; a smaller one lies within a larger one."""
    labels: Literal["given", "votes"] = "given"
    """votes: the class that more than half of the people voted for, the given one where there is none."""
    label_noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the images learned from whose labels are shuffled among themselves."""
    parts: Annotated[int, Field(ge=1, le=64)] = 2
    """Of a batch, computed side by side: so many cores a training can use. The last bits depend on it."""

    @model_validator(mode="after")
    def _pools_follow_convolutions(self) -> "NetworkSettings":
        layers = len(self.filters)
        if sorted(set(self.pool_after)) != self.pool_after or any(p > layers for p in self.pool_after):
            raise ValueError(
                f"pool_after must be ascending numbers from 1 to {layers} (the convolutions that filters lists)"
            )
        return self

    @model_validator(mode="after")
    def _optimizer_has_momentum(self) -> "NetworkSettings":
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(f"momentum is a setting of sgd, and the optimizer is {self.optimizer}; set momentum to 0")
        return self

    @model_validator(mode="after")
    def _dropout_has_layers(self) -> "NetworkSettings":
        if self.dropout and not self.dense_units:
            raise ValueError("dropout acts on the hidden dense layers, and dense_units lists none; set dropout to 0")
        return self

    def architecture(self) -> dict:
        """What the shape of the network depends on, as arguments of stages.nicknet.network.build."""
        return self.model_dump(include={"kernel_size", "filters", "pool_after", "dense_units"})

    def dropped(self) -> tuple[str, float]:
        """Which images `drop` leaves out, and the share."""
        which, _, share = self.drop.partition(":")
        return which, float(share or 0)

    def needs_votes(self) -> bool:
        """Whether what is learned from depends on people's votes."""
        return self.labels == "votes" or self.dropped()[0] == "doubtful"

    def stated(self) -> dict[str, Any]:
        """All settings, by name."""
        return self.model_dump()

    def resolved(self) -> "NetworkSettings":
        """The same settings with every default filled in."""
        if self.learning_rate is not None:
            return self
        return self.model_copy(update={"learning_rate": DEFAULT_LEARNING_RATE[self.optimizer]})


Scaling = Literal["unit", "byte", "signed"]


class PretrainedSettings(BaseModel):
    """A network trained elsewhere: it is asked, and learns nothing here. docs/networks.md describes it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    model: Annotated[str, Field(min_length=1)]
    """Path of a .keras file, relative to the checkout; {seed} in it stands for the seed of a run."""
    scaling: Scaling
    """Pixels that it expects: unit, 0 to 1; byte, 0 to 255; signed, -1 to 1."""
    sha256: dict[int, str] = {}
    """In hex, of each seed's file, so that another file is another network."""

    @property
    def epochs(self) -> int:
        return 0

    def file(self, seed: int) -> str:
        """The path of a run's model."""
        return self.model.replace("{seed}", str(seed))

    def stated(self) -> dict[str, Any]:
        """What a reader chose, by name."""
        return self.model_dump(include={"model", "scaling"})


AnySettings = NetworkSettings | PretrainedSettings


def path(network: str) -> Path:
    """Where a network's effective settings lie."""
    return FOLDER / f"{network}.yaml"


def write(network: str, settings: AnySettings) -> None:
    """As YAML, keys in the order of the class; without those at their default, so that a new setting reruns nothing."""
    content = settings.model_dump(exclude_defaults=True)
    write_text(path(network), yaml.safe_dump(content, sort_keys=False, default_flow_style=None))


def read(network: str) -> AnySettings:
    """The settings that the configure stage wrote; InputError where the file is missing or holds anything else."""
    try:
        content = yaml.safe_load(path(network).read_text(encoding="utf-8"))
        pretrained = isinstance(content, dict) and "model" in content
        return (PretrainedSettings if pretrained else NetworkSettings).model_validate(content)
    except FileNotFoundError:
        raise InputError(f"{path(network)} is missing. Run `dvc repro configure` to write it.") from None
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError):
        raise InputError(
            f"{path(network)} does not hold a network's settings. Run `dvc repro -f configure` to write it again."
        ) from None
