"""What `poner init` writes."""

import tomllib
from pathlib import Path

import pytest

from poner.errors import UsageError
from poner.storage import sweep
from poner.templates import PROJECT_FILES, create_project
from tests.support.killing import kill_before_each_step


def test_three_files_are_written(tmp_path):
    """A project is train.py, poner.toml and README.md, and nothing else."""
    written = create_project(tmp_path / "new" / "project")
    assert [path.name for path in written] == ["train.py", "poner.toml", "README.md"]
    assert sorted((tmp_path / "new" / "project").iterdir()) == sorted(written)


def test_the_settings_are_complete(tmp_path):
    """poner.toml shows a newcomer what there is; what follows the engine is commented out."""
    create_project(tmp_path / "tumours")
    text = (tmp_path / "tumours" / "poner.toml").read_text()
    assert tomllib.loads(text) == {
        "project": {"name": "tumours"},
        "model": {"path": "model"},
        "build": {"engine": "auto"},
        "function": {},
        "deploy": {"auth": "none"},
    }
    chosen = text.replace("# memory_mb", "memory_mb").replace("# timeout_s", "timeout_s")
    assert tomllib.loads(chosen)["function"]["memory_mb"] == 128
    assert tomllib.loads(chosen)["function"]["timeout_s"] == 3


def test_the_name_given_is_the_functions(tmp_path):
    """name= becomes the function's name and the README's title, and touches nothing else."""
    create_project(tmp_path / "a")
    create_project(tmp_path / "b", name="tumours_2")
    assert tomllib.loads((tmp_path / "b" / "poner.toml").read_text())["project"] == {
        "name": "tumours_2"
    }
    assert (tmp_path / "b" / "README.md").read_text().startswith("# tumours_2\n")
    assert (tmp_path / "a" / "train.py").read_text() == (tmp_path / "b" / "train.py").read_text()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("tumours", "tumours"),
        ("my model (v2)", "my-model-v2"),
        ("größe", "gr-e"),
        ("模型", "model"),
        ("x" * 70, "x" * 64),
    ],
)
def test_the_function_is_named_after_the_folder(tmp_path, monkeypatch, folder, name):
    """With hyphens for what Lambda does not take, also where the folder is the current one."""
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    create_project(Path())
    assert tomllib.loads(Path("poner.toml").read_text())["project"] == {"name": name}


@pytest.mark.parametrize("name", ["", "a b", "á", "a.b", "x" * 65, "a\n"])
def test_a_name_that_lambda_does_not_take_is_refused(tmp_path, name):
    """Lambda's function names are up to 64 letters, digits, hyphens and underscores."""
    with pytest.raises(UsageError, match="name of a Lambda function"):
        create_project(tmp_path, name=name)


def test_no_file_is_overwritten(tmp_path):
    """Files that are there are named, and neither they nor any other is written."""
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "poner.toml").write_text("mine")
    with pytest.raises(UsageError) as raised:
        create_project(tmp_path)
    assert "poner.toml" in raised.value.message
    assert "README.md" in raised.value.message
    assert "train.py" not in raised.value.message
    assert (tmp_path / "README.md").read_text() == "mine"
    assert not (tmp_path / "train.py").exists()


def test_a_folder_with_other_files_is_taken(tmp_path):
    """What is in the way of no file of the project stays where it is."""
    (tmp_path / "notes.txt").write_text("mine")
    create_project(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    """A file in the folder's place is reported."""
    (tmp_path / "project").write_text("in the way")
    with pytest.raises(UsageError, match="project"):
        create_project(tmp_path / "project")


def test_a_link_in_a_files_place_stays(tmp_path):
    """Even one that leads nowhere is in the way."""
    (tmp_path / "train.py").symlink_to("nowhere")
    with pytest.raises(UsageError, match=r"train\.py"):
        create_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["train.py"]


def test_an_init_killed_at_any_step_is_finished_by_the_next(place):
    """Files that are as they would be written are not in the way, unless all are there."""

    def check(finished):
        if not finished and not all((place / name).exists() for name in PROJECT_FILES):
            create_project(place)
        assert sorted(path.name for path in place.iterdir() if path.is_file()) == sorted(
            PROJECT_FILES
        )
        sweep(place)
        for path in place.iterdir():
            path.unlink()

    kill_before_each_step(lambda: None, lambda: create_project(place) and None, check)
