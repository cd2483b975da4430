from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stages import params
from stages import settings as effective
from stages.configure.__main__ import main as configure
from stages.errors import InputError
from stages.settings import NetworkSettings

PUBLISHED = Path("params.yaml").read_text(encoding="utf-8")
THIRD, PRETRAINED = "optimizer: sgd\n    kernel_size: 10", "model: a.keras\n    scaling: unit"


def edited(folder, *replacements):
    """A copy of the published params.yaml with pieces of its text replaced."""
    text = PUBLISHED
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path):
    with pytest.raises(InputError) as caught:
        params.read(path)
    return str(caught.value)


def test_networks_inherit_what_they_do_not_set():
    parameters = params.read(Path("params.yaml"))
    nicknet1, nicknet2, nicknet3 = (parameters.network(name) for name in ("nicknet1", "nicknet2", "nicknet3"))
    assert (nicknet1.optimizer, nicknet1.learning_rate, nicknet1.kernel_size) == ("adam", 0.001, 15)
    assert (nicknet2.optimizer, nicknet2.learning_rate, nicknet2.kernel_size) == ("sgd", 0.01, 15)
    assert (nicknet3.optimizer, nicknet3.learning_rate, nicknet3.kernel_size) == ("sgd", 0.01, 10)
    assert {n.epochs for n in (nicknet1, nicknet2, nicknet3)} == {30}


def test_null_inherits_and_any_setting_can_differ(tmp_path):
    path = edited(tmp_path, ("    kernel_size: 10", "    kernel_size: null\n    epochs: 3\n    learning_rate: 0.5"))
    nicknet3 = params.read(path).network("nicknet3")
    assert (nicknet3.kernel_size, nicknet3.epochs, nicknet3.learning_rate) == (15, 3, 0.5)


def test_what_all_inherit_can_be_set_back_by_one_network(tmp_path):
    path = edited(tmp_path, ("epochs: 30", "epochs: 30\naugment: flip_shift"), ("kernel_size: 10", "augment: none"))
    parameters = params.read(path)
    assert [parameters.network(f"nicknet{number}").augment for number in (1, 3)] == ["flip_shift", "none"]


def test_a_setting_at_its_default_leaves_the_written_settings_as_they_were(tmp_path, monkeypatch):
    monkeypatch.chdir(edited(tmp_path).parent)
    configure()
    before = effective.path("nicknet3").read_bytes()
    edited(tmp_path, ("kernel_size: 10", "kernel_size: 10\n    dropout: 0\n    schedule: constant"))
    configure()
    assert effective.path("nicknet3").read_bytes() == before
    edited(tmp_path, ("kernel_size: 10", "kernel_size: 10\n    dropout: 0.5"))
    configure()
    assert effective.read("nicknet3").dropout == 0.5


def test_changing_the_inherited_optimizer_makes_nicknet1_equal_to_nicknet2(tmp_path):
    parameters = params.read(edited(tmp_path, ("optimizer: adam", "optimizer: sgd")))
    assert parameters.network("nicknet1") == parameters.network("nicknet2")


def test_a_learning_rate_in_scientific_notation_is_a_number(tmp_path):
    path = edited(tmp_path, ("learning_rate: null", "learning_rate: 1e-05"))
    assert params.read(path).network("nicknet2").learning_rate == 1e-5


