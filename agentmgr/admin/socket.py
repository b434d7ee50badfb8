"""The admin socket: a Unix socket through which its owner's commands reach a running server.

Frames are those of the desktops' wire. The client sends one request, the server answers with a
frame for each row and a last one that says how it ended; then the connection closes. A request that
brings a file gets frames that ask for more of it in between, each answered with the next piece, with
the word that there is no more, or that the operation shall end with what it has: so neither side has
more than a piece at a time, and whoever has gone is noticed at the next one.
"""

import os
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Any, TypeVar

import structlog
import trio

from agentmgr.accepting import accept_all
from agentmgr.audit import audit
from protocol.codec import pack, unpack
from protocol.errors import RemoteProtocolError
from protocol.framing import FrameDecoder, frame

log = structlog.get_logger()

T = TypeVar("T")

Scalar = str | int | float | bool | None
Row = Mapping[str, Scalar]
Perform = Callable[[str, Mapping[str, Any], Iterator[str]], Iterator[Row]]
"""Carries an operation out, given its name, arguments, and what the client has to tell in pieces.

May block, and raises AdminRefused; taking a piece may raise Stopped.
"""

NO_PIECES: Iterator[str] = iter(())
"""Of a request that brings no file."""

Follow = Callable[[Mapping[str, Any]], AsyncIterator[Sequence[Row]]]
"""Yields rows as they come, for as long as somebody reads; for trio's thread, and raises AdminRefused."""

REQUEST_TIMEOUT_S = 10.0
ROWS_AT_A_TIME = 100
ADMIN_KEEPS = 0.25
"""How much of the reserve of descriptors supervisors leave alone; they come through when desktops do not."""
RECEIVE_BYTES = 65_536
MAX_ERROR_CHARACTERS = 2_000
_CREDENTIALS = Struct("3i")
"""Of a peer, as Linux tells them: process, user, group."""
TOLD = (
    "name", "agent_ids", "agent_id", "campaign", "campaigns", "zone", "zones", "manager", "list_name",
    "callback_ids", "enabled", "role", "organisation", "with_history", "unmasked",
)  # fmt: skip
"""What of an operation's arguments the audit has: never passwords, numbers, or values of customers."""
MAX_PIECE_CHARACTERS = 3_900
"""Of four bytes each they fit a frame."""


class AdminRefused(Exception):
    """The operation failed; the text is one line for a person."""


class NoServer(Exception):
    """No server answers at the socket."""


@contextmanager
def admin_socket(path: Path) -> Iterator[trio.SocketListener]:
    """Listen at `path`; its directory is made for the owner alone, and the socket is removed in the end.

    Raises:
        AdminRefused: another server listens there, or something else is in the way.
    """
    try:
        listener = _bind(path)
    except OSError as error:
        raise AdminRefused(f"{path}: cannot listen here: {error.strerror or error}") from None
    inode = path.stat().st_ino
    server_socket = trio.socket.from_stdlib_socket(listener)
    try:
        yield trio.SocketListener(server_socket)
    finally:
        server_socket.close()
        # Only our own: a server started meanwhile may have put its socket here.
        if path.exists() and path.stat().st_ino == inode:
            path.unlink()


