"""How results look as text: the page, the results in Markdown, the summary of a pull request."""
