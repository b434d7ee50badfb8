"""Ids that a switch, a store and a URL can take, and that nobody makes twice."""

from itertools import product
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.core.ids import MAX_RUN, SESSIONS_A_RUN, Ids, callback_of, escaped, next_attempt

NAMES = st.text(min_size=1, max_size=12) | st.text("-~1aZline/.party", min_size=1, max_size=12)
ZONES = st.tuples(NAMES, st.integers(1, 10**6))


def made(zone: tuple[str, int], run: int, agents: tuple[str, ...], rounds: int = 3) -> list[str]:
    """All ids of some kinds that one life of a zone makes."""
    ids = Ids(*zone, run)
    made: list[str] = []
    for _ in range(rounds):
        sid = ids.new_session()
        made += [sid, callback_of(sid), ids.new_party()]
        made += [ids.new_line(agent_id) for agent_id in agents]
    return made


@given(st.sets(ZONES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=3, unique=True))
def test_ids_of_any_zones_epochs_and_agents_are_all_different(zones, agents):
    every = [each for run, zone in enumerate(zones, 1) for each in made(zone, run, tuple(agents))]
    assert len(set(every)) == len(every)


@given(ZONES, NAMES)
def test_id_stands_in_a_url_as_it_is(zone, agent_id):
    for each in made(zone, 1, (agent_id,)):
        assert quote(each, safe="") == each


@given(ZONES, ZONES)
def test_lines_begin_with_the_zone_and_its_epoch_and_no_others_lines_do(one, other):
    def beginning(zone):
        return f"{escaped(zone[0])}-{zone[1]}-"

    for mine, of in product((one, other), repeat=2):
        lines = [each for each in made(of, 1, ("A",)) if "-line-" in each]
        assert [each.startswith(beginning(mine)) for each in lines] == [mine == of] * len(lines)


@given(st.integers(1, MAX_RUN))
def test_session_id_is_a_whole_number_that_a_double_carries(run):
    sid = Ids("Z", 1, run).new_session()
    assert sid == str(int(sid))
    assert run * SESSIONS_A_RUN < int(sid) < 10**14
    assert int(float(f"{float(sid):.14g}")) == int(sid)


def test_session_beyond_those_of_one_life_is_refused():
    ids = Ids("Z", 1, 3)
    ids._sessions = SESSIONS_A_RUN - 2
    assert ids.new_session() == "3999999999"
    with pytest.raises(OverflowError):
        ids.new_session()


def test_further_dials_of_a_session_are_counted_behind_its_number():
    assert next_attempt("7000000042") == "7000000042.2"
    assert next_attempt("7000000042.2") == "7000000042.3"


def test_plain_names_are_left_as_they_are():
    ids = Ids("North", 7, 12)
    assert [ids.new_session(), ids.new_line("1001"), ids.new_party()] == [
        "12000000001",
        "North-7-line-1001-1",
        "North-7-party-1",
    ]


def test_other_characters_are_escaped_by_their_bytes():
    assert escaped("Süd-West 1~") == "S~C3~BCd~2DWest~201~7E"
