"""Where the results go, and what machine they are from."""

import platform
from pathlib import Path

from scripts.runs import cores
from stages.templates.text import markdown

RESULTS = Path(__file__).parent / "results"


def machine():
    """One line: processor, cores usable, system. No name of the machine."""
    model, flags = platform.processor() or platform.machine(), set()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            if key.strip() == "flags":
                flags = set(value.split())
    widest = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "no AVX")
    return f"{model} ({widest}), {cores()} cores, {platform.system()}"


def markdown_table(header, rows):
    return markdown([[str(cell) for cell in row] for row in rows], header) + "\n"


def write(name, text):
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(text, encoding="utf-8")
    print(text)
