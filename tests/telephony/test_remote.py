"""The connection between a manager and the switch process: cuts, owners, secrets."""

from typing import Any

import pytest
import trio

from agentmgr.core.effects import Connect, HangUp, NailUp
from agentmgr.core.events import CallAnswered, CallEnded, NailAnswered, TelephonyLost, TelephonyRestored
from agentmgr.ports import Fenced, Token
from agentmgr.telephony import wire
from agentmgr.telephony.link import Link
from agentmgr.telephony.remote import RemoteSwitch
from protocol.errors import RemoteProtocolError
from tests.telephony.remotes import SECRET, TIMES, Centre, Ear, centre
from tests.telephony.switches import dial

CALLS = 4


async def work_through(each: Centre, switch: RemoteSwitch) -> None:
    """Have some calls, so that orders and events go both ways for a while."""
    await switch.keep(())
    switch.order(NailUp("n1", "1001", "sip:1001"))
    for number in range(CALLS):
        switch.order(dial(f"c{number}"))
        await trio.sleep(6)
        switch.order(Connect(f"c{number}", "n1"))
        await trio.sleep(1)
        switch.order(HangUp(f"c{number}"))
        await trio.sleep(1)


WORKED = [NailAnswered("n1"), *(CallAnswered(f"c{number}") for number in range(CALLS))]


async def cut_once(cut_after: int) -> int:
    """Work through with a cut after so many bytes; returns how many were carried."""
    async with centre() as each:
        each.line.cut_after = cut_after
        switch, ear = each.manager(), Ear()
        async with switch.open(ear):
            await work_through(each, switch)
            await trio.sleep(3)
        assert ear.heard == WORKED, f"cut after {cut_after} bytes"
        status = each.zone.status()
        assert (status.orders, status.calls, status.takeovers) == (1 + 3 * CALLS, 0, 1), cut_after
        assert each.line.connections == 1 + (cut_after < each.line.carried)
        return each.line.carried


async def test_cut_anywhere_loses_and_doubles_neither_order_nor_event(autojump_clock):
    carried = await cut_once(10**9)
    for cut_after in range(0, carried, 97):
        await cut_once(cut_after)


@pytest.mark.nightly
async def test_cut_at_every_byte_loses_and_doubles_neither_order_nor_event(autojump_clock):
    carried = await cut_once(10**9)
    for cut_after in range(1, carried):
        await cut_once(cut_after)


