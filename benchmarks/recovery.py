"""What is planted in the worlds of benchmarks.planted and changed, by arithmetic, and what is found there."""

from typing import NamedTuple

import numpy as np

from benchmarks import changed, planted

BOTH = {"networks_a": "calm; adam", "networks_b": "base; fast"}
NETWORKS = ("nicknet1", "nicknet2", "nicknet3", "nicknet4")


class Part(NamedTuple):
    """words: what is planted. finding, where, column: the number that should find it, or '' for how many rows an image
    there are. planted: by arithmetic."""

    words: str
    finding: str
    where: dict
    column: str
    planted: float

    def found(self, tables):
        """The number in these tables; of several rows, their mean."""
        rows = tables[self.finding].values()
        if not self.column:
            return len(rows) / next(iter(rows))["n"]
        each = [row[self.column] for row in rows if all(row[key] == value for key, value in self.where.items())]
        return float(np.mean(each))


def parts(world):
    return _of_causes() if world is planted else _of_changes()


def _of_causes():
    shares = (np.array(planted.HARD) + planted.USUAL) / 2
    chances = np.array(list(planted.CHANCES.values())).T
    signs = {"optimizer": (1, 1, -1, -1), "kernel size": (1, -1, 1, -1), "interaction": (1, -1, -1, 1)}
    contrasts = {name: np.array(sign) @ chances / 4 for name, sign in signs.items()}
    main = {name: shares @ contrast for name, contrast in contrasts.items()}
    mean = chances.mean(axis=0)
    error = shares @ mean
    variances = {"image": shares @ mean**2 - error**2}
    variances |= {name: value**2 for name, value in main.items()}
    variances |= {f"image x {name}": shares @ each**2 - main[name] ** 2 for name, each in contrasts.items()}
    variances |= {"run": 0, "run x class": 0, "image x run": shares @ (chances * (1 - chances)).mean(axis=0)}
    total = sum(variances.values())
    for name, variance in variances.items():
        yield Part(f"share of variance: {name}", "variance_shares", {"component": name}, "share", variance / total)
    for name, part in main.items():
        size = -2 * part * (2 if name == "interaction" else 1)
        yield Part(f"effect: {name}", "effects", {"effect": name}, "value", size)
    learned = {"network": "all networks", "grouping": "all"}
    yield Part("having learned from an image", "learned_images", learned, "value", (1 - planted.FITTED) * error)
    turned = planted.EDITED - planted.PLACEBO
    for direction in ("repair", "break"):
        where = {"edit": "blur", "direction": direction}
        yield Part(f"edit: {direction}", "pixel_edits", where, "difference", turned)
    slips = shares @ planted.SLIPS**3 / 4
    yield Part("labels that all votes contradict", "contradicted_labels", {"true": "all classes"}, "share", slips)
    for run in NETWORKS:
        where = {"network": run, "which": "near-duplicates"}
        right = 1 - shares @ chances[NETWORKS.index(run)]
        yield Part(f"accuracy on near-duplicates, {run}", "near_duplicates", where, "accuracy", right)


def _of_changes():
    errors = dict(zip(changed.CHANGES, changed.CHANCES @ changed.SHARES, strict=True))
    base = changed.CHANCES[0]
    for place, name in enumerate(changed.CHANGES):
        before = changed.CHANCES[list(changed.CHANGES).index("adam")] if name == "calm" else base
        if name == "base":
            continue
        after, weights = changed.CHANCES[place], changed.SHARES
        where = {"network": name}
        yield Part(f"difference of accuracy, {name}", "remedies", where, "value", weights @ (before - after))
        repaired = weights @ (before * (before - after)) / (weights @ before)
        broken = weights @ ((1 - before) * (after - before)) / (weights @ (1 - before))
        yield Part(f"repaired beyond luck, {name}", "remedies", where, "repaired_excess", repaired)
        yield Part(f"broken beyond luck, {name}", "remedies", where, "broken_excess", broken)
    without = changed.CHANCES[list(changed.CHANGES).index("catless")]
    absent = changed.SHARES @ (base * (base - without)) / (changed.SHARES @ base)
    where = {"true": "bird", "how": "left out in training"}
    yield Part("errors that name a class, without it", "absent_class", where, "excess", absent)
    shares = np.log([0.25, 0.5, 1])
    slope = np.polyfit(shares, np.log([errors[name] for name in ("quarter", "half", "base")]), 1)[0]
    yield Part("errors saved by a doubling of the images", "data_scaling", {}, "saved", 1 - 2**slope)
    for name in ("quarter", "half", "base"):
        where = {"setting": "train_share", "network": name}
        yield Part(f"dose: {name}", "dose_response", where, "accuracy", 1 - errors[name])
    lead = errors["base"] - errors["adam"]
    yield Part("optimizers at their best rates", "best_rates", {}, "value", lead)
    lead = (errors["base"] + errors["fast"] - errors["adam"] - errors["calm"]) / 2
    yield Part("optimizers at equal training loss, two rates each", "equal_loss", BOTH, "value", lead)
    missed = changed.CHANCES.prod(axis=0) ** 3
    seen = missed / without**3  # of cats, the network without them misses all
    remaining = changed.SHARES @ (missed * 3 + seen) / 4
    yield Part("images that no run has right", "what_remains", {}, "", remaining)
