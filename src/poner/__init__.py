"""From a fitted scikit-learn model to an HTTPS endpoint on AWS Lambda."""
