"""How often do the intervals of the page hold the truth? Worlds in which it is known, drawn anew again and again.

python -m benchmarks.coverage. Writes results/coverage.md; with names of findings, prints the table of these alone.
Over images, the runs are fixed and each draw is of images of a population: the truth is the number in the whole
population. Over seeds, the images are fixed and each draw is of new runs: the truth is the number that many runs give.
The truth of error masses is known by arithmetic.
"""

import argparse
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import stats

from benchmarks import changed, planted, recovery, report
from stages.claims import c2, c4, c7
from stages.findings.registry import FINDINGS, Analysis
from stages.streams import stream

DRAWS, IMAGES, RESAMPLES, SEEDS = 200, 400, 200, 3
DRAWN = IMAGES, RESAMPLES
SIMULTANEOUS = "low_simultaneous"
EFFECT = {"low_images": "value", "low_seeds": "value", "low_welch": "value"}
EFFECT |= {"last_epoch_low_images": "last_epoch", "last_epoch_low_seeds": "last_epoch"}
INTERVALS = {
    "effects": EFFECT,
    "shapley": EFFECT | {"share_low": "share_of_total"},
    "equivalence": {"low_tost": "value"},
    "variance_shares": {"variance_low": "variance", "low": "share", "low_seeds": "share"},
    "sobol_indices": {"low": "value", "low_seeds": "value"},
    "errors_by_votes": {"low": "error_rate"},
    "explained": {"low": "r2"},
    "error_mass": {"low_images": "share", "low_seeds": "share"},
    "sensitive_images": {"low_images": "excess", "low_seeds": "excess"},
    "contradicted_labels": {"low": "share"},
    "suspect_labels": {"low": "share"},
    "scores": {"low": "value"},
    "classes": {"low": "value", SIMULTANEOUS: "value"},
    "confusions": {"low": "share"},
    "confused_pairs": {"low": "share"},
    "knockout": {"low": "repair"},
    "knockout_any": {"low": "repair"},
    "pair_repair": {"low": "repair", "rank_low": "rank", "count_rank_low": "count_rank"},
    "consistency": {"low": "kappa"},
    "mcnemar": {"low": "difference"},
    "missed_by": {"low": "share"},
    "missed_only_by": {"low": "share"},
    "pixel_edits": {"low": "difference"},
    "learned_images": {"low_images": "value", "low_seeds": "value"},
    "near_duplicates": {"low": "accuracy"},
    "training_dynamics": {"low": "share"},
    "early_stopping": {"low_images": "value", "low_seeds": "value"},
    "class_leaning": {"low_images": "value", "low_seeds": "value"},
}
CHANGED = {
    "remedies": {"low_images": "value", "low_seeds": "value"}
    | {f"{name}_{low}": f"{name}_excess" for name in ("repaired", "broken") for low in ("low_images", "low_seeds")},
    "remedies_by_class": {"low_images": "excess", "low_seeds": "excess"},
    "remedies_by_chance": {"low_images": "excess"},
    "absent_class": {"low_images": "excess", "low_seeds": "excess"},
    "dose_response": {"low_images": "accuracy", "low_seeds": "accuracy"},
    "data_scaling": {"saved_low_seeds": "saved", "error_with_more_low_seeds": "error_with_more"},
    "best_rates": {"low_images": "value", "low_seeds": "value"},
    "equal_loss": {"low_images": "value", "low_seeds": "value"},
}
"""Those of benchmarks.changed."""
INTERVALS |= CHANGED
"""By finding, the lower end of each interval, and the column of the number that it is of."""
APART = {
    "variance_shares": "component",
    "sobol_indices": "index",
    "explained": "predictor",
    "error_mass": "chance",
    "scores": "score",
    "classes": "score",
    "pixel_edits": "direction",
    "learned_images": "grouping",
    "absent_class": "how",
    "claim_numbers": "quantity",
}
"""Findings whose rows are counted apart, by a column."""
VARYING = {"remedies": ("effect",), "early_stopping": ("epochs",)}
"""Words of a row that are found, not what it is of."""
NUMBERED = ("seed", "seed_a", "seed_b", "dissenting_votes", "wrong_runs", "training_loss", "id")
CROSS_FITTED = ("early_stopping", "class_leaning")
AVERAGED = {"sensitive_images": "excess"} | dict.fromkeys(CROSS_FITTED, "value")
"""What depends on how many seeds there are, if CROSS_FITTED on how many images too: its truth is a mean over draws."""
CLAIMS = (c2.CLAIM, c4.CLAIM, c7.CLAIM)
"""Those that have intervals of their own; C1, C3, C5 and C6 are in tests/claims/test_borders.py."""
OWN = (" - that of ", "share by", "standard deviation")
"""Words in the names of their numbers that are in no finding."""
WORLDS = {planted: (*[name for name in INTERVALS if name not in CHANGED], "claim_numbers"), changed: (*CHANGED,)}


