"""An agent's desktop in thirty lines: takes calls and wraps each up with the first completion code.

Run it with `python -m agentmgr.client.example 127.0.0.1:9970 AGENT PASSWORD`; Ctrl-C ends it.
"""

import sys

import trio

import agentmgr.client
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import (
    AGTCallNotify,
    AGTCallStateChangedNotify,
    AGTCapabilitiesChanged,
    AGTNailupChange,
)


async def main(address: str, agent_id: str, password: str) -> None:
    async with agentmgr.client.connect([address]) as pom:
        agent = await pom.agent(agent_id)
        await agent.logon(agent_ext=agent_id, password=password, force=True)
        await agent.state_change(AgentState.Ready)
        await agent.available_for_nailup()
        session_id = ""
        async for event in agent.events():
            if not isinstance(event, AGTCapabilitiesChanged):  # a real desktop enables its buttons by these
                print(event)
            match event:
                case AGTNailupChange(nailup_status=NailupStatus.PendingNailUp):
                    await agent.ready_for_nailup()
                case AGTCallNotify():
                    session_id = event.session_id
                case AGTCallStateChangedNotify(call_state=CallState.Wrapup):
                    codes = (await agent.get_comp_codes(session_id)).completion_codes_list
                    await agent.wrapup_contact(codes[0], session_id)
                    print("wrapped up with", codes[0].code_value)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        trio.run(main, sys.argv[1], sys.argv[2], sys.argv[3])
    except agentmgr.client.CommandError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