def _bind(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise AdminRefused(f"{path}: something that is no socket is in the way of the admin socket")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                path.unlink()  # left behind by a server that was killed
            else:
                raise AdminRefused(f"{path}: another server is running with this admin socket")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    # Through the umask, so that there is no moment at which others may open it.
    umask = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(umask)
    listener.listen()
    return listener


async def serve_admin(
    listener: trio.SocketListener, perform: Perform, follow: Mapping[str, Follow] | None = None
) -> None:
    """Answer requests until cancelled; `perform` is called in worker threads, `follow` has what goes on."""
    async with trio.open_nursery() as nursery:
        await accept_all(
            listener,
            "admin",
            ADMIN_KEEPS,
            lambda stream: nursery.start_soon(_serve_connection, perform, follow or {}, stream),
        )


async def _serve_connection(
    perform: Perform, follow: Mapping[str, Follow], stream: trio.SocketStream
) -> None:
    async with stream:
        try:
            frames = _Frames(stream)
            with trio.fail_after(REQUEST_TIMEOUT_S):
                name, args = _request(await frames.next())
        except (RemoteProtocolError, trio.BrokenResourceError, trio.TooSlowError) as error:
            log.warning("admin_request_unusable", why=str(error))
            return
        who = _user_of(stream)
        try:
            if name in follow:
                await _follow(follow[name], name, args, stream)
            else:
                outcome = await _answer(perform, name, args, stream, frames)
                write_down(who, name, args, outcome)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            log.info("admin_client_left", operation=name)
            write_down(who, name, args, "left before its end")


class _Frames:
    """The frames that a client sends, one after the other."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._decoder = FrameDecoder()
        self._whole: Iterator[bytes] = iter(())

    async def next(self) -> Any:
        """Return the value of the next frame.

        Raises:
            RemoteProtocolError: it cannot be read.
            trio.BrokenResourceError: the client has gone.
        """
        while (value := next(self._whole, None)) is None:
            data = await self._stream.receive_some(RECEIVE_BYTES)
            if not data:
                raise trio.BrokenResourceError("the connection ended")
            self._whole = self._decoder.feed(data)
        return unpack(value)


def _request(value: Any) -> tuple[str, dict[str, Any]]:
    match value:
        case {"operation": str(name), "args": dict(args)}:
            return name, args
    raise RemoteProtocolError("a request must have an operation and its args")


def _fed(stream: trio.SocketStream, frames: _Frames) -> Iterator[str]:
    """Yield what the client tells, asking for each piece; in the thread that carries the operation out."""
    from agentmgr.campaign.sheet import Stopped  # the core comes with it, which most commands do not need

    async def ask_for_more() -> Any:
        await stream.send_all(_MORE)
        return await frames.next()

    while True:
        match trio.from_thread.run(ask_for_more):
            case {"piece": str(text)}:
                yield text
            case {"no_more": "stopped"}:
                raise Stopped
            case {"no_more": "whole"}:
                return
            case _:
                raise AdminRefused(
                    "what the command sent cannot be read; server and command differ in version"
                )


async def _answer(
    perform: Perform, name: str, args: dict[str, Any], stream: trio.SocketStream, frames: _Frames
) -> str:
    """Carry a request out, and return what became of it."""
    outcome = "done"
    try:
        rows = await _in_thread(perform, name, args, _fed(stream, frames))
        while chunk := await _in_thread(_next_frames, rows):
            await stream.send_all(chunk)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        raise
    except RemoteProtocolError as error:
        log.warning("admin_request_unusable", why=str(error))
        return "unusable"
    except AdminRefused as error:
        outcome = "refused"
        log.info("admin_operation_refused", operation=name, why=str(error))
        end = {"error": str(error)[:MAX_ERROR_CHARACTERS]}
    except Exception:
        outcome = "failed"
        log.exception("admin_operation_failed", operation=name)
        end = {"error": f"{name} failed because of a fault of the server; its log says more"}
    else:
        log.info("admin_operation", operation=name)
        end = {"end": "done"}
    await stream.send_all(frame(pack(end)))
    return outcome


def _user_of(stream: trio.SocketStream) -> str:
    """Return who is at the other end, as the kernel says."""
    said = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(said)
    return f"user {uid}"


def write_down(who: str, name: str, args: Mapping[str, Any], outcome: str) -> None:
    """Write an act into the audit; what was only looked at is none, unless it was of customers."""
    if not name.startswith(("List", "Show", "Watch")) or name == "ShowContact":
        audit(name, who, outcome, **{key: args[key] for key in TOLD if args.get(key)})


async def _follow(follow: Follow, name: str, args: dict[str, Any], stream: trio.SocketStream) -> None:
    """Send what goes on until the other side leaves, which one that only listens does not say otherwise."""
    log.info("admin_operation", operation=name)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_watch_leaving, stream, nursery.cancel_scope)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            end = await _send_followed(follow, name, args, stream)
            await stream.send_all(frame(pack(end)))
        nursery.cancel_scope.cancel()


async def _send_followed(
    follow: Follow, name: str, args: dict[str, Any], stream: trio.SocketStream
) -> dict[str, str]:
    try:
        async with aclosing(follow(args)) as updates:  # type: ignore[type-var]  # it is a generator
            async for rows in updates:
                await stream.send_all(b"".join(frame(pack({"row": row})) for row in rows))
    except AdminRefused as error:
        return {"error": str(error)[:MAX_ERROR_CHARACTERS]}
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        raise
    except Exception:
        log.exception("admin_operation_failed", operation=name)
        return {"error": f"{name} failed because of a fault of the server; its log says more"}
    return {"end": "done"}


async def _watch_leaving(stream: trio.SocketStream, scope: trio.CancelScope) -> None:
    with suppress(trio.BrokenResourceError):
        while await stream.receive_some(RECEIVE_BYTES):
            pass
    scope.cancel()


async def _in_thread(fn: Callable[..., T], *args: Any) -> T:
    # Abandoned when the server ends: each transaction of an operation stands for itself, and waiting
    # for the last of a long import would take longer than a server may take to end.
    return await trio.to_thread.run_sync(fn, *args, abandon_on_cancel=True)


def _next_frames(rows: Iterator[Row]) -> bytes:
    return b"".join(frame(pack({"row": row})) for row in islice(rows, ROWS_AT_A_TIME))


_MORE = frame(pack({"more": True}))


def _next_piece(pieces: Iterator[str]) -> dict[str, str]:
    from agentmgr.campaign.sheet import Stopped

    try:
        return {"piece": next(pieces)}
    except StopIteration:
        return {"no_more": "whole"}
    except Stopped:
        return {"no_more": "stopped"}


def ask(
    path: Path, operation: str, args: Mapping[str, Any], pieces: Iterator[str] = NO_PIECES
) -> Iterator[Row]:
    """Let the server at `path` carry an operation out, and yield its rows as they come; blocks.

    `pieces` are what it asks for meanwhile; Stopped at their end lets the operation end with what it has.

    Raises:
        NoServer: no server listens there; nothing was done.
        AdminRefused: the operation failed, or the connection was lost in the middle.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except PermissionError:
            raise AdminRefused(f"{path}: only the owner of the server may use its admin socket") from None
        except OSError:
            raise NoServer(str(path)) from None
        try:
            connection.sendall(frame(pack({"operation": operation, "args": args})))
            yield from _rows(connection, pieces)
        except (ConnectionError, RemoteProtocolError) as error:
            raise AdminRefused(f"the connection to the server was lost: {error}") from None


def _rows(connection: socket.socket, pieces: Iterator[str]) -> Iterator[Row]:
    decoder = FrameDecoder()
    while data := connection.recv(RECEIVE_BYTES):
        for value in decoder.feed(data):
            match unpack(value):
                case {"row": dict(row)}:
                    yield row
                case {"more": _}:
                    connection.sendall(frame(pack(_next_piece(pieces))))
                case {"error": str(text)}:
                    raise AdminRefused(text)
                case {"end": _}:
                    return
    raise AdminRefused("the server ended before the operation was done; look at what was done, and repeat it")
