"""Every statement of the room is one that the tables of the newest schema take."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

from agentmgr import store as room
from agentmgr.ports import Claim, Fenced, Token
from agentmgr.store import SqlStore
from agentmgr.store.ownership import check_token, raise_epoch
from agentmgr.store.records import STATEMENTS
from agentmgr.store.reports import SELECTS
from agentmgr.store.settlement import SETTLE_ABANDONED, SETTLE_CONTACTS
from agentmgr.store.sql import Transaction
from agentmgr.testing.postgres import ThrowawayPostgres
from protocol.structures import SocketInfo
from tests.databases import new_postgres, new_store

RUN = {"execute", "execute_many", "fetch"}
# What functions put into their statements, and those that are passed on: found by their tables instead.
LOCAL = {
    "batch": ("x",),
    "organisations": ("", "North Bank"),
    "wanted": "(?)",
    "passing_over": "",
    "query": "SELECT number, attempt_id FROM number_in_work WHERE number IN",
    "table": "contact_attribute",
    "some": ("Asia/Tokyo", "Europe/Berlin"),
    "which": "due_at > 0",
    "of_job": "note",
    "key": "note_id",
    "becomes": "value + 1",
    "of_these": " WHERE name IN (?)",
    "keys": ("x",),
    "of_campaign": "campaign_list",
    "bounds": " AND (attempt.started_at, attempt.attempt_id) > (?, ?) AND attempt.started_at < ?",
}
PASSED_ON = {"sql", "statement", "statement.sql", "lock", "select"}


def statements_of(module: ModuleType) -> Iterator[str]:
    """Yield the SQL that stands in the calls of a module."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUN:
            sql = node.args[0]
            if ast.unparse(sql) not in PASSED_ON and "sql" in ast.unparse(node.func.value):
                names = {**vars(module), **LOCAL, "counted": "done"}
                yield eval(compile(ast.Expression(sql), module.__name__, "eval"), names)


# What one kind of database alone is asked.
DRIVERS = {"copying", "database", "pgleases", "pglink", "postgres"}
MODULES = [
    importlib.import_module(f"{room.__name__}.{m.name}")
    for m in pkgutil.iter_modules(room.__path__)
    if m.name not in DRIVERS
]
IN_CALLS = [sql for module in MODULES for sql in statements_of(module)]
IN_TABLES = [
    *(each.sql for group in STATEMENTS.values() for each in group),
    SETTLE_ABANDONED,
    *SETTLE_CONTACTS,
    *SELECTS.values(),
]


def test_statements_are_found_in_every_module_that_has_some() -> None:
    found = {module.__name__.rpartition(".")[2] for module in MODULES if any(statements_of(module))}
    assert found >= {"callbacks", "claims", "contacts", "counters", "dnc", "ownership", "saved", "settlement"}


@pytest.fixture(scope="module")
def stores(
    postgres_server: ThrowawayPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SqlStore, ...]]:
    """Return an empty store of each kind."""
    place = new_postgres(postgres_server)
    made = (new_store(tmp_path_factory.mktemp("store") / "agentmgr.sqlite"), place.open())
    yield made
    for store in made:
        store.close()
    place.give_back()


@pytest.mark.parametrize("sql", [*IN_CALLS, *IN_TABLES])
def test_statement_is_prepared_on_an_empty_store_of_each_kind(stores: tuple[SqlStore, ...], sql: str) -> None:
    for store in stores:
        assert store._database.write(lambda tx: tx.sql.fetch(f"EXPLAIN {sql}", [None] * sql.count("?")))


class RecordingSql:
    """Runs nothing and knows no zone; keeps the order in which it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    timeline = 1

    def hold_zone(self, zone: str, *, alone: bool, owner: Token | None = None) -> None:
        self.asked.append(f"hold {zone} {'alone' if alone else 'shared'}")

    def fetch(self, sql: str, parameters: object = ()) -> list[tuple[object, ...]]:
        self.asked.append(sql.partition(" ")[0])
        return [(1, 1)] if "era" in sql else [("m",)]

    def execute(self, sql: str, parameters: object = ()) -> int:
        self.asked.append(sql.partition(" ")[0])
        return 1


def test_owner_is_held_before_it_is_read() -> None:
    """Otherwise another could become the owner between the two where transactions run side by side."""
    sql = RecordingSql()
    tx = Transaction(sql, None)  # type: ignore[arg-type]  # the part of Sql that these use
    check_token(tx, Token("Z", 1, 1))
    assert sql.asked == ["hold Z shared", "SELECT"]
    sql.asked.clear()
    assert raise_epoch(
        tx, "Z", 0.0, Claim("m", Token("Z", 1, 1), SocketInfo("127.0.0.1", 1), "test")
    ) == Token("Z", 1, 1)
    assert sql.asked[:2] == ["hold Z alone", "SELECT"]
    with pytest.raises(Fenced):
        check_token(tx, Token("Z", 1, 2))
