"""Small Bundles made without a model, and an account in memory to deploy them to."""

from __future__ import annotations

import datetime
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from poner.artifacts import ParityReport, Provenance
from poner.aws_lambda.functions import FunctionSettings
from poner.bundle import Bundle, Layer, Manifest, Verification, ZipRecord, zip_record
from poner.deployer.cloud import Cloud
from poner.deployer.deploying import Deployment, Proposal, Wish, carry_out, do_plan, propose
from poner.deployer.executor import Clock
from poner.deployer.observing import observe_own
from poner.deployer.removal import plan_removal
from poner.deployer.resources import Function
from poner.deployer.rollout import plan_promotion, plan_rollback
from poner.deployer.settings import DeploySettings
from poner.deployer.steps import Plan
from poner.signature import Signature
from tests.fakes.fake_cloud import FakeCloud

NAME = "cancer"
BUCKET = "zips"
TODAY = datetime.date(2026, 11, 22)
PUBLIC = DeploySettings(auth="none")
SECRET = "hunter2-is-not-for-your-eyes"


def make_bundle(
    folder: Path,
    source: str = "1",
    layers: tuple[str, ...] = (),
    *,
    name: str = NAME,
    runtime: str = "python3.13",
    architecture: str = "x86_64",
    memory_mb: int = 128,
) -> Bundle:
    """A Bundle whose function.zip holds `source`; each layer is made of its own name only."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        settings=FunctionSettings(name, memory_mb, 3),
        engine="onnx" if layers else "native",
        passed_over=(),
        runtime=runtime,
        architecture=architecture,
        handler="lambda_function.lambda_handler",
        function=_write_zip(folder, "function.zip", source),
        layers=tuple(
            Layer(layer, _write_zip(folder, f"layers/{layer}.zip", layer), ()) for layer in layers
        ),
        quotas=(),
        signature=Signature((), (0, 1)),
        provenance=Provenance("clf.sav", "ab" * 32, "1.7.2", "2.3.5", "3.13.5"),
        parity=ParityReport(1, 1, {}, ()),
        verification=Verification("3.13.5", architecture, 1, 1),
        poner_version="1.0",
    )
    (folder / "manifest.json").write_text(manifest.to_json())
    return Bundle(folder, manifest)


def _write_zip(folder: Path, path: str, text: str) -> ZipRecord:
    """A zip with one member, the same to the bit everywhere."""
    with BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(zipfile.ZipInfo("member"), text)
        content = file.getvalue()
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_bytes(content)
    return zip_record(path, content, {"member": text.encode()})


@dataclass
class TickingClock:
    """A clock that advances only while somebody sleeps."""

    now_s: float = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now_s += seconds

    @property
    def clock(self) -> Clock:
        """The same as the deployer takes it."""
        return Clock(lambda: self.now_s, self.sleep)


class Killed(BaseException):
    """Stands for a kill: no handler catches it, cleans up or records anything."""


@dataclass
class OneFault:
    """A hook that raises an error at one of the writes, so many times, and counts the writes."""

    error: BaseException | None = None
    at: int = 0
    """Number of the write, from 1."""
    times: int = 1
    """How often: the write that is done again counts as the same."""
    count: int = 0
    """Writes so far."""
    method: str = ""
    """The method that failed."""

    def __call__(self, method: str) -> None:
        """Called for each write."""
        self.count += 1
        if self.error is not None and self.at <= self.count < self.at + self.times:
            self.method = method
            raise self.error


class CountedReads:
    """A cloud that counts what is asked, by method."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.counts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cloud, name)
        if not callable(found):
            return found

        def count(*arguments: Any, **named: Any) -> Any:
            self.counts[name] += 1
            return found(*arguments, **named)

        return count


