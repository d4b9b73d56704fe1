"""The template's train.py, run as a newcomer runs it."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from poner.signature import Signature
from poner.templates import create_project

ARTICLE_EXAMPLES = {
    0: [0.03821, 14.97, 24.64, 677.9, 0.1015],
    1: [0.07951, 24.86, 26.58, 1866.0, 0.01],
}
"""The requests that the article prints, by the prediction it prints."""


def run_train(folder, *arguments):
    """Run train.py in a new project; any warning is an error."""
    create_project(folder)
    return subprocess.run(
        [sys.executable, "-W", "error", "train.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project after `python train.py`, with what that printed."""
    folder = tmp_path_factory.mktemp("project")
    return folder, run_train(folder)


def test_it_prints_the_articles_scores(trained):
    """F1 is 0.98 on the training part and 0.94 on the test part, and nothing goes to stderr."""
    _, result = trained
    assert result.stdout == "F1 0.98 on the training part, 0.94 on the test part\n"
    assert result.stderr == ""


@pytest.mark.parametrize(("prediction", "row"), ARTICLE_EXAMPLES.items())
def test_the_model_answers_as_the_article_prints(trained, prediction, row):
    """The article's examples come out as in the article."""
    folder, _ = trained
    model = pickle.loads((folder / "model" / "clf.sav").read_bytes())
    assert model.predict([row]).tolist() == [prediction]


def test_the_signature_says_what_the_service_takes_and_answers(trained):
    """Features, classes, labels, target and scores are recorded."""
    folder, _ = trained
    signature = Signature.from_json((folder / "model" / "signature.json").read_text())
    assert signature.wire_names == (
        "meanConcavePoints",
        "worstRadius",
        "worstTexture",
        "worstArea",
        "worstConcavePoints",
    )
    assert signature.classes == (0, 1)
    assert signature.labels == ("benign", "malignant")
    assert signature.target == "diagnosis"
    assert signature.metrics == {
        "f1_train": pytest.approx(0.982, abs=5e-4),
        "f1_test": pytest.approx(0.941, abs=5e-4),
    }


def test_training_rows_are_kept(trained):
    """All 455 rows of the training part are kept for the proof of parity."""
    folder, _ = trained
    kept = json.loads((folder / "model" / "training_rows.json").read_text())
    assert np.array(kept["rows"]).shape == (455, 5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_search_makes_the_articles_choice(tmp_path):
    """--search ends with the five features and the settings that train.py has by default."""
    result = run_train(tmp_path, "--search")
    chosen, scores = result.stdout.splitlines()
    assert chosen == (
        "Chosen: mean concave points, worst radius, worst texture, worst area, "
        "worst concave points {'max_depth': 1, 'n_estimators': 1500}"
    )
    assert scores == "F1 0.98 on the training part, 0.94 on the test part"
    assert result.stderr == ""
