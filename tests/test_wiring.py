"""dvc.yaml declares exactly the code and the parameters that each stage uses."""

import ast
from pathlib import Path

import pytest
import yaml

DVC = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))
STAGES = {name: stage for name, stage in DVC["stages"].items()}


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
    """What dvc.yaml must list: packages as folders, single modules as files; stages/__init__.py holds no code."""
    files = reached(Path("stages", package(stage), "__main__.py"))
    folders = {str(Path(*path.parts[:2])) for path in files if len(path.parts) > 2}
    return folders | {str(path) for path in files if len(path.parts) == 2} - {"stages/__init__.py"}


def parameters_read(stage):
    """Arguments of every params.load(...) in the stage's package; '*' for params.read()."""
    names = set()
    for path in Path("stages", package(stage)).rglob("*.py"):
        imported = {name.removeprefix("stages.params.") for name in imports(path) if name.startswith("stages.params.")}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            function = ast.unparse(node.func) if isinstance(node, ast.Call) else None
            if function == "params.load" or (function == "load" and "load" in imported):
                names |= {argument.value for argument in node.args}
            elif function == "params.read" or (function == "read" and "read" in imported):
                names.add("*")
    return names


def parameters_declared(stage):
    whole_file = {"params.yaml": None}
    return {"*" if parameter == whole_file else parameter for parameter in stage.get("params", [])}


@pytest.mark.parametrize("name", STAGES)
def test_declared_code_is_used_code(name):
    declared = {dependency for dependency in STAGES[name]["deps"] if dependency.startswith("stages")}
    assert declared == used_code(STAGES[name])


@pytest.mark.parametrize("name", STAGES)
def test_declared_parameters_are_read_parameters(name):
    assert parameters_declared(STAGES[name]) == parameters_read(STAGES[name])


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_says_what_it_does(name):
    assert STAGES[name]["desc"].endswith(".")
    assert module_path(f"stages.{package(STAGES[name])}.__main__")


def test_stages_alone_holds_no_code():
    statements = ast.parse(Path("stages/__init__.py").read_text(encoding="utf-8")).body
    assert [type(statement) for statement in statements] == [ast.Expr]


@pytest.mark.parametrize("name", STAGES)
def test_every_data_dependency_is_made_by_a_stage(name):
    made = [out for stage in STAGES.values() for out in stage["outs"] if isinstance(out, str)]
    for dependency in STAGES[name]["deps"]:
        if dependency.startswith("data/"):
            assert any(
                dependency == out or f"{out}/".startswith(f"{dependency}/") or dependency.startswith(f"{out}/")
                for out in made
            )


def test_an_option_on_a_plain_output_costs_the_run_cache_of_no_other_stage():
    costly = [name for name, stage in STAGES.items() if not all(isinstance(out, str) for out in stage["outs"])]
    assert costly == ["error_analysis"]


def test_metrics_and_plots_are_in_git():
    for stage in STAGES.values():
        for kind in ("metrics", "plots"):
            for entry in stage.get(kind, []):
                assert next(iter(entry.values()))["cache"] is False


def test_the_reader_of_imports_sees_nested_and_plain_ones(tmp_path):
    source = tmp_path / "m.py"
    source.write_text("import stages.params\ndef f():\n    from stages.train import training\n")
    assert {"stages.params", "stages.train", "stages.train.training"} == set(imports(source))
