"""The only module that uses boto3: sessions, clients, and boto3's exceptions.

Profiles, single sign-on, AWS_ENDPOINT_URL, AWS_CA_BUNDLE and proxies work as in AWS's own tools.
botocore retries reads. A write whose answer was lost may have taken place, so this module retries
only throttled writes, which certainly did nothing.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import boto3
import tenacity
from botocore import exceptions, xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.parsers import ResponseParserError

from poner.aws_lambda.quotas import RESPONSE_BYTES
from poner.deployer.aws.answers import find_stranger
from poner.deployer.aws.errors import (
    CHECK_REGION,
    SIGN_IN,
    THROTTLED,
    Call,
    make_call,
    refused,
    unanswered,
)
from poner.deployer.failures import (
    CloudError,
    CredentialsError,
    MissingError,
    RejectedError,
    UnreachableError,
)

READ_ATTEMPTS = 5
"""Most attempts at a read."""

WRITE_ATTEMPTS = 8
"""Most attempts at a throttled write."""

_CONNECT_TIMEOUT_S = 10
_READ_TIMEOUT_S = 70
_LENGTHENING = tenacity.wait_exponential(max=20.0)
_RANDOM = random.SystemRandom()

_NO_CREDENTIALS = (
    exceptions.ConfigNotFound,
    exceptions.ConfigParseError,
    exceptions.CredentialRetrievalError,
    exceptions.InvalidConfigError,
    exceptions.LoginError,
    exceptions.MetadataRetrievalError,
    exceptions.MissingDependencyException,
    exceptions.NoAuthTokenError,
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.ProfileNotFound,
    exceptions.RefreshWithMFAUnsupportedError,
    exceptions.SSOError,
    exceptions.TokenRetrievalError,
    exceptions.UnknownCredentialError,
)
_NOT_SENT = (
    exceptions.ConnectTimeoutError,
    exceptions.EndpointConnectionError,
    exceptions.EndpointProviderError,
    exceptions.InvalidRegionError,
    exceptions.ProxyConnectionError,
)
_NO_ANSWER = (
    exceptions.ChecksumError,
    exceptions.ConnectionError,
    exceptions.FlexibleChecksumError,
    exceptions.HTTPClientError,
    exceptions.IncompleteReadError,
    exceptions.SSLError,  # of a handshake or later, which cannot be told apart
    ResponseParserError,
)

_UNREADABLE = (AttributeError, LookupError, RecursionError, SyntaxError, TypeError, ValueError)
"""Exceptions of botocore's parsers and credential providers for malformed answers; errors of XML
are syntax errors."""


class AwsApi:
    """Calls of AWS's API by its own names; failures become `CloudError`.

    Args:
        profile: name of a profile; None for boto3's default.
        region: AWS region; None for AWS_REGION, or else boto3's default.
        sleep: waits between the attempts at a throttled write.
    """

    def __init__(
        self,
        profile: str | None = None,
        region: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # boto3 itself reads AWS_DEFAULT_REGION only; AWS's other tools read AWS_REGION first
        wanted = region or os.environ.get("AWS_REGION")
        try:
            self._session = boto3.Session(profile_name=profile, region_name=wanted)
            found = self._session.region_name
        except exceptions.BotoCoreError as error:
            raise CredentialsError(
                f"The profile cannot be used: {error}.",
                "Choose one of `aws configure list-profiles` with --profile or AWS_PROFILE.",
            ) from error
        if not found:
            raise CloudError(
                "No AWS region is set.",
                "Put `region` under [deploy] in poner.toml, or use --region or AWS_REGION.",
            )
        self.region: str = found
        self._session.events.register(
            "before-parse", _refuse_strangers
        )  # for all clients of the session
        self._sleep = sleep
        self._clients: dict[tuple[str, bool], Any] = {}

    def knows(self, service: str, operation: str) -> bool:
        """Whether this version of botocore has an operation."""
        return operation in self._client(service, writes=True).meta.service_model.operation_names

    def read(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any] | None:
        """The answer to a read; None if the resource does not exist."""
        call = make_call(service, operation, False, parameters)
        try:
            with _as_cloud_errors(call):
                return _whole(self._ask(call, parameters))
        except MissingError:
            return None

    def pages(
        self, service: str, operation: str, field: str, **parameters: Any
    ) -> Iterator[list[Any]]:
        """The pages of a list; no pages if the resource does not exist."""
        call = make_call(service, operation, False, parameters)
        try:
            with _as_cloud_errors(call):
                client = self._client(service, writes=False)
                answers = client.get_paginator(xform_name(operation)).paginate(**parameters)
                for answer in answers:
                    yield answer.get(field) or []
        except MissingError:
            return

    def write(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """The answer to a change, which takes place at most once."""
        call = make_call(service, operation, True, parameters)
        again = tenacity.Retrying(
            sleep=self._sleep,
            stop=tenacity.stop_after_attempt(WRITE_ATTEMPTS),
            wait=_jittered,
            retry=tenacity.retry_if_exception(_is_throttled),
            reraise=True,
        )
        with _as_cloud_errors(call):
            answer: Mapping[str, Any] = again(self._ask, call, parameters)
        return answer

    def sign(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers of a POST, with those of AWS's signature (version 4) for Lambda."""
        request = AWSRequest("POST", url, dict(headers), body)
        with _as_cloud_errors(Call("lambda", "InvokeFunctionUrl", writes=False)):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise exceptions.NoCredentialsError
            SigV4Auth(credentials, "lambda", self.region).add_auth(request)
        return dict(request.headers.items())

    def _ask(self, call: Call, parameters: Mapping[str, Any]) -> Any:
        if "Body" in parameters:  # a file that an earlier attempt has read
            parameters["Body"].seek(0)
        client = self._client(call.service, call.writes)
        return getattr(client, xform_name(call.operation))(**parameters)

    def _client(self, service: str, writes: bool) -> Any:
        if (service, writes) not in self._clients:
            attempts = 1 if writes else READ_ATTEMPTS
            config = Config(
                connect_timeout=_CONNECT_TIMEOUT_S,
                read_timeout=_READ_TIMEOUT_S,
                retries={"mode": "standard", "total_max_attempts": attempts},
                user_agent_extra=f"poner/{version('poner')}",
            )
            try:
                client = self._session.client(service, region_name=self.region, config=config)
            except ValueError as error:  # an invalid endpoint or region
                reason = str(error).removesuffix(".")
                text = f"{service} in {self.region} cannot be called: {reason}."
                raise UnreachableError(text, CHECK_REGION) from error
            self._clients[service, writes] = client
        return self._clients[service, writes]


