"""Killed after any write and run again, a command ends where an undisturbed one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.fakes.faulty_proxy import FaultyProxy
from tests.support.clouds import empty_account
from tests.support.commands import PONER, Done, run, started
from tests.support.deploying import Project, account

DEPLOY = ("deploy", "--yes", "--skip-check")
FIRST_DEPLOY_WRITES = 10
STEPS_DONE = (0, 1, 2, 3, 4, 5, 6, 7, 7, 8)
"""Steps that are done when each write takes place: moto needs two for the URL's permissions."""


def killed(faults: FaultyProxy, folder: Path, after_writes: int, *arguments: str) -> Done:
    """Run a command that is killed before it learns that its nth write has taken place."""
    with started(folder, *arguments) as command:
        faults.interrupt(lambda: os.kill(command.pid, signal.SIGKILL), after_writes=after_writes)
        return command.wait()


def test_every_kill_of_a_first_deploy_is_made_good(
    project: Project, faults: FaultyProxy, moto: str, tmp_path: Path
):
    """A first deploy, killed after any write, is completed; nothing is made twice."""
    project.deploy()
    undisturbed = account()
    assert faults.writes.total() == FIRST_DEPLOY_WRITES
    for after_writes, steps_done in enumerate(STEPS_DONE, start=1):
        empty_account(moto)
        faults.reset()
        assert killed(faults, tmp_path / "command", after_writes, *DEPLOY).code == -signal.SIGKILL
        assert len(project.journals) == 1
        done = project.deploy()
        assert f"stopped after {steps_done} of 9 steps" in done.err
        assert faults.writes.total() == FIRST_DEPLOY_WRITES
        assert account() == undisturbed
        assert not project.journals


def grown(project: Project) -> None:
    """Two versions, and then a wish that changes everything."""
    project.configure("")
    project.rebuild("other = 0", memory_mb=128)
    project.add_layer("numpy", "a = 1")
    project.deploy()
    project.rebuild("other = 1")
    project.add_layer("numpy", "a = 2")
    project.deploy()
    project.rebuild("other = 2", memory_mb=256)
    project.add_layer("numpy", "a = 3")
    project.configure(
        "log_retention_days = 7\nreserved_concurrency = 5\nkeep = 1\n"
        '[deploy.cors]\nallow_origins = ["*"]\n[deploy.tags]\nteam = "a"\n'
    )
    settings = project.folder / "poner.toml"
    settings.write_text(settings.read_text().replace('"none"', '"iam"'))


CHANGES = {
    "PutRetentionPolicy": 1,
    "PublishLayerVersion": 1,
    "UpdateFunctionCode": 1,
    "UpdateFunctionConfiguration": 1,
    "TagResource": 1,
    "PutFunctionConcurrency": 1,
    "PublishVersion": 1,
    "UpdateAlias": 1,
    "UpdateFunctionUrlConfig": 1,
    "RemovePermission": 2,
    "DeleteLayerVersion": 1,
    "DeleteFunction": 1,
}
"""The writes of the deploy after `grown`."""

REMOVALS = {
    "DeleteFunction": 1,
    "DeleteLayerVersion": 2,
    "DeleteRolePolicy": 1,
    "DeleteRole": 1,
    "DeleteLogGroup": 1,
}
"""The writes of `destroy` after that."""


def test_a_change_that_is_killed_after_each_write_gets_there(
    project: Project, faults: FaultyProxy, moto: str, tmp_path: Path
):
    """A change that is killed after each write completes: each run reads the state anew."""
    grown(project)
    faults.reset()
    project.deploy()
    assert faults.writes == CHANGES
    undisturbed = account()
    empty_account(moto)
    grown(project)
    faults.reset()
    for _ in range(sum(CHANGES.values())):
        assert killed(faults, tmp_path / "command", 1, *DEPLOY).code == -signal.SIGKILL
    assert faults.writes == CHANGES
    project.deploy()
    assert faults.writes == CHANGES
    assert account() == undisturbed
    assert not project.journals


def test_a_destroy_that_is_killed_after_each_write_gets_there(
    project: Project, faults: FaultyProxy, tmp_path: Path
):
    """A destroy that is killed after each write completes, run by run."""
    before = account()
    grown(project)
    project.deploy()
    faults.reset()
    for _ in range(sum(REMOVALS.values())):
        done = killed(faults, tmp_path / "command", 1, "destroy", "--yes")
        assert done.code == -signal.SIGKILL
    assert faults.writes == REMOVALS
    assert account() == before
    assert "poner has not deployed cancer" in run("destroy", "--yes").err


def test_a_process_of_its_own_is_killed_and_the_next_one_goes_on(
    project: Project, faults: FaultyProxy, moto: str
):
    """The same with new Python processes, as in a user's shell."""
    project.deploy()
    undisturbed = account()
    empty_account(moto)
    faults.reset()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PONER, *DEPLOY]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    faults.interrupt(process.kill, after_writes=5)
    assert process.wait(60) == -signal.SIGKILL
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == run("url").out
    assert account() == undisturbed
    assert not project.journals


def test_ctrl_c_leaves_a_journal_and_says_so(project: Project, faults: FaultyProxy, tmp_path: Path):
    """Ctrl-C leaves a journal, says so, and exits with a shell's code."""
    with started(tmp_path / "command", *DEPLOY) as command:
        faults.interrupt(lambda: os.kill(command.pid, signal.SIGINT), after_writes=4)
        done = command.wait()
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-2:] == [
        "The finished steps stay; `poner deploy` continues from there.",
        "Interrupted.",
    ]
    assert len(project.journals) == 1
    project.deploy()
    assert not project.journals
