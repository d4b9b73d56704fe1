"""aws_lambda: what AWS Lambda takes, once: runtimes, quotas, functions, variables, CORS.

In: values that a user or a stage wants. Out: the same values, or the sentence with which they are
refused. It makes no call, and knows nothing of how poner builds or deploys.
"""
