"""The handler of the article: a pickle, scikit-learn, and 400 within an HTTP 200.

clf.sav and names.json, the names of the features in the model's order, lie beside it.
"""

import json
import pickle
from typing import Any

with open("clf.sav", "rb") as model_file:  # noqa: PTH123 - pathlib would add to the article's cold start
    clf = pickle.load(model_file)

with open("names.json") as names_file:  # noqa: PTH123 - as above
    names = json.load(names_file)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Predict for the body of a request."""
    try:
        body = json.loads(event["body"])
        prediction = clf.predict([[body[name] for name in names]]).item()
        return {"status": "200", "reason": "OK", "prediction": prediction}
    except Exception:  # noqa: BLE001 - the article's way
        reason = "'body' must contain values for: " + ", ".join(names)
        return {"status": "400", "reason": reason, "prediction": ""}