class Coverage(NamedTuple):
    """Of one interval over so many draws: what it states, the share that held the truth, and that of its worst row."""

    finding: str
    interval: str
    rows: str
    stated: float
    held: float
    worst: float
    draws: int

    @property
    def short(self):
        """Whether fewer held than chance lets an interval that keeps its word: 99.9% bound of the binomial."""
        return self.held * self.draws < stats.binom.ppf(0.001, self.draws, self.stated)


def over_seeds(column):
    return any(word in column for word in ("seeds", "welch", "tost"))


def unlisted():
    """Intervals that findings have and INTERVALS does not name, or the reverse: (finding, column of the lower end)."""
    known = {(name, low) for name, ends in INTERVALS.items() for low in ends}
    return {(one.name, column) for one in FINDINGS for column in one.columns if "low" in column.split("_")} ^ known


def measured(only=(), draws=DRAWS):
    """The coverage of every interval, over images and then over seeds; and what is planted, beside what is found.

    only: the findings to count, if not all; nothing planted is looked for then. Worlds are counted side by side.
    """
    counts = [partial(each, place, only, draws) for each in (over_images, over_runs) for place in range(len(WORLDS))]
    with ProcessPoolExecutor(len(counts)) as processes:
        results = [each.result() for each in [processes.submit(count) for count in counts]]
    return [one for found, _ in results for one in found], [part for _, parts in results for part in parts]


def over_images(place, only, draws):
    """Of the world at this place of WORLDS."""
    world, names = counted(place, only)
    found, rng = Counted(), stream("coverage", "images", *world.KEYS)
    (apart,) = rng.spawn(1)
    over = [name for name in names if name == "claim_numbers" or not all(map(over_seeds, INTERVALS[name]))]
    whole, known = world.population(rng, SEEDS)
    exact = [name for name in (*names, "what_remains") if name not in CROSS_FITTED]
    truth = numbers(whole, exact) | known
    recovered = [(part.words, part.planted, part.found(truth)) for part in ([] if only else recovery.parts(world))]
    truth |= averages([name for name in over if name in CROSS_FITTED], draws, world.drawn, apart, whole, IMAGES, 2)
    for _ in range(draws if over else 0):
        found.count(numbers(world.drawn(rng, whole, *DRAWN), over), truth, seeds=False)
    return found.coverage(), recovered


def over_runs(place, only, draws):
    world, names = counted(place, only)
    found, rng = Counted(), stream("coverage", "seeds", *world.KEYS)
    over = [name for name in names if name == "claim_numbers" or any(map(over_seeds, INTERVALS[name]))]
    averaged = [name for name in over if name in AVERAGED]
    images = world.fixed_images(rng, IMAGES)
    many = world.trained(rng, images, world.MANY_SEEDS, 2)
    truth = numbers(many, [name for name in over if name not in (*averaged, "error_mass")])
    truth |= {"error_mass": planted.masses(1 - many.right.mean(axis=1))} if "error_mass" in over else {}
    truth |= averages(averaged, draws, world.trained, rng, images, SEEDS, 2)
    for _ in range(draws if over else 0):
        found.count(numbers(world.trained(rng, images, SEEDS, 2), over), truth, seeds=True)
    return found.coverage(), []


def counted(place, only):
    """A world, and those of its findings that are counted. A place names it, as no module goes to another process."""
    world = [*WORLDS][place]
    return world, [name for name in WORLDS[world] if not only or name in only]


def averages(names, draws, draw, *given):
    """Of AVERAGED, the means over so many other draws."""
    tables = [numbers(draw(*given), names) for _ in range(draws if names else 0)]
    return {name: _means([each[name] for each in tables], AVERAGED[name]) for name in names}


