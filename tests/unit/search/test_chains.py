"""How chains of dependent steps are run."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from poner.search.chains import run_chains, workers


class Recorder(ThreadPoolExecutor):
    """One worker, which records the order in which steps are handed out."""

    def __init__(self):
        super().__init__(1)
        self.handed_out = []

    def submit(self, step, /, *arguments, **keywords) -> Future:
        """Record and run a step."""
        self.handed_out.append(step.args[0])
        return super().submit(step, *arguments, **keywords)


def count_up(name, steps):
    """Yield steps that each return their argument, and return the sum of the numbers."""
    total = 0
    for number in range(steps):
        _, outcome = yield partial(tuple, (name, number))
        total += outcome
    return total


def test_each_chain_gets_its_own_outcomes():
    """A chain is sent what its step returned, and results are in the order of the chains."""
    with ThreadPoolExecutor(3) as executor:
        chains = [count_up("a", 4), count_up("b", 2), count_up("c", 5)]
        assert run_chains(chains, executor, lambda: None) == [6, 1, 10]


def test_chains_take_turns():
    """No chain waits for another to end: that keeps every core busy to the last."""
    with Recorder() as executor:
        run_chains([count_up("a", 2), count_up("b", 2)], executor, lambda: None)
    assert [name for name, _ in executor.handed_out[:2]] == ["a", "b"]
    assert sorted(executor.handed_out) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_every_step_advances_the_progress():
    """The bar moves once a step."""
    advances = []
    with ThreadPoolExecutor(1) as executor:
        run_chains([count_up("a", 2), count_up("b", 3)], executor, partial(advances.append, 1))
    assert len(advances) == 5


def test_a_chain_without_steps_ends_at_once():
    """A chain may have nothing to do."""
    with ThreadPoolExecutor(1) as executor:
        assert run_chains([count_up("a", 0)], executor, lambda: None) == [0]


def test_a_failing_step_is_raised():
    """What a step raises reaches the caller."""

    def broken():
        yield partial(int, "no number")

    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="no number"):
        run_chains([broken()], executor, lambda: None)


def test_one_worker_is_this_process():
    """With one worker no process is started."""
    with workers(1) as executor:
        assert isinstance(executor, ThreadPoolExecutor)


def test_several_workers_are_processes():
    """With more, steps run elsewhere than here."""
    with workers(2) as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
