"""The predictions of every run of the grid -> why images are misclassified: tables, pictures, verdicts and a page.

python -m stages.error_analysis
"""

from dataclasses import replace

from stages import artifacts, params
from stages.error_analysis import edits, figures, gallery, grid, inputs, occlusion, outputs, page
from stages.error_analysis.analysis import analyse
from stages.error_analysis.grid import Run
from stages.error_analysis.summary import by_network, summary
from stages.errors import reported
from stages.nicknet import runtime

TILES, CASES = 12, 12
"""Images a gallery, and errors that are explained one by one."""
CURVE_COLUMNS = ("network", "seed", "epoch", "images", "accuracy", "loss", "precision")


def main() -> None:
    given = params.load("data.human_votes", "networks", "seeds", "error_analysis")
    wanted = given.error_analysis
    runs = [Run(network, seed) for network in given.networks for seed in given.seeds]
    settings, parts, histories = inputs.read_settings(given.networks), inputs.read_parts(runs), inputs.read_curves(runs)
    held_out = parts["held-out"]
    votes = inputs.read_votes(given.data.human_votes, held_out.ids)
    analysis = analyse(parts, grid.make(settings, tuple(given.seeds)), votes, histories, wanted)
    analysis = replace(analysis, files=inputs.read_files(held_out.ids))

    images = artifacts.read_images("train")[held_out.ids]
    first = [run for run in runs if run.seed == given.seeds[0] and run not in held_out.collapsed]
    networks = inputs.load_networks(first, settings, images.shape[1:], len(held_out.class_names))
    edited = edits.pixel_edits(
        networks,
        images,
        analysis,
        at_most=wanted.intervention_images,
        seed=wanted.seed,
        confidence=wanted.confidence,
    )
    cases = occlusion.explain(networks, images, analysis, how_many=CASES, seed=wanted.seed)
    galleries = gallery.choose(analysis, each=TILES, seed=wanted.seed)
    analysis = analysis.adding(edited, occlusion.table(cases, analysis), gallery.table(galleries, analysis))

    curves = [{"network": run.network, "seed": run.seed} | row for run, rows in histories.items() for row in rows]
    artifacts.write_csv(artifacts.PLOTS / "curves.csv", curves, CURVE_COLUMNS)
    artifacts.write_json(artifacts.SUMMARY, by_network(analysis.tables["scores"]))
    artifacts.write_json(artifacts.METRICS / "errors.json", summary(analysis.tables))
    written = outputs.write_tables(analysis.tables.values())
    pictures = outputs.write_figures(figures.draw_all(analysis, images, galleries, curves))
    text = page.render(analysis, images, galleries, cases, pictures, settings)
    artifacts.write_text(outputs.FOLDER / "report.html", text)
    outputs.remove_others({*written, *(f"{name}.png" for name in pictures), "report.html"})


if __name__ == "__main__":
    with reported("error_analysis"):
        runtime.prepare()
        main()
