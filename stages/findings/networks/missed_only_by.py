"""How many images does one network alone miss? (docs/analysis.md, section 2)"""

import numpy as np

from stages.findings.finding import NETWORK, associated
from stages.findings.networks.missed_by import COUNTED
from stages.statistics.intervals import wilson
from stages.statistics.sample import Sample
from stages.statistics.table import Column, Row


def rows(sample: Sample) -> list[Row]:
    right = sample.by_run(sample.right)
    errors = 1 - right.mean(axis=1)
    table = []
    for network in sample.networks:
        its = np.array([run.network == network for run in sample.runs])
        count = int((~right[its].any(axis=0) & right[~its].all(axis=0)).sum())
        expected = float(np.prod(np.where(its, errors, 1 - errors)))
        share = wilson(count, len(sample.labels), sample.confidence, "share")
        table.append({"network": network, "count": count, **share, "expected_share": expected})
    return table


def several_networks(sample: Sample) -> str:
    """With one network, that every other run is right would hold of any image."""
    return "" if len(sample.networks) > 1 else f"{sample.networks[0]} is the only network"


FINDING = associated(
    globals(),
    caption="Images that every run of this network gets wrong and every other run gets right, beside what independent "
    "errors would give; with Wilson intervals.",
    columns={
        "network": NETWORK,
        "count": Column(int, "images that all its runs get wrong and all others right"),
        **COUNTED,
    },
    needs=several_networks,
)
