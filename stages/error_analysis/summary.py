"""The few numbers that one compares between experiments."""

from collections.abc import Mapping
from typing import Any

from stages.error_analysis.table import Table
from stages.error_analysis.verdicts import FAILS, HOLDS, UNTOLD


def summary(tables: Mapping[str, Table]) -> dict[str, Any]:
    """At most 8 flat entries; what the grid cannot tell is left out.

    Effects are differences of held-out accuracy, the mean of those that the grid has; shares are 0..1.
    """
    counts = {"claims_held": HOLDS, "claims_not_held": FAILS, "claims_untold": UNTOLD}
    result = {key: len(_rows(tables, "verdicts", verdict=verdict)) for key, verdict in counts.items()}
    for factor in ("optimizer", "kernel size"):
        rows = _rows(tables, "effects", effect=factor)
        rows = rows or [row for row in _rows(tables, "effects") if row["effect"].startswith(f"{factor} ")]
        if rows:
            result[f"{factor.replace(' ', '_')}_effect"] = sum(row["value"] for row in rows) / len(rows)
    for row in _rows(tables, "variance_shares", component="image"):
        result["image_share"] = row["share"]
    for cause in ("label suspect", "universally hard"):
        for row in _rows(tables, "budget", network="all networks", order="first to last", cause=cause):
            if row["share"] is not None:
                result[f"{cause.replace(' ', '_')}_share"] = row["share"]
    return {key: float(f"{value:.9g}") if isinstance(value, float) else value for key, value in result.items()}


def by_network(scores: Table) -> dict[str, dict[str, dict[str, float]]]:
    """The content of artifacts.SUMMARY, from the table of scores; nested, for short columns in `dvc exp show`."""
    wanted = {"held_out": ("accuracy", "macro precision", "log loss"), "train": ("accuracy",)}
    images = {"held_out": "held-out", "train": "training"}
    names = {"macro precision": "precision", "log loss": "loss"}
    result: dict[str, dict[str, dict[str, float]]] = {}
    for network in dict.fromkeys(row["network"] for row in scores.rows):
        for part, quantities in wanted.items():
            for score in quantities:
                values = [
                    row["value"]
                    for row in scores.rows
                    if (row["network"], row["images"], row["score"]) == (network, images[part], score)
                ]
                mean = float(f"{sum(values) / len(values):.9g}")
                result.setdefault(network, {}).setdefault(part, {})[names.get(score, score)] = mean
    return result


def _rows(tables: Mapping[str, Table], name: str, **wanted: str) -> list[dict]:
    rows = tables[name].rows if name in tables else []
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]
