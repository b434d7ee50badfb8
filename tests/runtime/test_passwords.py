"""Passwords are checked in fair turns, guessing them gets slow, and nobody is locked out by it."""

import pytest
import trio
import trio.testing
from prometheus_client import CollectorRegistry
from runner_fakes import GatedWriter, ListDesktops, ListStore

from agentmgr.core.effects import CheckAccount, CheckLogon
from agentmgr.core.events import LogonChecked
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AccountLogin, AgentLogin, Role
from agentmgr.runtime import guesses, passwords
from agentmgr.runtime.guesses import LONGEST_DELAY_S, SOURCE_INTERVAL_S, SOURCE_TRIES, Guesses, source_of
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.passwords import MAX_WAIT_S, Passwords
from protocol.results import ResultCode

RIGHT, WRONG, LATER = 0, 17, 6
CHECK_S = 0.025


class Desk:
    """Agents with the password `right`, and a check that takes virtual time, one at a time.

    Attributes:
        answers: result and time by connection and request, in the order they came.
        checked: whose password was checked, in order.
    """

    def __init__(self, monkeypatch, agents=600):
        monkeypatch.setattr(passwords.os, "cpu_count", lambda: 1)
        monkeypatch.setattr(passwords.trio.to_thread, "run_sync", self._run)
        self.store = ListStore([])
        for number in range(agents):
            spec = AgentSpec(f"a{number}", "", ())
            self.store.agents[spec.agent_id] = AgentLogin(spec, "right", "Z", True)
        self.store.accounts["blender"] = AccountLogin("blender", "right", Role.SERVICE, True)
        self.desktops = ListDesktops([])
        self.registry = CollectorRegistry()
        self.answers = {}
        self.awaited = {}
        self.checked = []
        self.count = 0
        self.passwords = Passwords(
            "Z",
            self.store,
            GatedWriter([]),
            lambda login, password: login is not None and login.password_hash == password,
            self.desktops,
            self._answer,
            RuntimeMetrics(self.registry).for_zone("Z"),
        )

    async def _run(self, verify, login, password):
        await trio.sleep(CHECK_S)
        return verify(login, password)

    def _answer(self, event):
        if isinstance(event, LogonChecked) and event.result is not ResultCode.PASSWORD_NOT_VERIFIABLE:
            self.checked.append(event.agent_id)
        key = event.connection, event.request_id
        self.answers[key] = int(event.result), trio.current_time()
        self.awaited.pop(key, trio.Event()).set()

    def at(self, host, *connections):
        """Let connections come from an address."""
        self.desktops.hosts.update(dict.fromkeys(connections, host))

    def ask(self, agent_id, password, connection):
        """Ask for the check of a password; returns the key of its answer."""
        self.count += 1
        self.passwords.ask(CheckLogon(connection, self.count, agent_id, password))
        return connection, self.count

    def leave(self, connection):
        """Let a connection be lost."""
        self.desktops.hosts[connection] = None
        self.passwords.forget(connection)

    async def answer(self, key):
        """Wait for an answer; returns its result and how long it took from now, seconds."""
        began = trio.current_time()
        if key not in self.answers:
            self.awaited[key] = trio.Event()
            await self.awaited[key].wait()
        result, at = self.answers[key]
        return result, at - began

    async def log_on(self, agent_id, connection, password="right"):
        """Ask and wait."""
        return await self.answer(self.ask(agent_id, password, connection))

    def counted(self, result):
        return self.registry.get_sample_value("agentmgr_passwords_total", {"zone": "Z", "result": result})


@pytest.fixture
async def desk(nursery, autojump_clock, monkeypatch):
    desk = Desk(monkeypatch)
    nursery.start_soon(desk.passwords.run)
    return desk


# -- turns -------------------------------------------------------------------------------------------


async def test_logons_of_a_lost_connection_are_dropped_before_their_check(desk, autojump_clock):
    for number in range(600):
        desk.ask(f"a{number}", "wrong", 1)
    await trio.sleep(CHECK_S / 2)
    desk.leave(1)
    assert desk.passwords.waiting == 0
    result, waited_s = await desk.log_on("a7", 2)
    assert (result, desk.checked) == (RIGHT, ["a0", "a7"])
    assert waited_s < 3 * CHECK_S
    assert not desk.passwords._of_connection
    assert not desk.passwords._tried