def numbers(sample, names):
    """By finding, the rows of its table by what they are of."""
    analysis = Analysis(sample)
    tables = {name: table.rows for name in names if name != "claim_numbers" and (table := analysis.table(name))}
    if "claim_numbers" in names:
        tables["claim_numbers"] = [
            {"claim": claim.name} | asdict(number)
            for claim in CLAIMS
            for number in claim.judge(analysis).evidence
            if any(words in number.quantity for words in OWN)
        ]
    return {name: {_key(name, row): row for row in rows} for name, rows in tables.items()}


def _key(name, row):
    """What a row is of: its words, and the numbers of its runs."""
    left_out = ("kind", "verdict", *VARYING.get(name, ()))
    words = [value for column, value in row.items() if isinstance(value, str) and column not in left_out]
    return (*words, *(row[column] for column in NUMBERED if column in row))


def _means(tables, column):
    return {key: {column: np.mean([table[key][column] for table in tables])} for key in tables[0]}


class Counted:
    """By finding, interval and group of rows: by row, whether each draw's interval held the truth."""

    def __init__(self):
        self.held = defaultdict(lambda: defaultdict(list))

    def count(self, tables, truth, seeds):
        """One draw: the intervals over seeds, or those over images, of these tables."""
        for name, rows in tables.items():
            together = defaultdict(list)
            for key, row in rows.items():
                for low, value in INTERVALS.get(name, {"low": "value"}).items():
                    if row[low] is None or (over_seeds(low) or over_seeds(row.get("quantity", ""))) != seeds:
                        continue
                    held = row[low] <= truth[name][key][value] <= row[low.replace("low", "high")]
                    place = name, low, row.get(APART.get(name), "")
                    if low == SIMULTANEOUS:
                        together[place].append(held)
                    else:
                        self.held[place][key].append(held)
            for place, each in together.items():
                self.held[place]["together"].append(all(each))

    def coverage(self):
        table = []
        for (name, low, rows), by_row in self.held.items():
            draws = max(map(len, by_row.values()))
            often = [np.mean(held) for held in by_row.values() if len(held) > draws / 2]
            held = np.mean(np.concatenate(list(by_row.values())))
            stated = 0.9 if low == "low_tost" else 0.95
            table.append(Coverage(name, low, rows, stated, float(held), float(min(often)), draws))
        return table


ABOUT = f"""# How often the intervals of the page hold the truth

`python -m benchmarks.coverage`, {DRAWS} draws of {IMAGES} images and {SEEDS} seeds, {RESAMPLES} resamples, of the
worlds in benchmarks/planted.py and benchmarks/changed.py. 'holds': share of draws and rows in which the interval holds
the truth; 'worst row': the row in which it does so least. 'enough': not fewer than chance lets an interval that keeps
its word (99.9% bound of the binomial of {DRAWS} draws).

"""
HEADER = ("finding", "interval", "rows", "over", "states", "holds", "worst row", "enough")
RECOVERED = f"""
## What is planted, and what is found

Planted: by arithmetic, from the chances in these files. Found: in one draw of {planted.POPULATION:,} images.

"""


def table(found):
    rows = []
    for one in found:
        over = "seeds" if over_seeds(one.interval + one.rows) else "images"
        enough = "no" if one.short else "yes"
        numbers = (f"{number:.3f}" for number in (one.stated, one.held, one.worst))
        rows.append((one.finding, one.interval.replace("low", "low to high"), one.rows, over, *numbers, enough))
    return report.markdown_table(HEADER, rows)


def recovery_table(recovered):
    rows = [(words, *(f"{number + 0.0:.3f}" for number in numbers)) for words, *numbers in recovered]
    return report.markdown_table(("part", "planted", "found"), rows)


def text(found, recovered):
    return ABOUT + table(found) + RECOVERED + recovery_table(recovered)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("finding", nargs="*", choices=[[], *INTERVALS, "claim_numbers"])
    only = parser.parse_args().finding
    found, recovered = measured(only)
    if only:
        print(table(found))
    else:
        report.write("coverage.md", text(found, recovered))


if __name__ == "__main__":
    main()
