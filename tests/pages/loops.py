"""trio in a thread of its own, beside a story that is told without it."""

import queue
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio
from attrs import frozen


@frozen
class Loop:
    """Runs what a story wants of it; tasks in `nursery` go on until the story is over."""

    token: trio.lowlevel.TrioToken
    nursery: trio.Nursery

    def run(self, act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Run something there and wait for it."""
        return trio.from_thread.run(act, *args, trio_token=self.token)


@contextmanager
def looping() -> Iterator[Loop]:
    """Run trio while the block runs."""
    loops: queue.Queue[Loop] = queue.Queue()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            loops.put(Loop(trio.lowlevel.current_trio_token(), nursery))
            await trio.sleep_forever()

    thread = threading.Thread(target=trio.run, args=[main])
    thread.start()
    loop = loops.get()
    try:
        yield loop
    finally:
        loop.token.run_sync_soon(loop.nursery.cancel_scope.cancel)
        thread.join()
