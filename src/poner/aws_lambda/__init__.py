"""What AWS Lambda accepts: runtimes, quotas, function settings, environment variables, CORS.

In: values that a user or a stage wants to use. Out: the values, or an error that says what Lambda
would refuse. This package calls nothing and does not know how poner builds or deploys.
"""