def test_every_problem_is_reported_at_once(tmp_path):
    message = problems(
        edited(
            tmp_path,
            ("epochs: 30", "epochs: 0\nepoch: 3"),
            ("optimizer: adam ", "optimizer: adm "),
            ("kernel_size: 10", "kernel_sise: 10"),
            ("seeds: [0]", "seeds: [0, 0]"),
        )
    )
    assert "5 problem(s)" in message
    assert "optimizer: 'adm': must be 'adam' or 'sgd'" in message
    assert "epochs: 0: must be greater than or equal to 1" in message
    assert "epoch: no such parameter (value 3); allowed here: optimizer, learning_rate, kernel_size" in message
    assert "networks.nicknet3.kernel_sise: no such parameter (value 10)" in message
    assert "seeds: [0, 0]: seeds must differ" in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  seed: 0\n\n# What", "\n# What", "split.seed: missing; add it"),
        ("held_out_share: 0.2", "held_out_share: 1.0", "split.held_out_share: 1.0: must be less than 1"),
        ("batch_size: 128", "batch_size: '128'", "batch_size: '128': must be a valid integer"),
        ("kernel_size: 15", "kernel_size: 15.5", "kernel_size: 15.5: must be a valid integer"),
        ("pool_after: [1, 2, 5]", "pool_after: [2, 9]", "pool_after must be ascending numbers from 1 to 5"),
        ("nicknet2:", "Nick-net2:", "networks.Nick-net2: 'Nick-net2': a name is a lower-case letter"),
        ("nicknet2:", "errors:", "networks.errors: 'errors': metrics/errors.json has the metrics of all networks"),
        ("kernel_size: 10", "filters: [8]", "networks.nicknet3: pool_after must be ascending numbers from 1 to 1"),
        ("dataset: cifar10", "dataset: mnist", "dataset: 'mnist': must be 'cifar10', 'digits' or 'folder'"),
        ("dataset: cifar10", "dataset: folder", "data.folder: dataset is 'folder', so this must name the folder"),
        ("image_side: 32", "image_size: 32", "data.image_size: no such parameter (value 32); allowed here: folder"),
        ("image_side: 32", "image_side: 2", "data.image_side: 2: must be greater than or equal to 4"),
        ("unreadable: refuse", "unreadable: ask", "data.unreadable: 'ask': must be 'refuse' or 'skip'"),
        ("learning_rate: null", "learning_rate: .nan", "learning_rate: nan: must be"),
        ("epochs: 30", "epochs: 30\nmomentum: 0.9", "momentum is a setting of sgd, and the optimizer is adam"),
        ("dense_units: [512, 512]", "dense_units: []\ndropout: 0.5", "dropout acts on the hidden dense layers"),
        ("kernel_size: 10", "dropout: 1.0", "networks.nicknet3.dropout: 1.0: must be less than 1"),
        ("kernel_size: 10", "schedule: step", "networks.nicknet3.schedule: 'step': must be 'constant' or 'cosine'"),
        ("kernel_size: 10", "augment: flip", "networks.nicknet3.augment: 'flip': must be 'none' or 'flip_shift'"),
        (
            "kernel_size: 10",
            "labels: votes",
            "networks.nicknet3: labels: votes and drop: doubtful need data.human_votes",
        ),
        (
            "kernel_size: 10",
            "drop: doubtful:0.1",
            "networks.nicknet3: labels: votes and drop: doubtful need data.human",
        ),
        (
            "kernel_size: 10",
            "drop: random:1.5",
            "networks.nicknet3.drop: 'random:1.5': must be none, doubtful:SHARE or",
        ),
        (
            "kernel_size: 10",
            "drop: random:0.0",
            "networks.nicknet3.drop: 'random:0.0': must be none, doubtful:SHARE or",
        ),
        ("kernel_size: 10", "train_share: 0", "networks.nicknet3.train_share: 0: must be greater than 0"),
        ("copies: separate", "copies: apart", "split.copies: 'apart': must be 'separate' or 'together'"),
        (THIRD, "model: a.keras", "networks.nicknet3: model needs scaling, the pixels that it learned with: unit (0"),
        (THIRD, "scaling: unit", "scaling is a setting of a pretrained network; name its file as model"),
        (THIRD, f"{PRETRAINED}\n    epochs: 3\n    optimizer: sgd", "optimizer, epochs: settings of a training"),
        (
            THIRD,
            "model: a.h5\n    scaling: unit",
            "model: 'a.h5': expected a file that model.save wrote, named *.keras",
        ),
        (f"{THIRD}\nseeds: [0]", f"{PRETRAINED}\nseeds: [0, 1]", "model is one file, and there are 2 seeds"),
        (THIRD, "model: a.keras\n    scaling: half", "nicknet3.scaling: 'half': must be 'unit', 'byte' or 'signed'"),
    ],
)
def test_one_problem(tmp_path, old, new, expected):
    assert expected in problems(edited(tmp_path, (old, new)))


