"""The same function on many items, by several processes, results in order."""

import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from workflow_scripts.contracts.errors import UserError

Item = TypeVar("Item")
Result = TypeVar("Result")


def _each(function: Callable[[Item], Result], batch: Sequence[Item]) -> list[Result]:
    return [function(item) for item in batch]


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int, batch: int = 16
) -> Iterator[Result]:
    """Yield function(item) in the order of `items`, computed by `jobs` processes; 1 stays in this one.

    At most four batches a process are under way, so memory does not grow with the number of items. UserError when a
    process is killed.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    waiting = iter(items)
    batches = iter(lambda: list(islice(waiting, batch)), [])
    # A fork costs milliseconds where a fresh interpreter imports for half a second; no thread is running yet.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        under_way = [pool.submit(_each, function, part) for part in islice(batches, 4 * jobs)]
        try:
            while under_way:
                results = under_way.pop(0).result()
                under_way.extend(pool.submit(_each, function, part) for part in islice(batches, 1))
                yield from results
        except BrokenProcessPool:
            raise UserError("a decoding process was killed, probably for lack of memory; use fewer --jobs") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
