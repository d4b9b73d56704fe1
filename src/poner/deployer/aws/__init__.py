"""AWS as a `Cloud`: `api.py` is the one file that opens boto3, `errors.py` knows AWS's codes."""
