"""A database asked for contacts: read only, row by row, within the same limits as a file."""

import os
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL

from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.sheet import Row
from agentmgr.imports.addresses import Unreachable, checked_address
from agentmgr.imports.fetching import NotFetched

ROWS_AT_ONCE = 500
CONNECT_S = 30
_MAY_BE_SAID = frozenset({"sslmode", "sslrootcert", "application_name", "charset", "client_encoding", "ssl"})
"""What the URL of a database may say beside the host: none of it leads elsewhere."""


def read_url(text: str) -> URL:
    """Read the URL of a database.

    Raises:
        NotFetched: it is none, or says what may lead elsewhere.
    """
    try:
        url = sa.make_url(text)
        url.get_dialect()
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise NotFetched(f"the URL of the database cannot be used: {error}") from None
    other = sorted(set(url.query) - _MAY_BE_SAID)
    if other:
        raise NotFetched(
            f"{shown_url(url)}: says {', '.join(other)}; allowed are {', '.join(sorted(_MAY_BE_SAID))}"
        )
    return url


def shown_url(url: URL) -> str:
    """Return a URL as it is shown, without its password."""
    return url.render_as_string(hide_password=True)


def rows(location: str, query: str, rules: ImportRules) -> Iterator[Row]:
    """Give the rows of a query, the first with the names of its columns; lines count them.

    Raises:
        NotFetched: the database cannot be asked, or fails on the way.
    """
    url = read_url(location)
    try:
        yield from _rows(url, query, rules)
    except Unreachable as error:
        raise NotFetched(str(error)) from None
    except sa.exc.DBAPIError as error:
        raise NotFetched(f"{shown_url(url)}: {_first_line(error.orig or error)}") from None
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise NotFetched(f"{shown_url(url)}: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _rows(url: URL, query: str, rules: ImportRules) -> Iterator[Row]:
    is_file = url.get_backend_name() == "sqlite"
    if is_file:
        url = _below_directory(url, rules)
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.NullPool,
        connect_args={} if is_file else _pinned(url, rules),
        execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE},
    )
    options = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
    with engine.connect() as connection:
        found = connection.execution_options(**options).exec_driver_sql(query)
        if not found.returns_rows:
            raise NotFetched(f"{shown_url(url)}: the query gives no rows; it needs a SELECT")
        yield Row(1, tuple(found.keys()))
        for line, row in enumerate(found, 2):
            try:
                yield Row(line, tuple(map(_as_text, row)))
            except TypeError as error:
                yield Row(line, (), str(error))


def _below_directory(url: URL, rules: ImportRules) -> URL:
    """Let a file of SQLite be one below the directory, opened to be read alone."""
    if not rules.directory:
        raise NotFetched(
            f"{shown_url(url)}: files are not read here; imports.directory in the configuration names the"
            " directory of those that are"
        )
    root = Path(rules.directory).resolve()
    path = (root / (url.database or "")).resolve()
    if not path.is_relative_to(root) or not os.path.isfile(path):
        raise NotFetched(f"{shown_url(url)}: is no file below {rules.directory}")
    return URL.create("sqlite", database=f"file:{path}", query={"mode": "ro", "uri": "true"})


def _pinned(url: URL, rules: ImportRules) -> Mapping[str, Any]:
    """Let the driver connect to the address that was checked."""
    host = url.host or ""
    if not host or host.startswith("/"):
        raise NotFetched(f"{shown_url(url)}: needs the host of the database")
    if url.get_backend_name() != "postgresql":
        checked_address(host, url.port or 0, rules.may_be_inner)
        return {}
    address = checked_address(host, url.port or 5432, rules.may_be_inner)
    return {"hostaddr": address, "connect_timeout": CONNECT_S}


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
    raise TypeError(f"has a value of type {type(value).__name__}, which is no text")
