"""Makes models.json.xz: models of imbalanced-learn 0.14.2, and its own answers.

Run with scikit-learn 1.9.1 and imbalanced-learn 0.14.2: `python fit_models.py`.
"""

import base64
import json
import lzma
import pickle
from pathlib import Path

import numpy as np
from imblearn import FunctionSampler
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import ADASYN, SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline, make_pipeline
from imblearn.under_sampling import NearMiss, RandomUnderSampler
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

RANDOM = np.random.RandomState(0)
ROWS = RANDOM.normal(size=(80, 3))
TARGET = (ROWS[:, 0] + 0.5 * RANDOM.normal(size=80) > 0.7).astype(int)

MODELS = {
    "smote": make_pipeline(StandardScaler(), SMOTE(random_state=0), LogisticRegression()),
    "two_samplers": make_pipeline(
        StandardScaler(), ADASYN(random_state=0), RandomUnderSampler(), LogisticRegression()
    ),
    "combined": make_pipeline(
        StandardScaler(), SMOTEENN(random_state=0), DecisionTreeClassifier(max_depth=3)
    ),
    "function_sampler": make_pipeline(
        StandardScaler(), FunctionSampler(), NearMiss(), LogisticRegression()
    ),
    "search": GridSearchCV(
        Pipeline(
            [
                ("scale", StandardScaler()),
                ("sample", SMOTETomek(random_state=0)),
                ("model", LogisticRegression()),
            ]
        ),
        {"model__C": [0.1, 1.0], "sample": [RandomOverSampler(), SMOTE()]},
        scoring=make_scorer(geometric_mean_score),
        cv=2,
    ),
    "balanced_forest": BalancedRandomForestClassifier(3, max_depth=3, random_state=0),
    "balanced_bagging": BalancedBaggingClassifier(
        LogisticRegression(), n_estimators=2, sampler=SMOTE(random_state=0), random_state=0
    ),
    "easy_ensemble": EasyEnsembleClassifier(2, random_state=0),
    "rus_boost": RUSBoostClassifier(n_estimators=3, random_state=0),
}

if __name__ == "__main__":
    found = {}
    for name, model in MODELS.items():
        model.fit(ROWS, TARGET)
        found[name] = {
            "model": base64.b64encode(pickle.dumps(model, 4)).decode(),
            "predict": model.predict(ROWS).tolist(),
            "predict_proba": model.predict_proba(ROWS).tolist(),
        }
    content = json.dumps({"rows": ROWS.tolist(), "models": found}).encode()
    Path(__file__).with_name("models.json.xz").write_bytes(lzma.compress(content))
