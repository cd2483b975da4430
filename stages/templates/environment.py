"""The one Jinja environment, with the filters that all templates share."""

from pathlib import Path
from typing import Any

import jinja2

from stages.templates import text

FOLDER = Path(__file__).parent


def render(template: str, **values: Any) -> str:
    """The text of a template of this folder. Equal values give equal text; in .html, they cannot break out of it."""
    return _environment().get_template(template).render(values)


def source(template: str) -> str:
    """The template as it is written."""
    return (FOLDER / template).read_text(encoding="utf-8")


def style(name: str) -> str:
    """A style sheet, after what all have in common."""
    return source("shared.css") + source(name)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": text.number,
        "interval": text.interval,
        "percent": text.percent,
        "markdown": text.markdown,
        "clauses": text.clauses,
        "signed": text.signed,
    }
    return environment
