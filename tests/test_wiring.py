"""dvc.yaml declares exactly the code, the parameters and the data that each stage uses."""

import ast
import re
from pathlib import Path

import pytest
import yaml

STAGES = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
NO_CODE = {"stages/__init__.py", "stages/images/__init__.py", "stages/statistics/__init__.py"}
WORDS_ONLY = {*NO_CODE, "stages/errors.py"}
"""No output depends on them: the last one says how a stage fails."""
UNSEEN = ".weights.h5"
"""HDF5 opens its files without Python, so that they are missing among those that were seen."""


def package(stage):
    """The Python package of a stage, from its command: python -m stages.<package> ..."""
    return stage["cmd"].split()[2].removeprefix("stages.")


def module_path(name):
    """Path of a module of this repository, None for anything else."""
    base = Path(*name.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def imports(path):
    """Names of the modules of this repository that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides from this test"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(path, seen=None):
    """Every file of this repository that importing `path` executes, itself and package files included."""
    seen = {path} if seen is None else seen
    for name in imports(path):
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            found = module_path(".".join(parts[:length]))
            if found and found not in seen:
                seen.add(found)
                reached(found, seen)
    return seen


def used_code(stage):
    """Every file that the stage executes and that can change an output."""
    files = reached(Path("stages", package(stage), "__main__.py"))
    return {path for path in files if path.as_posix() not in WORDS_ONLY}


def parameters_read(path):
    """Chains of attributes, such as 'data.folder', that a file takes from params.read() or from arguments `Params`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_read(node.value)
        for target in node.targets
    }
    names |= {
        argument.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for argument in node.args.args
        if argument.annotation and ast.unparse(argument.annotation).removeprefix("params.") == "Params"
    }
    chains = {chain for node in ast.walk(tree) if (chain := _chain(node, names))}
    return {chain for chain in chains if not any(other.startswith(f"{chain}.") for other in chains)}


def _is_read(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "params.read"


def _chain(node, names):
    """'data.folder' of `given.data.folder`, where `given` is one of the names or a call of params.read."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    root = (isinstance(node, ast.Name) and node.id in names) or _is_read(node)
    return ".".join(parts) if root and parts else None


def declared_parameters(stage):
    whole_file = {"params.yaml": None}
    return {"*" if parameter == whole_file else parameter for parameter in stage.get("params", [])}


def outputs(stage):
    for kind in ("outs", "metrics", "plots"):
        for entry in stage.get(kind, []):
            yield entry if isinstance(entry, str) else next(iter(entry))


def covers(declared, path):
    """Whether a declared path, perhaps one of a matrix, is this one or a folder around it."""
    pattern = re.sub(r"\$\{item\.\w+\}", "*", declared)
    return any(part.match(pattern) for part in (path, *path.parents))


def opened(log):
    """'r' or 'w', and the path, of each file that a stage opened; a temporary file counts as the one it becomes."""
    for line in log.read_text().splitlines():
        mode, path = line.split(" ", 1)
        yield mode, Path(re.sub(r"\.tmp-[^.]+\.(?=[^/]+$)", "", path))


@pytest.mark.parametrize("name", STAGES)
def test_declared_code_is_used_code(name):
    declared = {dependency for dependency in STAGES[name]["deps"] if dependency.startswith("stages")}
    used = used_code(STAGES[name])
    assert not {path for path in used if not any(covers(known, path) for known in declared)}
    assert not {known for known in declared if not any(covers(known, path) for path in used)}


@pytest.mark.parametrize("name", STAGES)
def test_declared_parameters_are_read_parameters(name):
    declared = declared_parameters(STAGES[name])
    read = set().union(*map(parameters_read, Path("stages", package(STAGES[name])).rglob("*.py")))
    if "*" in declared:
        assert read
    else:
        sections = {chain.split(".")[0] if chain.split(".")[0] in declared else chain for chain in read}
        assert sections == declared


@pytest.mark.parametrize("name", STAGES)
def test_opened_data_are_declared_data(name, pipeline):
    stage = STAGES[name]
    logs = sorted(pipeline.opened.glob(f"{package(stage)}*.txt"))
    assert logs, "the stage did not run"
    seen = {entry for log in logs for entry in opened(log)}
    made = list(outputs(stage))
    inputs = [dependency for dependency in stage["deps"] if not dependency.startswith("stages")]
    reads, writes = ({path for kind, path in seen if kind == mode} for mode in "rw")
    assert not {path for path in reads if not any(covers(known, path) for known in [*inputs, *made])}, "not in dvc.yaml"
    assert not {path for path in writes if not any(covers(known, path) for known in made)}, "not in dvc.yaml"
    unread = {known for known in inputs if not any(covers(known, path) for path in reads)}
    assert not {known for known in unread if not known.endswith(UNSEEN)}, "in dvc.yaml, but not read"


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_says_what_it_does(name):
    assert STAGES[name]["desc"].endswith(".")
    assert module_path(f"stages.{package(STAGES[name])}.__main__")


@pytest.mark.parametrize("name", sorted(NO_CODE))
def test_what_no_stage_declares_holds_no_code(name):
    statements = ast.parse(Path(name).read_text(encoding="utf-8")).body
    assert [type(statement) for statement in statements] == [ast.Expr]


def test_every_stage_keeps_its_run_cache_and_metrics_and_plots_are_in_git():
    for stage in STAGES.values():
        assert all(isinstance(out, str) for out in stage.get("outs", [])), "an option here costs the run-cache"
        for kind in ("metrics", "plots"):
            assert all(next(iter(entry.values()))["cache"] is False for entry in stage.get(kind, []))


def test_the_reader_of_imports_sees_nested_and_plain_ones(tmp_path):
    source = tmp_path / "m.py"
    source.write_text("import stages.params\ndef f():\n    from stages.train import training\n")
    assert {"stages.params", "stages.train", "stages.train.training"} == set(imports(source))


def test_the_reader_of_parameters_sees_every_way_to_take_one(tmp_path):
    source = tmp_path / "m.py"
    source.write_text(
        "given = params.read()\ndef f(given: Params, other: params.Params):\n"
        "    return given.data.folder, params.read().split.seed, other.seeds, unrelated.epochs\n"
    )
    assert parameters_read(source) == {"data.folder", "split.seed", "seeds"}