async def test_logon_that_comes_after_its_connection_is_lost_is_dropped(desk, autojump_clock):
    desk.leave(1)
    desk.ask("a1", "right", 1)
    await trio.sleep(1)
    assert not desk.checked
    assert not desk.answers


async def test_thousand_logons_of_one_connection_keep_no_other_of_its_address_waiting(desk, autojump_clock):
    for number in range(1000):
        desk.ask(f"x{number}", "wrong", 1)
    _, waited_s = await desk.log_on("a7", 2)
    assert waited_s < 4 * CHECK_S


async def test_addresses_take_turns_however_many_connections_each_has(desk, autojump_clock):
    desk.at("198.51.100.1", *range(100, 140))
    desk.at("192.0.2.7", 1, 2)
    for connection in range(100, 140):
        desk.ask(f"a{connection}", "right", connection)
    desk.ask("a1", "right", 1)
    desk.ask("a2", "right", 2)
    await trio.sleep(5 * CHECK_S)
    assert {"a1", "a2"} <= set(desk.checked)
    assert len(desk.checked) <= 5


async def test_flood_of_wrong_logons_keeps_a_shift_waiting_for_seconds_at_most(desk, autojump_clock):
    """Strangers of one address, over ever new connections, while 20 agents of another log on."""
    began = trio.current_time()
    desk.at("203.0.113.9", *range(1000, 2000))
    desk.at("192.0.2.7", *range(20))
    for connection in range(1000, 2000):
        desk.ask(f"x{connection}", "guess", connection)
    keys = [desk.ask(f"a{number}", "right", number) for number in range(20)]
    waits = [await desk.answer(key) for key in keys]
    assert {result for result, _ in waits} == {RIGHT}
    assert max(desk.answers[key][1] for key in keys) < began + 20 * 2 * CHECK_S + 4 * CHECK_S


async def test_logon_that_would_wait_too_long_is_put_off_at_once(desk, autojump_clock):
    desk.passwords.seconds = 1.0
    keys = [desk.ask(f"a{number}", "right", 1) for number in range(40)]
    put_off = [key for key in keys if key in desk.answers]
    assert [desk.answers[key][0] for key in put_off] == [LATER] * len(put_off)
    assert len(put_off) == 40 - int(MAX_WAIT_S) - 1
    assert desk.counted("turn") == len(put_off)


async def test_logon_that_waited_too_long_all_the_same_is_put_off(desk, autojump_clock, monkeypatch):
    monkeypatch.setattr("test_passwords.CHECK_S", 10.0)
    began = trio.current_time()
    keys = [desk.ask(f"a{number}", "right", 1) for number in range(6)]
    results = [(await desk.answer(key))[0] for key in keys]
    assert results == [RIGHT, RIGHT, RIGHT, LATER, LATER, LATER]
    assert trio.current_time() < began + MAX_WAIT_S + 15


async def test_one_address_cannot_take_all_places(desk, autojump_clock, monkeypatch):
    monkeypatch.setattr(passwords, "MAX_OF_SOURCE", 5)
    monkeypatch.setattr(passwords, "MAX_WAITING", 8)
    desk.at("203.0.113.9", *range(100, 120))
    keys = [desk.ask(f"x{connection}", "guess", connection) for connection in range(100, 120)]
    assert sum(key in desk.answers for key in keys) == 15
    assert (await desk.log_on("a1", 1))[0] == RIGHT


async def test_agents_who_logged_on_from_an_address_before_come_first(desk, autojump_clock):
    assert (await desk.log_on("a1", 1))[0] == RIGHT
    desk.at("203.0.113.9", *range(100, 400))
    for connection in range(100, 400):
        desk.at(f"203.0.{connection}.9", connection)
        desk.ask(f"x{connection}", "guess", connection)
    _, waited_s = await desk.log_on("a1", 2)
    assert waited_s < 4 * CHECK_S


# -- guessing ------------------------------------------------------------------------------------------