class _StrangerError(ResponseParserError):  # type: ignore[misc]  # boto3 has no types
    """The answer does not come from AWS."""


def _refuse_strangers(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Refuse an answer that is not from AWS; botocore calls this before it parses the answer."""
    stranger = find_stranger(
        operation_model.service_model.resolved_protocol,
        response_dict["status_code"],
        response_dict["headers"],
        response_dict["body"],
    )
    if stranger:
        raise _StrangerError(stranger)


@contextmanager
def _as_cloud_errors(call: Call) -> Iterator[None]:
    """Turn boto3's exceptions into errors that say what to do."""
    try:
        yield
    except exceptions.ClientError as error:
        answer = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code, said = str(answer.get("Code", status)), answer.get("Message", "")
        failure = refused(call, code, status, said)
        if error.operation_name != call.operation:  # a call that gets credentials
            text = f"There are no AWS credentials, since {error.operation_name} was refused: {said}"
            failure = CredentialsError(text, SIGN_IN, call.action)
        # a traceback would show AWS's message, which may repeat an environment variable
        raise failure from (None if call.secrets else error)
    except _NO_CREDENTIALS as error:
        text = f"There are no usable AWS credentials: {error}."
        raise CredentialsError(text, SIGN_IN, call.action) from error
    except _NOT_SENT as error:
        text = f"{call.action} cannot be called: {error}."
        raise UnreachableError(text, CHECK_REGION, call.action) from error
    except _StrangerError as error:
        reason = (
            f"did not answer: {error} came instead, perhaps from a network that requires a sign-in"
        )
        raise unanswered(call, reason) from error
    except _NO_ANSWER as error:
        raise unanswered(call, f"gave no complete answer ({type(error).__name__})") from error
    except exceptions.ParamValidationError:
        text = f"boto3 does not accept a value of {call.action}."
        hint = "Check the names and settings under [deploy] in poner.toml."
        raise RejectedError(text, hint, call.action) from None  # its message repeats the values
    except exceptions.BotoCoreError as error:
        text = f"{call.action} failed: {error}."
        raise CloudError(text, "Check the AWS settings of this machine.", call.action) from error
    except _UNREADABLE as error:
        raise unanswered(call, "gave an answer that cannot be read") from error


def _jittered(state: tenacity.RetryCallState) -> float:
    return _LENGTHENING(state) * _RANDOM.uniform(0.5, 1.0)


def _is_throttled(error: BaseException) -> bool:
    if not isinstance(error, exceptions.ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error.response.get("Error", {}).get("Code") in THROTTLED or status == 429


def _whole(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with its stream read, so that no failure comes later."""
    if "Payload" in answer:
        return {**answer, "Payload": answer["Payload"].read(RESPONSE_BYTES + 1)}
    return answer
