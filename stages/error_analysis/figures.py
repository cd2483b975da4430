"""Every figure of the error analysis, by the name of its file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from stages.error_analysis import figures_charts as charts
from stages.error_analysis import figures_matrices as matrices
from stages.error_analysis import gallery
from stages.error_analysis.analysis import Analysis
from stages.error_analysis.budget import CAUSES
from stages.error_analysis.gallery import Gallery


def draw_all(
    analysis: Analysis, images: np.ndarray, galleries: Sequence[Gallery], curves: Sequence[Mapping[str, Any]]
) -> dict[str, Figure]:
    """The figures of plots/errors/<name>.png; one whose table is missing or empty is left out.

    Args:
        images: uint8 (N, H, W, 3), the images of analysis.ids.
        curves: rows with network, seed, epoch, images ('training' or 'held-out'), accuracy, loss and precision.
    """
    runs = [(run.network, run.seed) for run in analysis.runs]
    networks = list(dict.fromkeys(network for network, _ in runs))
    classes = analysis.class_names
    tables = {name: table for name, table in analysis.tables.items() if table.rows}
    drawn: dict[str, Figure] = {}
    if curves:
        drawn["curves"] = charts.curves(curves, networks)
    if "effects" in tables:
        drawn["effects"] = charts.effects(tables["effects"])
    if "shapley" in tables:
        drawn["shapley"] = charts.shapley(tables["shapley"])
    if "variance_shares" in tables:
        drawn["variance_shares"] = charts.variance_shares(tables["variance_shares"])
    if "errors_by_votes" in tables:
        drawn["errors_by_votes"] = charts.errors_by_votes(tables["errors_by_votes"], networks)
    if "budget" in tables:
        drawn["budget"] = charts.budget(tables["budget"], CAUSES)
        if any(row["expected_share"] is not None for row in tables["budget"].rows):
            drawn["budget_by_chance"] = charts.budget_by_chance(tables["budget"])
    if "classes" in tables:
        drawn["recall"] = charts.recall(tables["classes"], runs, classes)
    if "confusions" in tables:
        drawn["confusions"] = matrices.confusions(tables["confusions"], networks, classes)
    if "knockout" in tables:
        drawn["knockout"] = matrices.knockout(tables["knockout"], networks, classes)
    if "pair_repair" in tables:
        drawn["pair_repair"] = charts.pair_repair(tables["pair_repair"], networks)
    if "consistency" in tables:
        drawn["agreement"] = matrices.agreement(tables["consistency"], runs)
    if "missed_by" in tables:
        drawn["missed_by"] = charts.missed_by(tables["missed_by"])
    if "pixel_edits" in tables:
        drawn["pixel_edits"] = charts.pixel_edits(tables["pixel_edits"], networks)
    for one in galleries:
        if one.group != "network":  # the page alone shows those: they say nothing that a diff of pictures would
            drawn[f"gallery_{one.name}"] = gallery.draw(one, images, analysis)
    return drawn
