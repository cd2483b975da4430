"""The typed view of params.yaml, and its only reader."""

import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator
from pydantic_core import ErrorDetails

from stages.errors import InputError
from stages.settings import AnySettings, NetworkSettings, PretrainedSettings, Seed

_SCALINGS = "unit (0 to 1), byte (0 to 255) or signed (-1 to 1)"
_PUBLISHED_SIDE = 32
"""Pixels of the images of CIFAR-10, and of the digits as they are enlarged."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Data(_Section):
    """The user's own images, and what is known of any images beside their labels."""

    folder: str | None
    """For the data set `folder`: path of a folder that holds one folder of JPEG, PNG and WebP files for each class,
    from 2 to 256; relative to the checkout."""
    image_side: Annotated[int, Field(ge=4, le=512)]
    """Pixels, the side of the squares that the pictures of data.folder are brought to."""
    unreadable: Literal["refuse", "skip"]
    """What to do with pictures of data.folder that cannot be read: stop and list them, or leave them out and list
    them."""
    human_votes: str | None
    """Path of a .npy, uint8 (training images, annotators), the classes that people chose for each image of
    data/raw/train_images.npy, in its order, 255 for no vote; relative to the checkout; null: none."""


class Split(_Section):
    """How the data set's training images are divided."""

    held_out_share: Annotated[float, Field(gt=0, lt=1)]
    """Share of the images that no network learns from."""
    train_images: Annotated[int, Field(ge=10)] | None
    """Learn from at most so many of the remaining images, the classes' shares kept; null: from all."""
    copies: Literal["separate", "together"]
    """Images that are equal to the last pixel: divide them like any others, or keep those of one picture in one part;
    for the data set `folder`, also when its test images are chosen."""
    seed: Seed


class ErrorAnalysis(_Section):
    """How the errors are analysed."""

    resamples: Annotated[int, Field(ge=100, le=100000)]
    """Bootstrap resamples of the images."""
    confidence: Annotated[float, Field(ge=0.5, lt=1)]
    """Level of every interval."""
    looks: Annotated[int, Field(ge=1, le=100)]
    """At how many counts of seeds, at most, C2's interval decides whether more are trained: it is wider then."""
    intervention_images: Annotated[int, Field(ge=1, le=10000)]
    """At most so many wrong and so many right images a network are edited."""


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name):
        raise ValueError("a name is a lower-case letter, then up to 31 lower-case letters, digits or underscores")
    if name == "errors":
        raise ValueError("metrics/errors.json has the metrics of all networks; choose another name")
    return name


def _distinct(seeds: list[int]) -> list[int]:
    if len(set(seeds)) != len(seeds):
        raise ValueError("seeds must differ from one another")
    return seeds


_optional: dict[str, Any] = {
    key: (field.rebuild_annotation() | None, None) for key, field in NetworkSettings.model_fields.items()
}
_pretrained: dict[str, Any] = {
    key: (PretrainedSettings.model_fields[key].rebuild_annotation() | None, None) for key in ("model", "scaling")
}
NetworkOverrides = create_model(
    "NetworkOverrides",
    __base__=_Section,
    __doc__="What one network sets differently; null inherits. With a model, it is pretrained and sets nothing else.",
    **_optional,
    **_pretrained,
)


