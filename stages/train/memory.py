"""How much memory a training will hold, before it begins: afterwards, its end would be a crash without a word."""

import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from stages.errors import InputError
from stages.nicknet.convolution import fastest, transform_pays
from stages.nicknet.fourier import same_axis
from stages.settings import NetworkSettings

_MIB = 2**20
_FLOAT = 4

# Measured: what each thing is held at its peak, and what the process holds beside them (tests/train/test_memory.py).
_PROCESS, _COMPILER = 710 * _MIB, 130 * _MIB
_STATE, _GRADIENTS, _MAPS, _CONSTANTS, _FACTORS = 5.5, 3, 1.3, 12.5, 4.4
_ADDRESSES, _RESERVED, _COMPILERS_RESERVED = 1.25, 300 * _MIB, 700 * _MIB
"""Addresses for each byte held; and stacks of threads and what allocators reserve, which count as addresses alone."""

_REPEATED = 2**22
"""Values of a constant up to which the convolution repeats it, see stages.nicknet.convolution."""


class Estimate(NamedTuple):
    """Bytes that a training holds at its peak, by what they grow with.

    weights: with the optimizer's values, gradients and the copies of a checkpoint. maps: of the images of one step.
    transforms: the constants of the large kernels, and the kernels in frequencies. process: TensorFlow itself.
    """

    weights: float
    maps: float
    transforms: float
    process: float

    @property
    def total(self) -> int:
        return round(sum(self))


class _Layer(NamedTuple):
    """Numbers of values: weights; maps of an image; constants of the transforms, and factors of the kernel."""

    weights: int
    maps: int
    constants: int = 0
    factors: int = 0


class Limit(NamedTuple):
    """needed, there: bytes. of: what of. name: what sets the limit."""

    needed: float
    there: int
    of: str
    name: str


def require(settings: NetworkSettings, side: int, classes: int, batch_size: int, root: Path = Path("/")) -> None:
    """InputError where the training would not fit into what there is; silent on systems that do not say.

    side: pixels of the square images. batch_size: images a step. root: below it lie proc and sys.
    """
    needed = estimate(settings, side, classes, batch_size)
    too_low = [limit for limit in limits(needed, root) if limit.needed > limit.there]
    if too_low:
        lowest = max(too_low, key=lambda limit: limit.needed / limit.there)
        raise InputError(
            f"not begun, since it would run out of {lowest.of}: it needs about {_gb(lowest.needed)}, and there are "
            f"{_gb(lowest.there)} ({lowest.name}). Of the {_gb(needed.total)} of memory, {_gb(needed.weights)} are for "
            f"weights and optimizer (dense_units, pool_after), {_gb(needed.maps)} for a step of {batch_size} images "
            f"(batch_size), {_gb(needed.transforms)} for large kernels (kernel_size above 3); all grow with the "
            f"{side} pixels of a side (data.image_side) and with filters. Make some smaller, or raise the limit."
        )


def limits(needed: Estimate, root: Path = Path("/")) -> list[Limit]:
    """What limits this process, as far as the system says: the machine, its control groups, its addresses."""
    held = _sizes(root / "proc/self/status")
    if not {"VmRSS", "VmSize"} <= held.keys():
        return []
    free = _sizes(root / "proc/meminfo")
    found = []
    if "MemAvailable" in free:
        there = free["MemAvailable"] + free.get("SwapFree", 0) + held["VmRSS"]
        found.append(Limit(needed.total, there, "memory", "free memory and swap of this machine"))
    for allowed, used in _groups(root):
        there = max(0, allowed - used) + held["VmRSS"]
        found.append(Limit(needed.total, there, "memory", "limit of this container or control group"))
    addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
    if addresses != resource.RLIM_INFINITY:
        more = max(0, needed.total - held["VmRSS"]) * _ADDRESSES
        reserved = _RESERVED + _COMPILERS_RESERVED * (needed.transforms > 0)
        found.append(Limit(held["VmSize"] + more + reserved, addresses, "addresses", "ulimit -v"))
    return found


