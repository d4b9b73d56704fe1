"""The smoke test, the last step of a deploy: sends the function a row whose answer is known.

This module joins the deployer and the client, which do not know each other.
"""

from __future__ import annotations

import json

import tenacity

from poner import client, deployer
from poner.bundle import Bundle, KnownAnswer, Manifest
from poner.deployer.status import ask_version
from poner.errors import DeployError, PredictionError

SETTLING_S = 20.0
"""Time during which a function may still answer as it did before a change (L79)."""

PAUSE_S = 2.0
"""Pause between two requests during that time."""

_UNREACHED_HINT = (
    "The function is deployed. Check that this machine can reach the URL and deploy again, or skip "
    "the smoke test: `poner deploy --skip-check`, or `poner.deploy(bundle, check=False)`."
)
_HINT = "See the reason with `poner logs`, or return to the previous version with `poner rollback`."


def run_smoke_test(deployment: deployer.Deployment, bundle: Bundle, cloud: deployer.Cloud) -> bool:
    """Check that a deployed function gives the known answer of its Bundle.

    A canary is invoked by its version number, since the other version may answer at the URL.

    Returns:
        True if an answer was compared; False if the manifest holds no known answer.

    Raises:
        DeployError: no answer or a different one came; the message never holds the row.
    """
    if not deployment.canary:
        sign = make_sign(cloud) if deployment.auth == "AWS_IAM" else None
        return check_answer(deployment.url, bundle.manifest, sign=sign)
    known = bundle.manifest.known_answer
    if known is None:
        return False
    status, text = ask_version(cloud, deployment.name, deployment.version, known.body)
    _compare(known, client.read_answer(status, text), f"Version {deployment.version}")
    return True


def check_answer(
    url: str, manifest: Manifest, *, sign: client.Sign | None = None, patience_s: float = 60.0
) -> bool:
    """Check that a Function URL gives the known answer of a Bundle.

    A different answer may come from the previous version, so the request is repeated for a while.

    Args:
        url: the Function URL, which may be a few seconds old.
        manifest: the manifest of the Bundle.
        sign: signs the request, if the URL requires that.
        patience_s: longest wait for an answer.

    Returns:
        True if an answer was compared; False if the manifest holds no known answer.

    Raises:
        DeployError: no answer or a different one came; the message never holds the row.
    """
    known = manifest.known_answer
    if known is None:
        return False
    asking = tenacity.Retrying(
        stop=tenacity.stop_after_delay(min(SETTLING_S, patience_s)),
        wait=tenacity.wait_fixed(PAUSE_S),
        retry=tenacity.retry_if_result(lambda answer: not known.agrees_with(answer.prediction)),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    try:
        answer = asking(
            client.ask_until_ready,
            url,
            json.loads(known.body),
            sign=sign,
            patience_s=patience_s,
        )
    except PredictionError as error:
        raise DeployError(
            f"The deployed function did not answer: {error.message}", _UNREACHED_HINT
        ) from error
    _compare(known, answer, url)
    return True


def _compare(known: KnownAnswer, answer: client.Answer, who: str) -> None:
    if known.agrees_with(answer.prediction):
        return
    came = f"{answer.status}: {answer.reason}"
    if answer.prediction is not None:
        came += ", with another prediction than the model's"
    raise DeployError(f"{who} answered the known row with {came}.", _HINT)


def make_sign(cloud: deployer.Cloud) -> client.Sign:
    """A function that signs requests to a Function URL with the credentials of `cloud`."""
    return lambda url, body: cloud.sign(url, body, {"content-type": "application/json"})
