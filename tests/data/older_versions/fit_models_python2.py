"""Fits a few models under Python 2.7 and scikit-learn 0.19.2, as files from that time have them.

Run as `python2.7 fit_models_python2.py FILE.tar.xz.json`: writes one JSON document with the files
in base64, the rows asked and the answers.
"""

from __future__ import print_function

import base64
import io
import json
import pickle
import sys
import warnings

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.externals import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

warnings.simplefilter("ignore")
random = np.random.RandomState(0)
X = random.normal(size=(80, 3)) * [1, 2, 5]
y = (X[:, 0] + X[:, 1] > 0).astype(int)
names = np.array(["no", "yes"])[y]
models = {
    "logistic": LogisticRegression().fit(X, y),
    "forest": RandomForestClassifier(3, max_depth=3, random_state=0).fit(X, y),
    "boosting": GradientBoostingClassifier(n_estimators=3, max_depth=2, random_state=0).fit(X, y),
    "bayes": GaussianNB().fit(X, names),
    "neighbours": KNeighborsClassifier(3).fit(X, y),
    "pipeline": make_pipeline(StandardScaler(), SVC(kernel="linear")).fit(X, y),
}
written = {}
for name, model in sorted(models.items()):
    for protocol in (0, 2):
        content = pickle.dumps(model, protocol)
        written["%s_%d" % (name, protocol)] = base64.b64encode(content).decode("ascii")
    stream = io.BytesIO()
    joblib.dump(model, stream)
    written[name + "_joblib"] = base64.b64encode(stream.getvalue()).decode("ascii")
asked = random.normal(size=(20, 3)) * [1, 2, 5]
answers = {name: model.predict(asked).tolist() for name, model in models.items()}
with open(sys.argv[1], "w") as file:
    json.dump({"files": written, "rows": asked.tolist(), "answers": answers}, file)
