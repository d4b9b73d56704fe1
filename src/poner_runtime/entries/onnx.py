"""The function on AWS Lambda, made by `poner build`."""

from poner_runtime.handler import create_handler
from poner_runtime.onnx_model import open_beside

model = open_beside(__file__)
lambda_handler = create_handler(model)
