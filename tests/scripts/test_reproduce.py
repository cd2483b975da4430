from scripts import reproduce


def test_contents_are_the_lock_file_and_what_lies_in_git(tmp_path):
    for name in ("dvc.lock", "metrics/a.json", "plots/x/b.csv", "data/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert reproduce.contents(tmp_path) == {
        name: name.encode() for name in ("dvc.lock", "metrics/a.json", "plots/x/b.csv")
    }


def test_a_changed_a_missing_and_a_further_file_differ():
    first = {"a": b"1", "b": b"2", "c": b"3"}
    assert reproduce.differing(first, dict(first)) == []
    assert reproduce.differing(first, {"a": b"1", "b": b"x", "d": b"4"}) == ["b", "c", "d"]