@pytest.mark.parametrize(
    ("side", "pool_after", "refused"),
    [(31, [1, 2, 3, 4, 5], True), (32, [1, 2, 3, 4, 5], False), (8, [1, 2, 3], False)],
)
def test_poolings_that_leave_nothing_of_an_image_are_refused(tmp_path, side, pool_after, refused):
    path = edited(
        tmp_path,
        ("folder: null", "folder: pictures"),
        ("image_side: 32", f"image_side: {side}"),
        ("kernel_size: 10", f"pool_after: {pool_after}"),
    )
    assert len(params.read(path).network("nicknet3").pool_after) == len(pool_after)  # of CIFAR-10: 32 pixels
    path.write_text(path.read_text().replace("dataset: cifar10", "dataset: folder"))
    if refused:
        assert problems(path).endswith(
            "networks.nicknet3: pool_after has 5 poolings, which leave nothing of 31x31 pixels; pool less often, or "
            "set data.image_side larger"
        )
    else:
        params.read(path)


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "3", "seeds: {a: b}", "networks: 3"])
def test_what_is_no_set_of_parameters_is_refused(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert str(path) in problems(path)


def test_a_missing_file_says_where_to_stand(tmp_path):
    assert "root folder" in problems(tmp_path / "params.yaml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["seeds", "networks", "filters", "split", "dataset", "optimizer", "extra"]), VALUES)
def test_any_value_is_accepted_or_refused_by_name(tmp_path_factory, key, value):
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(PUBLISHED) | {key: value}), encoding="utf-8")
    try:
        params.read(path)
    except InputError as error:
        assert key in str(error)


def leaves(content, path=()):
    """Paths of all values below the top, sections and networks themselves included."""
    for key, value in content.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


def changed(path, change):
    """The published parameters, with `change` made to the mapping that holds the last key of the path."""
    content = yaml.safe_load(PUBLISHED)
    place = content
    for key in path[:-1]:
        place = place[key]
    change(place, path[-1])
    return content


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(leaves(yaml.safe_load(PUBLISHED)))), VALUES)
def test_any_value_anywhere_gives_valid_settings_or_a_message_with_its_place(tmp_path_factory, path, value):
    file = tmp_path_factory.mktemp("params") / "params.yaml"
    file.write_text(yaml.safe_dump(changed(path, lambda place, key: place.update({key: value}))), encoding="utf-8")
    try:
        parameters = params.read(file)
    except InputError as error:
        assert path[0] in str(error)
    else:
        for name in parameters.networks:
            NetworkSettings.model_validate(parameters.network(name).model_dump())


@pytest.mark.parametrize("path", sorted(leaves(yaml.safe_load(PUBLISHED))))
def test_anything_left_out_is_named_unless_a_network_inherits_it(tmp_path, path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(changed(path, dict.pop)), encoding="utf-8")
    optional = path[0] == "networks" and len(path) > 1
    if optional or path == ("learning_rate",):
        params.read(tmp_path / "params.yaml")
    else:
        assert f"{'.'.join(path)}: missing; add it" in problems(tmp_path / "params.yaml")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="{}[]:,&*!#|>-?'\"\n \t019.eaé~%@`", max_size=60).map(str.encode))
def test_any_bytes_are_refused_with_the_files_name(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_bytes(content)
    assert str(path) in problems(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 5000, "is not YAML: maximum recursion depth"),
        ("a: &a [*a]", "optimizer: missing"),
        ("epochs: " + "9" * 5000, "is not YAML: Exceeds the limit"),
        ("epochs: !!python/object/apply:os.abort []", "could not determine a constructor"),
        ("epochs: 3\nseeds: [0]\nepochs: 4", "epochs is there twice"),
        ("networks: {nicknet1: {}, nicknet1: {}}", "nicknet1 is there twice"),
    ],
)
def test_hostile_text(tmp_path, text, expected):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert expected in problems(path)


@pytest.mark.parametrize("number", ["1:30", "010", "0x1F", "1_000", "2001-01-01", "2001-99-99", "yes"])
def test_what_yaml_once_took_for_a_number_is_none(tmp_path, number):
    path = edited(tmp_path, ("epochs: 30", f"epochs: {number}"))
    assert f"epochs: '{number}': must be a valid integer" in problems(path)


@pytest.mark.parametrize(("text", "value"), [("1e-3", 1e-3), ("+2.5E-1", 0.25), (".5", 0.5), ("1.", 1.0), ("2", 2.0)])
def test_numbers(tmp_path, text, value):
    path = edited(tmp_path, ("learning_rate: null", f"learning_rate: {text}"))
    assert params.read(path).network("nicknet2").learning_rate == value


def test_a_pretrained_network_inherits_nothing(tmp_path):
    seeds = "seeds: [0]", "  own: {model: 'a/{seed}.keras', scaling: byte}\nseeds: [0, 3]"
    parameters = params.read(edited(tmp_path, seeds))
    own = parameters.settings("own")
    assert (own.file(3), own.scaling, own.epochs) == ("a/3.keras", "byte", 0)
    assert own.stated() == {"model": "a/{seed}.keras", "scaling": "byte"}
    assert parameters.settings("nicknet1") == parameters.network("nicknet1")
