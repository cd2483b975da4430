"""Links between the documents lead to a file and to a heading that are there."""

import re
from pathlib import Path

import pytest

DOCUMENTS = [Path(name) for name in ("README.md", "CHANGELOG.md", "benchmarks/README.md")] + sorted(
    Path("docs").glob("*.md")
)


def headings(document):
    """As GitHub names them in a link."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document):
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    for path, _, heading in (link.partition("#") for link in links if not link.startswith("http")):
        target = document.parent / path if path else document
        assert target.exists(), path
        assert not heading or heading in headings(target), f"{path}#{heading}"
