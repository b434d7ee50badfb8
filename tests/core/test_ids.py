"""Ids that a switch, a store and a URL can take, and that nobody makes twice."""

from itertools import product
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from agentmgr.core.ids import Ids, callback_of, escaped

NAMES = st.text(min_size=1, max_size=12) | st.text("-~1aZline/.party", min_size=1, max_size=12)
ZONES = st.tuples(NAMES, st.integers(1, 10**6))


def made(zone: tuple[str, int], agents: tuple[str, ...], rounds: int = 3) -> list[str]:
    """All ids of some kinds that one life of a zone makes."""
    ids = Ids(*zone)
    made: list[str] = []
    for _ in range(rounds):
        sid = ids.new_session()
        made += [sid, callback_of(sid), ids.new_party()]
        made += [ids.new_line(agent_id) for agent_id in agents]
    return made


@given(st.sets(ZONES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=3, unique=True))
def test_ids_of_any_zones_epochs_and_agents_are_all_different(zones, agents):
    every = [each for zone in zones for each in made(zone, tuple(agents))]
    assert len(set(every)) == len(every)


@given(ZONES, NAMES)
def test_id_stands_in_a_url_as_it_is(zone, agent_id):
    for each in made(zone, (agent_id,)):
        assert quote(each, safe="") == each


@given(ZONES, ZONES)
def test_ids_begin_with_the_zone_and_its_epoch_and_no_others_ids_do(one, other):
    def beginning(zone):
        return f"{escaped(zone[0])}-{zone[1]}-"

    for mine, of in product((one, other), repeat=2):
        begins = [each.startswith(beginning(mine)) for each in made(of, ("A",))]
        assert begins == [mine == of] * len(begins)


def test_plain_names_are_left_as_they_are():
    ids = Ids("North", 7)
    assert [ids.new_session(), ids.new_line("1001"), ids.new_party()] == [
        "North-7-1",
        "North-7-line-1001-1",
        "North-7-party-1",
    ]


def test_other_characters_are_escaped_by_their_bytes():
    assert escaped("Süd-West 1~") == "S~C3~BCd~2DWest~201~7E"