def _sizes(path: Path) -> dict[str, int]:
    """Bytes by name, of lines such as `VmRSS:   1024 kB`; empty where there is no such file."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if line[2:] == ["kB"]}


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Of each control group around this process that has a limit: bytes allowed, and bytes used that it cannot free."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for _, controllers, group in (line.split(":", 2) for line in lines):
        if controllers == "":
            base, names, cached = root / "sys/fs/cgroup", ("memory.max", "memory.current"), "inactive_file"
        elif "memory" in controllers.split(","):
            base, cached = root / "sys/fs/cgroup/memory", "total_inactive_file"
            names = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        inner = base / group.strip("/")
        for folder in (inner, *inner.parents):
            if not folder.is_relative_to(base):
                break
            with suppress(OSError, ValueError):  # no such file here, or the limit is the word max
                allowed, used = (int((folder / name).read_text()) for name in names)
                stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                yield allowed, used - int(stat.get(cached, 0))


def _gb(size: float) -> str:
    return f"{size / 1e9:.1f} GB"


def estimate(settings: NetworkSettings, side: int, classes: int, batch_size: int) -> Estimate:
    """What a training holds at its peak, within a factor of 1.3 (tests/train/test_memory.py measures it).

    side: pixels of the square images. batch_size: images a step.
    """
    layers = [*_layers(settings, side, classes)]
    weights, maps, constants, factors = (sum(values) for values in zip(*layers, strict=True))
    compiled = transform_pays(settings.kernel_size)
    return Estimate(
        weights=_FLOAT * weights * (_STATE * (1 + _slots(settings)) + _GRADIENTS),
        maps=_FLOAT * _MAPS * maps * batch_size,
        transforms=_FLOAT * (_CONSTANTS * constants + _FACTORS * factors),
        process=_PROCESS + _COMPILER * compiled,
    )


def _slots(settings: NetworkSettings) -> int:
    """Values that the optimizer keeps for each weight."""
    return 2 if settings.optimizer == "adam" else int(settings.momentum > 0)


def _layers(settings: NetworkSettings, side: int, classes: int) -> Iterator[_Layer]:
    channels = 3
    layer = _transformed if transform_pays(settings.kernel_size) else _direct
    for number, filters in enumerate(settings.filters, start=1):
        pooled = number in settings.pool_after
        yield layer(side, channels, filters, settings.kernel_size, pooled)
        side, channels = side // 2 if pooled else side, filters
    units, dropped = side**2 * channels, 3 if settings.dropout else 1  # by a mask, into another map
    for more in (*settings.dense_units, classes):
        yield _Layer(units * more + more, units * dropped)
        units = more


def _direct(side: int, channels: int, filters: int, kernel_size: int, pooled: bool) -> _Layer:
    maps = side**2 * filters + ((side // 2) ** 2 * filters if pooled else 0)
    return _Layer(kernel_size**2 * channels * filters + filters, maps)


def _transformed(side: int, channels: int, filters: int, kernel_size: int, pooled: bool) -> _Layer:
    """As BatchLastConv2D computes, with the matrices of fourier.Transforms.

    Those of images and outputs are there three times, to learn forwards and backwards and to measure; those of kernels
    twice.
    """
    axis, way = same_axis(side, kernel_size), fastest(channels, filters)
    rows, columns = 2 * (axis.length // 2 + 1), way.products * way.parts * axis.length
    kept = side // 2 * 2 if pooled else side
    pool = (side // 2) ** 2 * filters + kept**2 * filters if pooled else side**2 * filters
    forward = _repeated(rows * side, side) + _repeated(columns * 2 * side, rows // 2)
    forward += _repeated(columns * 2 * kept, rows // 2) + _repeated(rows * kept, kept)
    kernel = _repeated(rows * axis.taps, axis.taps) + _repeated(columns * 2 * axis.taps, rows // 2)
    return _Layer(
        weights=kernel_size**2 * channels * filters + filters,
        maps=rows // 2 * columns * channels + pool,
        constants=3 * forward + 2 * kernel,
        factors=rows // 2 * columns * way.parts * channels * filters,
    )


def _repeated(size: int, times: int) -> int:
    return size * times if size * times <= _REPEATED else size