async def test_short_loss_is_bridged_orders_wait_and_events_follow(autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(), Ear()
        async with switch.open(ear):
            await switch.keep(())
            switch.order(dial("c1"))
            await trio.sleep(4)
            each.line.down = True
            each.line.cut()
            await trio.sleep(2)
            switch.order(dial("c2"))
            await trio.sleep(2)
            assert ear.heard == []
            each.line.down = False
            await trio.sleep(0.6)
            assert ear.heard == [CallAnswered("c1")]
            await trio.sleep(5)
    assert ear.heard == [CallAnswered("c1"), CallEnded("c1"), CallAnswered("c2")]


async def test_silent_line_is_noticed_and_bridged(autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(), Ear()
        async with switch.open(ear):
            await switch.keep(())
            switch.order(dial("c1"))
            await trio.sleep(1)
            each.line.silent = True
            await trio.sleep(5)
            each.line.silent = False
            await trio.sleep(2.5)
    assert ear.heard == [CallAnswered("c1")]
    assert each.line.connections > 1


async def test_longer_loss_is_told_and_all_calls_are_ended_before_orders_count_again(autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(), Ear()
        async with switch.open(ear):
            await switch.keep(())
            switch.order(NailUp("n1", "1001", "sip:1001"))
            await trio.sleep(3)
            each.line.down = True
            each.line.cut()
            await trio.sleep(4.9)
            assert ear.heard == [NailAnswered("n1")]
            await trio.sleep(0.2)
            assert ear.heard == [NailAnswered("n1"), TelephonyLost()]
            switch.order(dial("lost"))
            await trio.sleep(10)
            assert each.zone.status().lines == 1, "it goes on without a manager"
            each.line.down = False
            await trio.sleep(2.1)
            assert ear.heard[2:] == [TelephonyRestored()]
            assert each.zone.status().lines == 0
            switch.order(dial("c1"))
            await trio.sleep(5.1)
    assert ear.heard[3:] == [CallAnswered("c1")]


async def test_zone_opened_while_the_switch_is_away_finds_no_legs_and_is_told(autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(), Ear()
        each.line.down = True
        async with switch.open(ear):
            assert await switch.keep(["c1"]) == frozenset()
            assert ear.heard == [TelephonyLost()]
            each.line.down = False
            await trio.sleep(3)
    assert ear.heard == [TelephonyLost(), TelephonyRestored()]


async def test_switch_that_was_started_anew_is_one_that_was_lost(autojump_clock):
    async with centre() as old, centre() as new:
        switch, ear = old.manager(), Ear()
        async with switch.open(ear):
            await switch.keep(())
            switch.order(dial("c1"))
            await trio.sleep(1)
            old.line._server = new.server
            old.line.cut()
            await trio.sleep(1)
            switch.order(dial("c2"))
            await trio.sleep(6)
    assert ear.heard == [TelephonyLost(), TelephonyRestored(), CallAnswered("c2")]


async def test_owner_that_hears_nothing_for_too_long_begins_with_nothing(autojump_clock):
    async with centre(kept_events=3) as each:
        switch, ear = each.manager(bridge_s=100), Ear()
        async with switch.open(ear):
            await switch.keep(())
            for number in range(5):
                switch.order(dial(f"c{number}"))
            await trio.sleep(3)
            each.line.down = True
            each.line.cut()
            await trio.sleep(10)
            each.line.down = False
            await trio.sleep(3)
    assert ear.heard == [TelephonyLost(), TelephonyRestored()]


async def test_more_orders_than_may_wait_are_a_lost_switch(autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(waiting_orders=10), Ear()
        async with switch.open(ear):
            await switch.keep(())
            await trio.sleep(1)
            each.line.down = True
            each.line.cut()
            for number in range(11):
                switch.order(dial(f"c{number}"))
            assert ear.heard == [TelephonyLost()]


# -- owners ------------------------------------------------------------------------------------


async def test_higher_epoch_takes_the_zone_and_the_one_before_is_fenced(autojump_clock):
    async with centre() as each:
        first, second, ear = each.manager(1), each.manager(2), Ear()
        with pytest.RaisesGroup(Fenced, allow_unwrapped=True):
            async with first.open(Ear()):
                await first.keep(())
                first.order(NailUp("n1", "1001", "sip:1001"))
                await trio.sleep(3)
                async with second.open(ear):
                    assert await second.keep(["n1"]) == {"n1"}
                    await trio.sleep_forever()
        assert ear.heard == []


async def test_lower_epoch_is_refused_at_its_hello(autojump_clock):
    async with centre() as each:
        second, first = each.manager(2), each.manager(1)
        async with second.open(Ear()):
            await second.keep(())
            with pytest.RaisesGroup(Fenced, allow_unwrapped=True):
                async with first.open(Ear()):
                    await first.keep(())
                    await trio.sleep_forever()
            second.order(dial("c1"))
            await trio.sleep(1)
            assert (each.zone.status().epoch, each.zone.status().calls) == (2, 1)


async def greet(each: Centre, epoch: int, attempt: int = 1, life: int = 1) -> tuple[Link, Any]:
    """Say hello as a manager that then does what a test wants; returns what the switch says."""
    link = Link(await each.line.connect(), TIMES)
    challenge = await link.greeted()
    hello = wire.Hello("Default", 1, epoch, life, attempt, 0, "nonce")
    await link.say(wire.signed(hello, SECRET, challenge.nonce))
    return link, await link.greeted()


async def test_orders_of_an_owner_that_lost_the_zone_are_refused_and_counted(autojump_clock):
    async with centre() as each:
        old, _ = await greet(each, 1)
        second = each.manager(2)
        async with second.open(Ear()):
            await second.keep(())
            for number in range(3):
                await old.say(wire.Order(number + 1, 1, 1, dial(f"c{number}")))
            await trio.sleep(1)
            status = each.zone.status()
    assert (status.stale_orders, status.orders, status.calls) == (3, 0, 0)
    refused = await old.greeted()
    assert refused.reason is wire.Refusal.Stale


async def test_order_with_another_token_than_its_connection_ends_the_connection(autojump_clock):
    async with centre() as each:
        link, _ = await greet(each, 1)
        await link.say(wire.Order(1, 1, 2, dial("c1")))
        await trio.sleep(0.5)
        assert (each.server._connections, each.zone.status().orders) == (0, 0)


async def test_connection_that_comes_late_takes_nothing_from_a_later_one(autojump_clock):
    async with centre() as each:
        await greet(each, 1, attempt=2)
        _, answer = await greet(each, 1, attempt=1)
    assert answer.reason is wire.Refusal.Superseded


async def test_order_sent_again_over_another_connection_is_carried_out_once(autojump_clock):
    async with centre() as each:
        first, _ = await greet(each, 1)
        await first.say(wire.Order(1, 1, 1, dial("c1")))
        await trio.sleep(0.5)
        second, welcome = await greet(each, 1, attempt=2)
        assert (welcome.resumed, welcome.done) == (True, 1)
        await second.say(wire.Order(1, 1, 1, dial("c1")))
        await second.say(wire.Order(2, 1, 1, dial("c2")))
        await trio.sleep(0.5)
        assert each.zone.status().orders == 2


async def test_two_zones_have_switches_of_their_own(autojump_clock):
    async with centre() as each:
        one = each.manager()
        other = RemoteSwitch(each.line.connect, SECRET, Token("Other", 1, 5), times=TIMES)
        async with one.open(Ear()), other.open(Ear()):
            await one.keep(())
            await other.keep(())
            one.order(dial("c1"))
            await trio.sleep(1)
            calls = {name: zone.status().calls for name, zone in each.server.zones.items()}
    assert calls == {"Default": 1, "Other": 0}


# -- secrets and strangers -----------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["manager", "switch"])
async def test_wrong_secret_serves_nobody_and_is_out_of_reach(wrong, autojump_clock):
    async with centre(secret=SECRET if wrong == "manager" else b"another secret of the switch") as each:
        switch, ear = each.manager(secret=b"guessed at random" if wrong == "manager" else SECRET), Ear()
        async with switch.open(ear):
            assert await switch.keep(["c1"]) == frozenset()
            switch.order(dial("c1"))
            await trio.sleep(5)
        assert each.server.zones == {}
    assert ear.heard == [TelephonyLost()]


async def test_switch_that_proves_nothing_is_not_told_anything(autojump_clock):
    heard = []

    async def pretend(stream: trio.abc.Stream) -> None:
        link = Link(stream, TIMES)
        await link.say(wire.Challenge(wire.VERSION, "nonce"))
        hello = await link.greeted()
        await link.say(wire.Welcome(hello.proof, False, 0, False, 1.0))
        try:
            while True:
                heard.append(await link.receive())
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass

    async with trio.open_nursery() as nursery:

        async def connect() -> trio.abc.Stream:
            mine, its = trio.testing.memory_stream_pair()
            nursery.start_soon(pretend, its)
            return mine

        switch = RemoteSwitch(connect, SECRET, Token("Default", 1, 1), times=TIMES)
        async with switch.open(Ear()):
            assert await switch.keep(["c1"]) == frozenset()
    assert heard == []


async def test_stranger_that_says_nothing_is_let_go(autojump_clock):
    async with centre() as each:
        stream = await each.line.connect()
        await trio.sleep(TIMES.greet_s + 0.1)
        assert await stream.receive_some(1000), "the challenge"
        assert await stream.receive_some(1000) == b""


@pytest.mark.parametrize(
    "junk", [b"\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\1\xc0", b"\0\0\0\2\x81\xa0"]
)
async def test_stranger_that_says_something_else_is_let_go_and_others_are_served(junk, autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(), Ear()
        async with switch.open(ear):
            await switch.keep(())
            stream = await each.line.connect()
            await stream.send_all(junk)
            await trio.sleep(1)
            assert each.server._connections == 1
            switch.order(dial("c1"))
            await trio.sleep(5.1)
    assert ear.heard == [CallAnswered("c1")]


@pytest.mark.parametrize("differs", [{"confirms": True}, {"speed": 2.0}])
async def test_switch_with_other_settings_counts_as_out_of_reach(differs, autojump_clock):
    async with centre() as each:
        switch, ear = each.manager(**differs), Ear()
        async with switch.open(ear):
            await switch.keep(())
    assert ear.heard == [TelephonyLost()]


def test_message_is_read_as_it_was_written() -> None:
    order = wire.Order(3, 1, 2, dial("c1"))
    assert wire.decode(wire.encode(order)[4:]) == order


@pytest.mark.parametrize(
    "value",
    [
        {"is": "Order", "number": "3", "era": 1, "epoch": 1, "order": {"is": "HangUp", "call_id": "c1"}},
        {"is": "Order", "number": 3, "era": 1, "epoch": 1, "order": {"is": "HangUp", "call_id": 7}},
        {"is": "Order", "number": 3, "era": 1, "epoch": 1, "order": {"is": "Beat"}},
        {"is": "Order", "number": 3, "era": 1, "epoch": 1},
        {"is": "HangUp", "call_id": "c1"},
        {"is": "Keep", "number": 3, "era": 1, "epoch": 1, "ids": "c1", "more": False},
        {"is": "Refused", "reason": "Unheard", "why": ""},
        {"is": []},
        [],
    ],
)
def test_message_that_is_not_as_it_must_be_is_refused(value: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        wire.decode(wire.pack(value))


@pytest.mark.parametrize("interval_s", [0.3, 0.9, 0.999, 1.0])
async def test_signs_of_life_are_given_whatever_comes_from_the_other_side(interval_s, autojump_clock):
    mine, its = trio.testing.memory_stream_pair()
    link, beat, came = Link(mine, TIMES), wire.encode(wire.Beat()), []
    async with trio.open_nursery() as nursery:

        async def listen() -> None:
            while data := await its.receive_some(1000):
                came.append(data)

        nursery.start_soon(link.run, lambda: b"", lambda message: None)
        nursery.start_soon(listen)
        for _ in range(round(10 / interval_s)):
            await trio.sleep(interval_s)
            await its.send_all(beat)
        nursery.cancel_scope.cancel()
    assert len(came) >= 9
