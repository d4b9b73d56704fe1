"""Fits the breast cancer classifier of the article and saves it for poner.

python train.py             fits it with the features and settings that the search once chose
python train.py --search    searches for them anew, which takes some minutes
"""

import sys

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold, train_test_split

import poner

# What the search chooses, so that an ordinary run need not repeat it.
FEATURES = [
    "mean concave points",
    "worst radius",
    "worst texture",
    "worst area",
    "worst concave points",
]
SETTINGS = {"n_estimators": 1500, "max_depth": 1}

# The data set calls malignant 0; here 1 is malignant, which is what we look for.
data = load_breast_cancer()
names = list(data.feature_names)
X, y = data.data, 1 - data.target
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

model = GradientBoostingClassifier(
    learning_rate=0.01, n_estimators=1000, max_depth=3, max_features=9, random_state=42
)

if "--search" in sys.argv[1:]:
    # RFECV, then GridSearchCV: the same scores to the last bit, in less than half the time.
    from poner.search import search

    choice = search(
        model,
        X_train,
        y_train,
        folds=KFold(n_splits=10, shuffle=True, random_state=42),
        fewest_features=5,
        grid={"n_estimators": [500, 1000, 1500, 2000], "max_depth": [1, 2, 3]},
    )
    FEATURES = [names[column] for column in choice.columns]
    SETTINGS = choice.settings
    print("Chosen:", ", ".join(FEATURES), SETTINGS)

columns = [names.index(feature) for feature in FEATURES]
X_train, X_test = X_train[:, columns], X_test[:, columns]
model.set_params(**SETTINGS).fit(X_train, y_train)

# How good is it? The test part is what it has not seen.
f1_train = f1_score(y_train, model.predict(X_train))
f1_test = f1_score(y_test, model.predict(X_test))
print(f"F1 {f1_train:.2f} on the training part, {f1_test:.2f} on the test part")

poner.save(
    model,
    X_train,
    y_train,
    "model",
    feature_names=FEATURES,
    labels={0: "benign", 1: "malignant"},
    metrics={"f1_train": f1_train, "f1_test": f1_test},
    target="diagnosis",
)