class Params(NetworkSettings):
    """params.yaml: what every network inherits (the fields of NetworkSettings), and the sections."""

    dataset: Literal["cifar10", "digits", "folder"]
    data: Data
    split: Split
    networks: Annotated[
        dict[Annotated[str, AfterValidator(_name)], NetworkOverrides],  # type: ignore[valid-type]
        Field(min_length=1),
    ]
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(_distinct)]
    """One run of every network a seed; it sets the initial weights and the order of the images."""
    error_analysis: ErrorAnalysis

    @property
    def side(self) -> int:
        """Pixels of a side of the square images."""
        return self.data.image_side if self.dataset == "folder" else _PUBLISHED_SIDE

    def settings(self, name: str) -> AnySettings:
        """The effective settings of one network, trained here or elsewhere."""
        overrides = self._overrides(name)
        return PretrainedSettings(**overrides) if "model" in overrides else self.network(name)

    def network(self, name: str) -> NetworkSettings:
        """Of a network that is trained here: what it sets, the inherited settings elsewhere, defaults filled in.

        A network that chooses another optimizer without a learning rate gets that optimizer's default, unless
        params.yaml sets one for all.
        """
        inherited = {key: getattr(self, key) for key in NetworkSettings.model_fields}
        return NetworkSettings.model_validate(inherited | self._overrides(name)).resolved()

    def _overrides(self, name: str) -> dict[str, Any]:
        return self.networks[name].model_dump(exclude_none=True)  # type: ignore[attr-defined]

    @model_validator(mode="after")
    def _folder_is_named(self) -> "Params":
        if self.dataset == "folder" and not self.data.folder:
            raise ValueError("data.folder: dataset is 'folder', so this must name the folder of images")
        return self

    @model_validator(mode="after")
    def _networks_stand(self) -> "Params":
        problems, side = [], self.side
        for name in self.networks:
            if pretrained := self._overrides(name).keys() & _pretrained.keys():
                problems += [f"networks.{name}: {problem}" for problem in self._pretrained_problems(name, pretrained)]
                continue
            try:
                settings = self.network(name)
            except ValidationError as error:
                problems += [f"networks.{name}: {_reason(problem)}" for problem in error.errors()]
            else:
                poolings = len(settings.pool_after)
                if settings.needs_votes() and self.data.human_votes is None:
                    problems.append(f"networks.{name}: labels: votes and drop: doubtful need data.human_votes, a file")
                if side < 2**poolings:
                    reason = f"pool_after has {poolings} poolings, which leave nothing of {side}x{side} pixels"
                    problems.append(f"networks.{name}: {reason}; pool less often, or set data.image_side larger")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _pretrained_problems(self, name: str, given: Set[str]) -> Iterator[str]:
        """given: which settings of a pretrained network it has."""
        overrides = self._overrides(name)
        if "model" not in given:
            yield "scaling is a setting of a pretrained network; name its file as model, or remove scaling"
            return
        if "scaling" not in given:
            yield f"model needs scaling, the pixels that it learned with: {_SCALINGS}"
        if others := [key for key in overrides if key not in given]:
            yield f"{', '.join(others)}: settings of a training do not apply to a pretrained model; remove them"
        if not overrides["model"].endswith(".keras"):
            yield f"model: {_shown(overrides['model'])}: expected a file that model.save wrote, named *.keras"
        if len(self.seeds) > 1 and "{seed}" not in overrides["model"]:
            yield (
                f"model is one file, and there are {len(self.seeds)} seeds, so that equal answers would count as "
                "independent runs; name a file for each seed with {seed} in the path, or set one seed"
            )


def read(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml as a whole.

    A stage declares in dvc.yaml what it takes from the result, which tests/test_wiring.py holds against its code.
    Raises InputError that lists every problem with its path, the value, and what is allowed.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(f"{path} is missing. Run this in the repository's root folder.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} holds {_shown(content)}; expected parameters, one `name: value` a line.")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        problems = [_described(problem) for problem in error.errors()]
        raise InputError("\n".join([f"{path}: {len(problems)} problem(s)", *problems])) from None


class _Loader(yaml.SafeLoader):
    """Numbers as in YAML 1.2, which DVC reads: 1e-3 is one, while 010, 1:30 and 2001-01-01 are none. No key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9]\d*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


def _described(problem: ErrorDetails) -> str:
    path = ".".join(str(part) for part in problem["loc"] if part not in ("[key]", "constrained-str"))
    if problem["type"] == "extra_forbidden":
        allowed = _allowed(problem["loc"][:-1])
        return f"  {path}: no such parameter (value {_shown(problem['input'])}); allowed here: {allowed}"
    if problem["type"] == "missing":
        return f"  {path}: missing; add it"
    if not path:
        return f"  {_reason(problem)}"
    return f"  {path}: {_shown(problem['input'])}: {_reason(problem)}"


def _reason(problem: ErrorDetails) -> str:
    return problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")


def _allowed(parents: tuple[int | str, ...]) -> str:
    model: Any = Params
    for part in parents:
        if part == "networks":
            return ", ".join(NetworkOverrides.model_fields)
        model = model.model_fields[part].annotation
    return ", ".join(model.model_fields)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