async def test_delay_after_wrong_passwords_grows_to_its_bound(desk, autojump_clock):
    waits = [(await desk.log_on("a1", 1, "wrong"))[1] for _ in range(9)]
    delays = [round(waited_s - CHECK_S) for waited_s in waits]
    assert delays == [0, 0, 0, 1, 2, 4, 8, LONGEST_DELAY_S, LONGEST_DELAY_S]


async def test_right_password_forgets_the_wrong_ones(desk, autojump_clock):
    for _ in range(4):
        await desk.log_on("a1", 1, "wrong")
    assert (await desk.log_on("a1", 1))[0] == RIGHT
    waits = [(await desk.log_on("a1", 1, "wrong"))[1] for _ in range(3)]
    assert max(waits) < 2 * CHECK_S


async def test_right_password_from_another_address_waits_for_nobody(desk, autojump_clock):
    desk.at("203.0.113.9", 1)
    for _ in range(8):
        await desk.log_on("a1", 1, "wrong")
    desk.ask("a1", "wrong", 1)
    assert await desk.log_on("a1", 2) == (RIGHT, pytest.approx(CHECK_S, abs=0.01))


async def test_right_password_after_300_wrong_ones_waits_for_its_own_delay_alone(desk, autojump_clock):
    for connection in range(300):
        desk.ask("a1", "wrong", connection)
        await trio.sleep(0.2)
    result, waited_s = await desk.log_on("a1", 1000)
    assert result in (RIGHT, LATER)
    assert waited_s <= LONGEST_DELAY_S + 2 * CHECK_S
    desk.leave(299)
    for connection in range(299):
        desk.leave(connection)
    result, waited_s = await desk.log_on("a1", 1001)
    assert result == RIGHT
    assert waited_s <= LONGEST_DELAY_S + 2 * CHECK_S


async def test_stranger_with_a_wrong_password_before_gives_way_to_a_new_connection(desk, autojump_clock):
    for _ in range(5):
        await desk.log_on("a1", 1, "wrong")
    waiting = desk.ask("a1", "wrong", 1)
    result, waited_s = await desk.log_on("a1", 2)
    assert desk.answers[waiting][0] == LATER
    assert (result, round(waited_s)) == (RIGHT, 4)


async def test_one_logon_of_an_agent_waits_for_each_address(desk, autojump_clock):
    desk.at("203.0.113.9", 1, 2, 3)
    first, second, third = (desk.ask("a1", "right", connection) for connection in (1, 2, 3))
    elsewhere = desk.ask("a1", "right", 4)
    assert desk.answers[second][0] == desk.answers[third][0] == LATER
    assert (await desk.answer(first))[0] == (await desk.answer(elsewhere))[0] == RIGHT
    assert desk.counted("another") == 2


async def test_second_logon_of_an_agent_waits_for_the_check_of_the_first(desk, autojump_clock):
    wrong = [desk.ask("a1", "wrong", 1)]
    await trio.sleep(CHECK_S / 2)
    wrong.append(desk.ask("a1", "wrong", 2))
    assert [(await desk.answer(key))[0] for key in wrong] == [WRONG, WRONG]
    assert desk.passwords.waiting == 0


async def test_delay_holds_no_core_and_no_thread(desk, autojump_clock):
    for _ in range(6):
        await desk.log_on("a1", 1, "wrong")
    desk.ask("a1", "wrong", 1)
    _, waited_s = await desk.log_on("a2", 2)
    assert waited_s < 2 * CHECK_S


async def test_guesses_over_many_agents_from_one_address_get_slow(desk, autojump_clock):
    began = trio.current_time()
    for number in range(SOURCE_TRIES + 20):
        await desk.log_on(f"a{number}", number, "guess")
    assert trio.current_time() - began > 18 * SOURCE_INTERVAL_S
    desk.at("192.0.2.7", 2000)
    assert await desk.log_on("a590", 2000) == (RIGHT, pytest.approx(CHECK_S, abs=0.01))


async def test_shift_of_500_behind_one_address_is_not_delayed_by_a_few_typos(desk, autojump_clock):
    typos, began = range(0, 500, 25), trio.current_time()
    for number in typos:
        desk.ask(f"a{number}", "tpyo", number)
    keys = [desk.ask(f"a{number}", "right", number) for number in range(500) if number not in typos]
    results = [(await desk.answer(key))[0] for key in keys]
    assert set(results) == {RIGHT}
    again = [(await desk.log_on(f"a{number}", number))[0] for number in typos]
    assert set(again) == {RIGHT}
    assert trio.current_time() < began + 530 * CHECK_S


