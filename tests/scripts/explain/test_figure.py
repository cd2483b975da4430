"""The picture: its words fit, whatever the names and the number of classes."""

import numpy as np
import pytest

from scripts.explain import answers, figure
from scripts.explain.neighbours import Neighbour
from scripts.explain.subject import Subject
from stages.errors import InputError
from stages.run import Run


def drawn(classes, near=(), name="a.png", class_name="class {}", runs=1):
    weights = np.random.default_rng(0).normal(size=(16 * 24 * 3, classes)) / 500
    image = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)

    def predict(images):
        return np.asarray(images, "float64").reshape(len(images), -1) @ weights

    said = answers.explain(predict, image, 0, near)
    names = [class_name.format(number) for number in range(classes)]
    runs = [Run("n" * 32, seed) for seed in range(runs)]
    return figure.draw(Subject(name, "a picture file", image, 0, None), dict.fromkeys(runs, said), image[None], names)


def words(drawing):
    """Every text with its extent in pixels."""
    drawing.draw_without_rendering()
    texts = [text for text in drawing.findobj(lambda each: hasattr(each, "get_text")) if text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_visible()]


@pytest.mark.parametrize(("classes", "near"), [(2, None), (10, (Neighbour(0, 1, 0.5),) * 6), (100, ())])
def test_no_words_leave_the_picture_or_lie_on_others(classes, near):
    drawing = drawn(classes, near, name="n" * 200, class_name="a class with a very long name, number {}")
    found = words(drawing)
    width, height = drawing.get_size_inches() * drawing.dpi
    assert [text for text, box in found if box.x0 < 0 or box.x1 > width or box.y0 < 0 or box.y1 > height] == []
    crossing = [
        (a, b)
        for place, (a, one) in enumerate(found)
        for b, other in found[place + 1 :]
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 3
    ]
    assert crossing == []


def test_bars_are_the_most_probable_classes_and_the_rest():
    texts = [text for text, _ in words(drawn(100))]
    assert "80 others" in texts
    assert sum(text.startswith("class ") for text in texts) >= 20


def test_more_runs_than_a_picture_holds_are_refused():
    with pytest.raises(InputError, match=r"101 runs are more than one picture holds \(100\); choose some"):
        drawn(2, runs=101)


@pytest.mark.filterwarnings("error")
def test_characters_that_no_font_has_are_numbers():
    texts = [text for text, _ in words(drawn(2, name="\U000f0000.png", class_name="\U000f0001{}"))]
    assert "<f0000>.png" in texts
    assert {"#0", "#1"} <= set(texts)