@dataclass
class Account:
    """A cloud in memory with the folder in which this machine keeps its journals."""

    folder: Path
    """Scratch."""
    cloud: FakeCloud = field(default_factory=lambda: FakeCloud(buckets=[BUCKET]))
    """The account on AWS."""
    lines: list[str] = field(default_factory=list)
    """What the user was told."""

    @property
    def state(self) -> Path:
        """Where the journals are."""
        return self.folder / "state"

    @property
    def journals(self) -> list[Path]:
        """The journals that were left."""
        return sorted(self.state.rglob("*.json*"))

    @property
    def snapshot(self) -> Mapping[str, Any]:
        """All that is in the account."""
        return self.cloud.snapshot()

    def bundle(self, source: str = "1", layers: tuple[str, ...] = (), **changed: Any) -> Bundle:
        """A Bundle in a folder of its own."""
        key = "-".join([source[:9], *layers, *map(str, changed.values())])
        return make_bundle(self.folder / "bundles" / key, source, layers, **changed)

    def propose(
        self,
        bundle: Bundle,
        settings: DeploySettings = PUBLIC,
        *,
        percent: int = 0,
        today: datetime.date = TODAY,
    ) -> Proposal:
        """What a deploy would do."""
        wish = Wish(bundle, settings, percent)
        return propose(self.cloud, wish, state_folder=self.state, today=today)

    def plan(self, bundle: Bundle, settings: DeploySettings = PUBLIC, *, percent: int = 0) -> Plan:
        """The plan of that."""
        return self.propose(bundle, settings, percent=percent).plan

    def deploy(
        self, bundle: Bundle, settings: DeploySettings = PUBLIC, *, percent: int = 0
    ) -> Deployment:
        """Propose and carry out, as one run of `poner deploy` does."""
        return self.carry_out(self.propose(bundle, settings, percent=percent))

    def carry_out(self, proposal: Proposal) -> Deployment:
        """Do what was proposed."""
        return carry_out(
            self.cloud,
            proposal,
            notify=self.lines.append,
            clock=TickingClock().clock,
            begun="2026-11-22T12:00:00+00:00",
        )

    def rollback(self, version: str | None = None, name: str = NAME) -> None:
        """`poner rollback`."""
        self.do(plan_rollback(name, observe_own(self.cloud, name), version))

    def promote(self, name: str = NAME) -> None:
        """`poner promote`."""
        self.do(plan_promotion(name, observe_own(self.cloud, name)))

    def destroy(self, name: str = NAME, bucket: str | None = BUCKET) -> Plan:
        """`poner destroy`; what was planned."""
        plan = plan_removal(self.cloud, name, bucket=bucket)
        self.do(plan)
        return plan

    def do(self, plan: Plan) -> None:
        """Carry out a plan whose steps may be repeated."""
        do_plan(self.cloud, plan, notify=self.lines.append, clock=TickingClock().clock)

    def count_writes(self, act: Callable[[], object]) -> int:
        """Number of writing calls that an act makes."""
        counter = OneFault()
        self.cloud.before = counter
        act()
        self.cloud.before = lambda _: None
        return counter.count

    @property
    def function(self) -> Function:
        """The function."""
        found = self.cloud.get_function(NAME)
        assert found is not None
        return found

    @property
    def versions(self) -> list[str]:
        """Numbers of the versions there are."""
        return [version.version for version in self.cloud.list_versions(NAME)]

    @property
    def live(self) -> tuple[str, dict[str, float], str]:
        """The alias: version, shares of the traffic, and description."""
        (alias,) = (one for one in self.cloud.list_aliases(NAME) if one.name == "live")
        return alias.version, dict(alias.weights), alias.description

    @property
    def layers(self) -> list[str]:
        """Layer versions as NAME:NUMBER, names without their hash."""
        arns = self.snapshot["layers"]
        parts = (arn.split(":")[6:] for arn in arns)
        return [f"{name[:-13]}:{number}" for name, number in parts]

    def kinds(self, *wish: Any, **named: Any) -> list[str]:
        """The kinds of the steps of a plan."""
        return [type(step).__name__ for step in self.plan(*wish, **named).steps]

    def take_tags_away(self) -> None:
        """Take the function's tags away, so that poner does not own it."""
        self.cloud._functions[NAME].tags.clear()

    def rename(self, name: str) -> None:
        """Rename the function: a copy made by hand, which keeps poner's tags."""
        self.cloud._functions[name] = self.cloud._functions.pop(NAME)

    def delete_alias(self) -> None:
        """Delete the alias by hand, with all that is on it."""
        del self.cloud._functions[NAME].aliases["live"]

    def delete_url(self) -> None:
        """Delete the Function URL by hand; AWS leaves its permissions behind."""
        self.cloud._functions[NAME].aliases["live"].url = None

    def stream_url(self) -> None:
        """Change the Function URL's invoke mode by hand."""
        held = self.cloud._functions[NAME].aliases["live"]
        assert held.url is not None
        held.url = replace(held.url, streams=True)
