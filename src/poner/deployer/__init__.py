"""The deployer: a Bundle comes in, a Deployment on AWS goes out.

It looks at what is there, plans what differs, and does that. It must not know poner.toml, print, or
ask; and only `aws.py` speaks to boto3.
"""
