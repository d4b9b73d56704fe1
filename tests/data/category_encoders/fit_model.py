"""Makes model.json.xz: a model with encoders of category_encoders 2.11.2, and its own answers.

Run with scikit-learn 1.9.1, category_encoders 2.11.2 and pandas 3.1.1: `python fit_model.py`.
"""

import base64
import json
import lzma
import pickle
from pathlib import Path

import category_encoders
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

RANDOM = np.random.RandomState(0)
ROWS = pd.DataFrame(
    {
        "city": RANDOM.choice(["Rome", "Oslo", "Lima"], 120),
        "size": RANDOM.choice(["s", "m", None], 120),
        "age": RANDOM.normal(size=120),
        "level": RANDOM.randint(0, 4, 120),
    }
)
TARGET = (ROWS["age"] + (ROWS["city"] == "Rome") > 0.5).astype(int)

if __name__ == "__main__":
    both = ["city", "size"]
    encode = make_column_transformer(
        (category_encoders.OneHotEncoder(), both),
        (category_encoders.OrdinalEncoder(), [*both, "age"]),
        (category_encoders.TargetEncoder(cols=["level", "city"]), ["city", "level"]),
        (category_encoders.CountEncoder(normalize=True), both),
        (category_encoders.LeaveOneOutEncoder(), both),
        (category_encoders.BinaryEncoder(cols=["level"]), ["level"]),
        (category_encoders.WOEEncoder(), ["size"]),
    )
    model = make_pipeline(encode, LogisticRegression()).fit(ROWS, TARGET)
    asked = ROWS.head(12).copy()
    asked.loc[0, ["city", "size"]] = ["Nowhere", "xxl"]
    asked.loc[1, ["city", "size"]] = [None, None]
    found = {
        "model": base64.b64encode(pickle.dumps(model, 4)).decode(),
        "rows": asked.to_dict("records"),
        "predict_proba": model.predict_proba(asked).tolist(),
    }
    content = json.dumps(found).encode()
    Path(__file__).with_name("model.json.xz").write_bytes(lzma.compress(content))
