"""Asks what was deployed a row whose answer is known: the last step of a deploy.

The deployer and the client are stages of their own; here they meet.
"""

from __future__ import annotations

import json

import tenacity

from poner import client, deployer
from poner.bundle import Bundle, KnownAnswer, Manifest
from poner.deployer.status import ask_version
from poner.errors import DeployError, PredictionError

SETTLING_S = 20.0
"""How long some of AWS's machines may go on as they did before a change (L79)."""

PAUSE_S = 2.0
"""Between one request and the next, meanwhile."""

_UNREACHED_HINT = (
    "It is deployed: see that this machine reaches the URL and deploy again, or leave this out "
    "with --skip-check."
)
_HINT = "See why with `poner logs`, or go back to the version before with `poner rollback`."


def run_smoke_test(deployment: deployer.Deployment, bundle: Bundle, cloud: deployer.Cloud) -> bool:
    """Ask a deployed function what the model itself answered when its Bundle was built.

    A version that has only a share of the traffic is asked past the URL, where the other one may
    answer.

    Returns:
        Whether anything was compared: not where the manifest has no known answer.

    Raises:
        DeployError: another answer came, or none; its status and reason are told, never the row.
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
    """Ask a deployed function what the model itself answered when its Bundle was built.

    Another answer may still be that of the version before, so it is asked for again for a while.

    Args:
        url: its Function URL, which may have been made just now.
        manifest: of the Bundle.
        sign: the headers of a signed request, where the URL wants one.
        patience_s: how long to wait for the URL to answer.

    Returns:
        Whether anything was compared: not where the manifest has no known answer.

    Raises:
        DeployError: another answer came, or none; its status and reason are told, never the row.
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
    """Signs requests to a Function URL with the credentials that the cloud is opened with."""
    return lambda url, body: cloud.sign(url, body, {"content-type": "application/json"})
