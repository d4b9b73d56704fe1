"""Runs chains of work side by side: each of a chain's steps needs the outcome of the one before.

Chains are handed out step by step, so that cores stay busy to the end however many chains there
are. Nothing here knows what a step does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")
Result = TypeVar("Result")

Chain = Generator[Callable[[], Outcome], Outcome, Result]
"""Yields a step, is sent its outcome, and returns its result after the last one."""


@contextmanager
def workers(count: int | None) -> Iterator[Executor]:
    """Give processes to run steps in, one for each core if `count` is None; 1 is this process.

    They are joblib's, as scikit-learn's own are: a script needs no `__main__` guard for them.
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
    """Run all chains to their ends and return their results in the order of the chains.

    Args:
        chains: not begun; their steps are picklable. First steps are handed out in this order.
        executor: runs the steps.
        advance: called after each step.
    """
    results: dict[int, Result] = {}
    running: dict[Future[Outcome], int] = {}

    def resume(number: int, outcome: Any) -> None:  # None begins a generator
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
