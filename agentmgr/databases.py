"""The databases of a configuration: opened, made, copied, and worked on while no server runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from agentmgr.admin import operations
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import NO_PIECES, AdminRefused, Row
from agentmgr.campaign.services import Services, unserved
from agentmgr.ports import LeaseStore, StoreFault
from agentmgr.settings.classes import Settings
from agentmgr.store import (
    SqlStore,
    copy_to_postgres,
    has_tables,
    open_leases,
    open_postgres,
    open_sqlite,
    url_name,
)


class ServerFailed(Exception):
    """The server cannot start, or could not go on; the text is one line for a person."""


OpenStores = Callable[[Settings, str, ExitStack], tuple[SqlStore, LeaseStore | None]]


def open_stores(settings: Settings, incarnation: str, stack: ExitStack) -> tuple[SqlStore, LeaseStore | None]:
    """Open the database; with it leases, if several managers may share it.

    Raises:
        StoreFault: it cannot be opened.
    """
    database = settings.database
    if not database.url:
        return stack.enter_context(closing(open_store(settings))), None
    store = stack.enter_context(closing(open_store(settings, incarnation)))
    leases = open_leases(database.url, incarnation, password=database_password(settings))
    return store, stack.enter_context(closing(leases))


def open_store(settings: Settings, incarnation: str = "", *, create: bool = False) -> SqlStore:
    """Open the database that is configured: that of the url, or the file.

    Args:
        settings: of the whole server.
        incarnation: of the manager whose process this is; empty for one that only looks or changes something.
        create: make what is missing.

    Raises:
        StoreFault: it cannot be opened.
    """
    database = settings.database
    if not database.url:
        return open_sqlite(database.path, create=create)
    return open_postgres(database.url, incarnation, password=database_password(settings), create=create)


def database_password(settings: Settings) -> str | None:
    """Return the password for the database's url, if it is kept in a file.

    Raises:
        StoreFault: the file cannot be read.
    """
    path = settings.database.password_file
    if not path:
        return None
    try:
        return Path(path).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreFault(f"database.password_file: {path} cannot be read: {error}") from None


def make_database(settings: Settings) -> bool:
    """Make what is missing of the database; return whether it was all of it.

    Raises:
        ServerFailed: it cannot be made, or what is there is no database of ours.
    """
    path = Path(settings.database.path)
    try:
        if settings.database.url:
            is_missing = not has_tables(settings.database.url, database_password(settings))
        else:
            is_missing = not path.exists()
            path.parent.mkdir(parents=True, exist_ok=True)
        open_store(settings, create=True).close()
    except (OSError, StoreFault) as error:
        raise ServerFailed(str(error)) from None
    return is_missing


def begin_new_era(settings: Settings) -> int:
    """Raise the era of all zones of a database that was restored; return how many there are.

    Raises:
        ServerFailed: it cannot be opened.
    """
    try:
        with closing(open_store(settings)) as store:
            return store.restored(time.time())
    except StoreFault as error:
        raise ServerFailed(str(error)) from None


def copy_database(settings: Settings, url: str, told: Callable[[str, int], None]) -> None:
    """Copy the file that is configured into a database in PostgreSQL that has nothing yet, or nothing of it.

    Raises:
        ServerFailed: it cannot be copied; nothing was.
    """
    try:
        copy_to_postgres(settings.database.path, url, told, password=database_password(settings))
    except StoreFault as error:
        raise ServerFailed(str(error)) from None


def database_name(settings: Settings) -> str:
    """Return how the database is named to people, without a password."""
    database = settings.database
    return url_name(database.url) if database.url else database.path


def perform_on_store(
    settings: Settings, request: Request, pieces: Iterator[str] = NO_PIECES
) -> Iterator[Row]:
    """Carry a request out on the database itself, while no server runs; `pieces` are as for `operations`.

    Raises:
        AdminRefused: the operation failed, or the database cannot be used.
    """
    try:
        with closing(open_store(settings)) as store:
            services = Services(unserved(store, settings.schedules), operations.SUPERVISOR)
            yield from operations.perform(request, services, pieces)
    except StoreFault as error:
        raise AdminRefused(str(error)) from None
