"""Makes model.json.xz: a search of scikit-optimize 0.10.2, and its own answers.

Run with scikit-learn 1.9.1 and scikit-optimize 0.10.2: `python fit_model.py`.
"""

import base64
import json
import lzma
import pickle
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skopt import BayesSearchCV
from skopt.space import Real

RANDOM = np.random.RandomState(0)
ROWS = RANDOM.normal(size=(60, 3))
TARGET = (ROWS[:, 0] + 0.5 * RANDOM.normal(size=60) > 0).astype(int)

if __name__ == "__main__":
    model = BayesSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": Real(1e-3, 10, prior="log-uniform")},
        n_iter=2,
        cv=2,
        random_state=0,
    ).fit(ROWS, TARGET)
    found = {
        "model": base64.b64encode(pickle.dumps(model, 4)).decode(),
        "rows": ROWS.tolist(),
        "predict_proba": model.predict_proba(ROWS).tolist(),
    }
    content = json.dumps(found).encode()
    Path(__file__).with_name("model.json.xz").write_bytes(lzma.compress(content))
