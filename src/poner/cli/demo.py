"""`poner demo`: the whole flow on the breast-cancer example, on this machine."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from poner import pipeline, templates
from poner.cli.build import make_target, show_bundle
from poner.cli.console import print_data, reporting, say
from poner.cli.train import run_script
from poner.config import read_config
from poner.extras import check_extra
from poner.storage import disk_faults

FEATURES = "meanConcavePoints", "worstRadius", "worstTexture", "worstArea", "worstConcavePoints"
"""Wire names of the model's features."""

REQUESTS: Mapping[str, tuple[float, ...]] = {
    "A scan": (0.03821, 14.97, 24.64, 677.9, 0.1015),
    "The same scan without one feature": (0.03821, 14.97, 24.64, 677.9),
    "Another scan": (0.07951, 24.86, 26.58, 1866.0, 0.01),
    "A bad request": (0.07951,),
}
"""The four requests of the article that poner began with; short ones lack the last features."""


def demo(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="New folder. Default: a temporary one.")
    ] = None,
) -> None:
    """Train, build, run and ask an example model on this machine. Needs no AWS account."""
    check_extra("local", "The demo")
    project = folder or _new_folder()
    _step("1. A project", f"poner init {project}")
    templates.create_project(project, name="breast-cancer")
    _step("2. A model", "poner train")
    run_script(project)
    _step("3. A function for Lambda, with the model's answers", "poner build")
    settings = read_config(project)
    start = time.perf_counter()
    with reporting() as reporter:
        bundle = pipeline.build(
            project / settings.model.path,
            project / settings.build.out,
            make_target(settings),
            reporter=reporter,
        )
    show_bundle(bundle)
    say(f"Built in {time.perf_counter() - start:.1f} s.")
    _step("4. Four requests to the function on this machine", "poner local, curl")
    with pipeline.run_locally(bundle) as url:
        for title, values in REQUESTS.items():
            _ask(url, title, dict(zip(FEATURES, values, strict=False)))
    say("")
    say(f"The project is in {project}. Next:")
    say(f"  cd {project}")
    say("  poner local                       # run the function at a local URL, until Ctrl-C")
    say("  poner predict --data '{...}'      # ask it; rows may be JSON or a CSV file")
    say("  poner build your-model            # your own model, saved with poner.save(...)")
    say("  poner deploy                      # the function on AWS Lambda, in your account")


def _new_folder() -> Path:
    """Make a temporary folder, which nothing deletes.

    Raises:
        StorageError: the folder cannot be made.
    """
    remedy = "Free some space, or name a folder: `poner demo DIR`."
    with disk_faults("A temporary folder", remedy):
        return Path(tempfile.mkdtemp(prefix="poner-demo-"))


def _step(title: str, command: str) -> None:
    say("")
    say(f"{title}  ({command})")


def _ask(url: str, title: str, values: dict[str, Any]) -> None:
    """Send a request over HTTP; print its body and the answer as they were sent."""
    import http.client
    import urllib.parse

    body = json.dumps(values)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read().decode()
    connection.close()
    say("")
    say(f"{title}: POST {url}")
    print_data(body)
    print_data(f"{response.status} {answer}")