async def test_shift_that_has_logged_on_before_is_not_delayed_by_a_guesser_behind_its_address(
    desk, autojump_clock
):
    for number in range(20):
        await desk.log_on(f"a{number}", number)
    for number in range(SOURCE_TRIES + 200):
        desk.ask(f"x{number}", "guess", 1000 + number)
    await trio.sleep(SOURCE_TRIES * CHECK_S * 2)
    began = trio.current_time()
    keys = [desk.ask(f"a{number}", "right", 100 + number) for number in range(20)]
    for key in keys:
        assert (await desk.answer(key))[0] == RIGHT
    assert trio.current_time() - began < 22 * CHECK_S


async def test_newcomer_behind_the_address_of_a_guesser_waits_for_seconds_at_most(desk, autojump_clock):
    for number in range(SOURCE_TRIES + 200):
        desk.ask(f"x{number}", "guess", 1)
    await trio.sleep(SOURCE_TRIES * CHECK_S + 5)
    assert (await desk.log_on("a1", 2))[1] <= 2 * SOURCE_INTERVAL_S


async def test_newcomer_comes_before_connections_that_were_wrong(desk, autojump_clock):
    for connection in range(SOURCE_TRIES):
        await desk.log_on(f"x{connection}", connection, "guess")
    tried = [desk.ask(f"y{connection}", "guess", connection) for connection in range(SOURCE_TRIES)]
    assert sum(key not in desk.answers for key in tried) > 5
    assert (await desk.log_on("a1", 1000))[1] <= 2 * SOURCE_INTERVAL_S


async def test_account_is_guessed_as_slowly_as_an_agent(desk, autojump_clock):
    began = trio.current_time()
    for number in range(6):
        desk.passwords.ask(CheckAccount(1, number, "blender", "guess"))
        assert (await desk.answer((1, number)))[0] == WRONG
    assert trio.current_time() - began > 1 + 2 + 4
    assert (await desk.log_on("blender", 1, "guess"))[1] < 2 * CHECK_S  # an agent of that name is another


async def test_wrong_passwords_are_counted_and_logged(desk, autojump_clock, capsys):
    for _ in range(4):
        await desk.log_on("a1", 1, "wrong")
    await desk.log_on("a1", 1)
    assert (desk.counted("right"), desk.counted("wrong")) == (1, 4)
    shown = capsys.readouterr().err
    assert shown.count("password_wrong") == 4
    assert "in_a_row=4" in shown
    assert "delay_s=2.0" in shown
    assert "192.0.2.1" in shown
    assert "tpyo" not in shown


# -- what is remembered --------------------------------------------------------------------------------


def pair(number, source="192.0.2.1"):
    return (CheckLogon, f"a{number}"), source


def test_what_is_remembered_of_guesses_is_bounded(monkeypatch):
    monkeypatch.setattr(guesses, "MAX_PAIRS", 10)
    monkeypatch.setattr(guesses, "MAX_SOURCES", 10)
    remembered = Guesses()
    for number in range(100):
        remembered.wrong(pair(number, f"192.0.2.{number}"), 1.0)
        remembered.right(pair(number + 1000))
    assert len(remembered._failed) == len(remembered._known) == len(remembered._sources) == 10
    assert remembered.is_known(pair(1099))
    assert not remembered.is_known(pair(1000))


def test_wrong_passwords_are_forgotten_after_a_while():
    remembered = Guesses()
    for _ in range(5):
        remembered.wrong(pair(1), 100.0)
    assert remembered.wrong(pair(1), 100.0 + guesses.FORGET_S + 1) == (1, 0.0)


def test_number_of_guesses_has_no_end_that_a_delay_could_overflow_at():
    remembered = Guesses()
    for _ in range(3000):
        assert remembered.wrong(pair(1), 0.0)[1] <= LONGEST_DELAY_S


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("memory", "memory"),
    ],
)
def test_address_counts_as_its_network_where_one_has_many(host, source):
    assert source_of(host) == source
