"""Runs chains of steps in parallel; each step of a chain needs the outcome of the step before.

A free process takes the next step of any chain, so that all cores stay busy to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")
Result = TypeVar("Result")

Chain = Generator[Callable[[], Outcome], Outcome, Result]
"""A generator that yields a step, receives its outcome, and returns a result at the end."""


@contextmanager
def workers(count: int | None) -> Iterator[Executor]:
    """Yield an executor of `count` processes (None: one for each core); 1 is a thread instead.

    joblib's processes are used, since they need no `__main__` guard in a script.
    """
    from joblib import cpu_count
    from joblib.externals.loky import get_reusable_executor

    count = count or cpu_count()
    if count == 1:
        with ThreadPoolExecutor(1) as executor:
            yield executor
        return
    processes = get_reusable_executor(max_workers=count)
    try:
        yield processes
    finally:
        processes.shutdown(wait=True, kill_workers=True)


def run_chains(
    chains: Sequence[Chain[Outcome, Result]], executor: Executor, advance: Callable[[], None]
) -> list[Result]:
    """Run all chains to the end, and return their results in order.

    Args:
        chains: unstarted generators, whose steps can be pickled; they start in this order.
        executor: runs the steps.
        advance: called after each step.
    """
    results: dict[int, Result] = {}
    running: dict[Future[Outcome], int] = {}

    def resume(number: int, outcome: Any) -> None:  # None starts a generator
        try:
            running[executor.submit(chains[number].send(outcome))] = number
        except StopIteration as end:
            results[number] = end.value

    for number in range(len(chains)):
        resume(number, None)
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            resume(running.pop(future), future.result())
            advance()
    return [results[number] for number in range(len(chains))]
