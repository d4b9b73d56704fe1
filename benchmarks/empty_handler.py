"""A function that does nothing: the lower bound for Python on Lambda."""


def lambda_handler(event: object, context: object) -> dict[str, object]:
    """Answer every event with 200."""
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}
