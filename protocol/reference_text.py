"""What PROTOCOL.md says in words, around the parts that are generated from the registry."""

from protocol.codec import MAX_DEPTH
from protocol.connection import MAX_NAME_CHARACTERS
from protocol.json_form import MAX_CHARACTERS, MAX_FRAMES
from protocol.registry import (
    HEARTBEAT_S,
    MAX_AGENT_ID_CHARACTERS,
    MAX_LIST_ITEMS,
    MAX_MAP_KEYS,
    MAX_VALUE_BYTES,
    NO_LOGON,
    SILENCE_LIMIT_S,
    UNPROVEN_VALUE_BYTES,
    VERSION,
)

FOUNDATIONS = f"""
# The wire

How an agent desktop talks to the Agent Manager. This is enough to write a client in any language.
The file is generated from `protocol/`: change that, then run `scripts/generate.py`.

Version of the wire described here: {VERSION}.

## Frames

A connection is TCP, or TLS over TCP, and carries frames in both directions:

1. four bytes: the length of what follows, an unsigned integer, most significant byte first;
2. that many bytes: exactly one [MessagePack](https://msgpack.org) value, which is a map.

| limit | value |
|---|---|
| length of a frame, without its four bytes | 1 to {MAX_VALUE_BYTES} |
| to a server, before anybody has logged on over the connection | 1 to {UNPROVEN_VALUE_BYTES} |
| items of a list | {MAX_LIST_ITEMS} |
| keys of a map | {MAX_MAP_KEYS} |
| lists and maps nested in each other | {MAX_DEPTH} |
| characters of `agentID` | {MAX_AGENT_ID_CHARACTERS} |
| characters of `name` that are repeated in an answer | {MAX_NAME_CHARACTERS} |
| integers | -(2^53-1) to 2^53-1 |

Of MessagePack's types the wire uses nil, boolean, integer, string (valid UTF-8), list and map with string
keys, each key once. Floats, binaries and extension types are not used and not accepted. Where MessagePack
has several encodings of a value (an integer in one byte or in nine), all are accepted. All of this and all
limits hold for the whole value, also for keys and arguments that are ignored; what is nested is counted from
the map that is the message.

Long lists - destinations, campaigns, agents, notes - are cut so that their frame keeps the
limit. Only whole entries are left out, from the end. The attributes of a customer are never cut: what would
make them more than a frame holds is refused when it is set or imported.

## Messages

| key | in | value |
|---|---|---|
| `name` | every message | the name of the command, RESP or notification |
| `agentID` | every message | the agent concerned; empty or left out: the connection alone |
| `args` | every message | map of the arguments; may be left out when there are none |
| `id` | commands and RESPs | integer from 0, chosen by the client and repeated in the RESP |

- A **command** goes to the server and is answered by exactly one **RESP**, whose name is the command's
  with `RESP` appended. Its `result` is 0 when the command was carried out. When it is not 0, the other
  fields mean nothing and may be missing.
- A **notification** comes from the server by itself. It has no `id`: that tells it from a RESP.
- Several commands may be in flight, of one agent too; match each RESP by its `id`. The server does not
  compare ids, so a client can reuse one as soon as it was answered.
- Only so many commands of a connection are unanswered at a time (256, unless the server's settings have
  another `unanswered`): what is sent beyond waits in the connection, and is read as answers leave and are
  read. Connections take turns by what their commands cost, so who asks once does not wait for who asks a
  thousand times.
- One connection may serve many agents; commands and notifications of one agent wait for another's only there.
- Keys and arguments that you don't know are to be ignored, by either end: newer versions add some.
  An argument with a default may be left out. nil is as good as left out only where the table of an
  argument says `nothing`; for all others it is malformed.
- Types are exact: the string "7" is not the integer 7, and 1 is not true.
- Times are strings in UTC, `yyyy/MM/dd HH:mm` (`yyyy/MM/dd/HH:mm` is accepted too), unless a unit is given.

## In a browser

A page of the server's HTTP port talks to a zone over a WebSocket at `/wire/` and the zone's name. There each
message is one text of JSON, the one that stands above its bytes in this reference: string, boolean, list and
map are JSON's own, nil is `null`, an integer is a number without fraction and exponent. Nothing else differs:
such a connection begins with `AgentSDKConnected`, has the same order, limits, heartbeats and ways to come
back, and ends with `POMConnectionClosed`; then the server closes with code 1001.

- A text has at most {MAX_CHARACTERS} characters, and as a frame no more bytes than a frame may have. One that
  is no JSON, a key that is there twice, and a binary message end the connection as an unreadable frame does.
- A message may come in several frames of the WebSocket; more than {MAX_FRAMES} of them, pings among them,
  before it is whole end the connection. Compression is not agreed to.
- The header `Origin` must be that of the server itself, or of another manager of its zones, else the answer
  is 403: browsers would let the pages of others in.
- The directory has the addresses of the binary wire. A zone that is not at this manager is told with
  `POMConnectionClosed`; try again, or at another manager.
"""

BEHAVIOUR = f"""
## Life of a connection

1. The client connects, with TLS 1.2 or above if the port speaks it (a port does or does not; there is no
   switch from one to the other), and sends `AgentSDKConnected` with the ids of its agents (the list may be
   empty) and the version of the wire it speaks. Every command that comes before it is answered 9003.
2. The RESP carries the version that is spoken, the lower of both sides', and the directory: which zone is
   served at which address. Each side then keeps to what that version knows. `POMAvailable` follows, for the
   zone of this port, if this manager owns it: see "Several managers". A version below 1 is answered 9008
   with the server's, and the connection is closed.
3. The client sends `POMClientAlive` every {HEARTBEAT_S} s. A connection from which nothing at all came for
   {SILENCE_LIMIT_S} s is closed; every frame counts as a sign of life.
   That is of the connection. Of each agent that is logged on over it something is to be heard, too, for a
   proxy outlives its desktops: an agent without any command for `agent_silence_s` of the server's settings
   (90 s unless changed) is asked with `GetAgentStatus`. Whatever its desktop sends for it, in time
   (`agent_answer_s`, 10 s), is an answer; `GetAgentStatusResponse` is one always, changes nothing for an
   agent that is there, and needs no token. Without an answer the agent is taken for one whose connection is
   lost, see "Coming back". One whose desktop did nothing at all since its last contact came gets no other
   before: it is asked when that contact is over, and goes on with the first thing that comes for it.
   A connection over which neither an agent nor a service has logged on within `logon_s` (10 s unless changed)
   is closed, and the reason begins with `{NO_LOGON}`: connect again when there is an agent to log on. While
   many such connections are there, new ones may be closed at once; try again after a while.
4. An agent logs on with `AGTLogon` on the connection of its zone. Its notifications go to the connection on
   which it logged on.
5. Before it closes a connection, the server sends `POMConnectionClosed` with the reason, in words for a
   log. A client that doesn't read is closed as well, once the server's queue for it is full; the reason may
   then not get through.

## Passwords

Passwords are checked one after another, in turns: addresses, then connections of an address, then what one
connection asked. What a connection asked that is closed meanwhile is dropped. A resume token waits for
nobody's password.

Wrong ones (17) are counted for the agent and the address that they came from, and for the address over all
agents. After a few in a row the next one waits before its check, twice as long each time up to a bound; see
"Times" below. It waits for its own address's mistakes: the right password from elsewhere is checked at
once. An agent who logged on from an address before waits for its own mistakes there, not for its
neighbours'. The right password ends the count. Of IPv6 the network of 64 bits is one address; behind a
proxy that hides them, all desktops have one.

Code 6 says that the password was not checked, and says nothing about it: another one for the same agent
waits from the same address, or it would have to wait too long. Try again after some seconds, not at once.

## Services

A blender, a monitor or a contact centre signs in with a service account: `account` and `pwd` of
`AgentSDKConnected`, on a connection of its own. The RESP comes after the check of the password, and what is
sent behind it waits for it, `POMClientAlive` excepted. Over such a connection `AGTBlendToInbound`,
`AGTBlendToOutbound`, `AGTSkillsChanged`, `AGTPendingLogout` and `AGTAgentDisconnected` are taken for every
agent of the zone who is logged on, whether its desktop is there or not; `agentID` says for whom. The RESP
goes to the service, what the command causes is told to the agent's own desktop. All else is 9002, unless
the agent logged on over this very connection, which it may.

With 17 (wrong account or password, or an account that may not sign in) or 6 the connection is an ordinary
one: it can be used as such, `POMAvailable` is not told and no agent is asked, and `AgentSDKConnected` may
be sent again. Another `AgentSDKConnected` without an account, which names more agents, changes nothing in
what a connection is. An account that is changed or deleted stays signed in where it is.

## A planned stop

Before a server ends, or hands a zone over, it tells each agent with `AGTZoneDown` how many milliseconds there
are to finish what was begun. Nothing new comes from then on, except that somebody who had answered already is
still connected. Talk, wrapup, consults and previews go on; a preview is dialled by the agent or not at all.
Agents who become free stay logged on, and may log off. An agent whose connection breaks can come back; a new
logon, or one by force, is answered 9005. When nobody has a contact any more, or the time is over, each agent
that is left gets `AGTAgentLoggedOut`: a contact it still had ends with the default code, one that was never
dialled goes back uncounted. Then comes `POMConnectionClosed` with the reason. Where every agent outlives its
server (`cover_all_agents`), those without a contact are not logged off: they come back at the next owner, as
after a loss.

## Several managers

A zone is owned by one manager at a time, and may move to another one: after the death of its owner, or as
planned. Each owner has a token, (`era`, `epoch`), higher than that of any owner before: compare `era` first,
then `epoch`. It comes with every address of the directory and with `POMAvailable`; 0 is not known. A client
keeps the highest one that it saw for each zone, and takes no lower one for its owner: that is an old answer,
or an old owner that doesn't know yet.

Every manager answers at the port of every zone of its configuration. Where it does not own the zone there,
it sends no `POMAvailable`, and answers `AgentSDKConnected`, `POMClientAlive`, `AGTGetZoneList` and
`GetPAMForZone` alone, all else with 9012. `GetPAMForZone` says where a zone is: its address, 9012 if nobody
owns it now, 12 if no zone has that name. So a client that lost its manager asks any other, and again after
a moment while the answer is 9012.

## Errors

A command that can be read but not carried out is answered by its RESP, and the connection goes on:

- 9010: a needed argument is missing, or `agentID` where an agent is needed.
- The code in the column "malformed" of the argument, mostly 9008: it has the wrong type, is nil, or is not of
  its enumeration. A missing argument is told before a malformed one.
- 9008: `sessionID` is not that of the agent's contact.
- 9011, with the notification `AGTInvalidCommandName` besides: no command has that name. The RESP is
  called by that name with `RESP` appended; the name is cut to {MAX_NAME_CHARACTERS} characters in each.
- 9003: it came before `AgentSDKConnected`.
- 9002: the agent is not logged on over this connection.
- A code of the command's own, else 9004: the command does not fit the agent's state. 9006: it is a call
  command, and the agent's phone is not nailed up.
- 9050: a fault of the server; it is in the server's log.

What cannot be read ends the connection, with `POMConnectionClosed(reason)` before it is closed:

- a frame of length 0, or longer than the limit;
- a frame that holds anything but one MessagePack value within the limits, or a type the wire has not;
- a value that is no map, or has no `name`; a command whose `id` is missing or is no integer from 0;
- an `agentID` that is no string or too long, `args` that are no map.

Whole frames before such a frame are still carried out and answered, then comes the reason, then the close;
nothing after it is read. A client that sends no more (it has closed its side of TCP) is answered, too, before
the server closes. What is not answered within 10 s (`limits.answers_s`), or not read, is given up.

## Order

- What a command causes for the agent that sent it comes before the command's own RESP. In it, the
  notification of the event or of the agent state comes first, then `AGTCallStateChangedNotify`, then
  `AGTCapabilitiesChanged`, then the RESP.
- For each agent everything comes in the order in which it happened, and once.
- Commands of an agent on one connection are carried out in the order sent. What comes behind an `AGTLogon`,
  an `AGTLogoff` that waits for the phone, an `AGTCreateCallback` or an `AGTAddToDNC` waits until that is
  answered, so that a logon, a logoff and another logon can be in one write. Behind a logon that was refused
  the agent's commands are refused (9002); of several logons behind it the last one is checked, the others
  are answered 6. `GetAgentStatusResponse`, and commands that concern no agent, wait for none. Where too many
  wait already, one more is answered 9012, an `AGTLogon` 6.
- The four notifications `AGTStateChangedNotify`, `AGTCallStateChangedNotify`, `AGTNailupChange` and
  `AGTCapabilitiesChanged` always carry the whole truth: the last one of each kind that came is what holds,
  and a desktop need not work anything out. `AGTCapabilitiesChanged` comes only when something in it differs.
- After a logon the desktop takes NotReady, NoState and NotNailedUp as given.
- `AGTHoldCall`, `AGTUnholdCall`, `AGTSendDTMF`, `AGTStartConf` and `AGTCompleteTransfer` may be answered
  after the telephone system's word. Until then nothing has changed, and what else the agent's desktop sends
  waits, in order; the end of a call meanwhile is told first. A call that the telephone system could not
  connect is told as one that the customer ended.
- A RESP to a command that changes what is stored (a completion code, a note, an attribute, an address on the
  do-not-call list) is sent after that is on disk.
"""

FIRST_SESSION = """
## A first session

`→` is sent by the desktop, `←` is the RESP to it, `!` is a notification. "state X" stands for
`AGTCallStateChangedNotify(X)` and `AGTCapabilitiesChanged`.

1. Connect: → AgentSDKConnected; ← with the directory; ! POMAvailable.
2. Log on: → AGTLogon; ! AGTCapabilitiesChanged; ←.
3. Ask for work: → AGTStateChange(Ready); ! AGTStateChangedNotify; ! AGTCapabilitiesChanged; ←;
   → AGTAvailableForNailup; ←.
4. The phone is nailed up as soon as a campaign runs that fits the agent's skills:
   ! AGTNailupChange(PendingNailUp); → AGTReadyForNailup; ←; the phone rings and is answered;
   ! AGTNailupChange(NailedUp); ! AGTJobAttached; ! state Idle.
   If it is not answered: ! AGTNailupChange(NotNailedUp); the server tries again later.
   Between contacts an agent may be moved to another campaign that has more to do: ! AGTJobAttached.
5. A customer is connected: ! AGTCallNotify; ! state Talking. Or a preview comes: ! AGTCallNotify;
   ! state Preview; → AGTPreviewDial; ! state Dialing; ←; then ! state Talking, or ! AGTDialFailed and
   ! state Wrapup. If `timed` is true, the desktop itself dials when `timeout` is over. `defaultNumber` is the
   number whose turn it is. A number that is of no use (`InvalidNumber`, `DncBlocked`) is left out when the
   contact comes again; after `OutsideCallingHours` it comes at the opening, unless the completion code is a
   success. A number that somebody else is at work with, for whichever contact, is `Busy`; one that was
   corrected since it was shown is dialled as it is now.
   → AGTPreviewCancel instead: ! state Wrapup; ←.
6. The customer's data: → AGTGetCustomerDetails; ←.
7. Hold, and back: → AGTHoldCall; ! state Held; ←; → AGTUnholdCall; ! state Talking; ←.
8. The agent ends the call: → AGTReleaseLine; ! state Wrapup; ← with wrapupDetails.
   Or the customer does: ! AGTAutoReleaseLine with wrapupDetails; ! state Wrapup.
9. Wrap up: → AGTGetCompCodes; ←; → AGTWrapupContact; ! state Idle; ←.
   When `acwMaxTime` is over and nothing came, the server wraps up with `defaultCompCode`.
10. Stop: → AGTStateChange(NotReady). During a contact the agent state becomes PendingNotReady, and NotReady
    after the wrapup.
11. Log off: → AGTLogoff; the phone is let go; ←.
"""

FURTHER_SESSIONS = """
## Further sessions

A is the agent who has the customer, B another one. The `sessionID` of an agent's own contact is the one of
the last `AGTCallNotify`, `AGTConsultNotify`, `AGTTransferNotify` or `AGTSessionIDChange`; those of
`AGTConsultPending` and `AGTPreviewCallbackPending` are of something that is still to come. A session id has
no form to rely on, but letters, digits, `-`, `.`, `_` and `~` alone, and no two sessions of any zone have the
same.

1. Consult an idle agent: → AGTGetConsultTypes; ←; → AGTGetConsultDestsForType; ←; → AGTConsultCall; ←; B
   ! AGTConsultNotify; B ! state Consult; A ! state Consult; A ! AGTEnableCancelConsult. The customer hears
   music. Both have the same `sessionID` now.
2. Consult a busy agent: → AGTConsultCall; ! AGTEnableCancelConsult; ←; B ! AGTConsultPending. A goes on
   talking to the customer. When B is free, before any break B asked for: B ! AGTConsultNotify; B ! state
   Consult; A ! AGTPendingConsultComplete; A ! state Consult. B cannot refuse; two consults can wait for an
   agent.
3. Consult somebody outside: → AGTConsultCall; ! AGTEnableCancelConsult; ←; then ! state Consult, or
   ! AGTConsultDialFailed and ! state Talking.
4. End a consult: → AGTCancelConsult by A; B ! AGTConsultCancelled; B ! state Idle; A ! state Talking; ←. By
   B: A ! AGTConsultCancelled; A ! state Talking; B ! state Idle; ←.
5. Transfer: → AGTCompleteTransfer; B ! AGTTransferNotify; B ! state Talking; A ! state Idle; ← with
   `canDispose` false: B wraps the contact up, A has nothing more to do with it. Only to an agent.
6. Conference: → AGTStartConf; B ! AGTConferenceNotify; B ! state ConferencePassive; A ! state
   ConferenceOwner; ←. → AGTEndConf by A: B ! AGTConferenceEnded; B ! state Idle; A ! state Talking; ←. By
   B: A ! AGTConferenceEnded; A ! state Talking; B ! state Idle; ←. → AGTConfChangeOwnership by A: B
   ! AGTConferenceOwnershipChanged; B ! state ConferenceOwner; A ! state ConferencePassive; ←.
7. The customer hangs up in any of these: owner ! AGTAutoReleaseLine; owner ! state Wrapup; the other
   ! AGTConsultCancelled or ! AGTConferenceEnded, and ! state Idle.
8. Callback: → AGTGetCallbackTypes; ←; → AGTGetCallbackDestsForType; ←; → AGTCreateCallback; ←. Some time
   before it is due: ! AGTPreviewCallbackPending. When it is due and the agent is free: ! AGTCallNotify
   (Callback); ! state Callback; then as a preview, or → AGTCreateCallback again to put it off. Once it has
   expired: ! AGTPreviewCallbackCancelled, and ! state Idle if it was on the desktop. `callbackTime` is UTC;
   `callbackTimezone` is where the customer is then, for the calling hours; without it that is where the
   number is. Outside these hours a callback waits for the next opening, and one that expires before it is
   refused (488). It may be for an agent of this zone who is logged off. It goes to the agent it is for if
   that one is there when it is due, else to any ready agent with the skill, who is attached to its campaign
   (! AGTJobAttached) and goes back afterwards. A completion code with a time, or a failure that is tried
   again, puts it off, as often as the campaign tries a contact.
9. Blending: → AGTBlendToInbound; ←; the phone is let go, after the contact if there is one;
   ! AGTBlendedToInbound. Back: → AGTBlendToOutbound; ! AGTBlendedToOutbound; ←; the desktop sends
   → AGTNailupAgent; ←; nailing.
10. Nailing lost: ! AGTNailupChange(NailingLost); with a contact ! AGTAutoReleaseLine and ! state Wrapup,
    else ! state NoState. Or the desktop noticed it: → AGTLostNailing; the same without AGTAutoReleaseLine;
    ← with wrapupDetails. The server nails the phone up again by itself.
11. Leave at the next chance: → AGTPendingLogout; ! AGTStateChangedNotify(PendingNotReady), without a contact
    NotReady; ! AGTCapabilitiesChanged; ←. What waits for the agent goes to others: ! AGTConsultCancelled,
    ! AGTPreviewCallbackCancelled. Then, after the contact if there is one, NotReady as after any break; the
    phone is let go; ! AGTAgentLoggedOut. Nothing takes it back: → AGTStateChange(Ready) changes the state
    until then. → AGTLogoff while the phone is being let go gets its ← in place of AGTAgentLoggedOut.
12. A supervisor wants of an agent what it could ask for itself; the desktop sends nothing, and is told as
    always: a break ! AGTStateChangedNotify(NotReady, or PendingNotReady with a contact); another campaign
    ! AGTJobAttached, after the contact if there is one; a logoff as in 11, or at once, in the middle of a
    contact, ! AGTAgentLoggedOut.

## Coming back

When a connection is lost, the server keeps the places of its agents for a while (`lost_desktop_s` of its
settings, 60 s unless changed). They get no new contact; what they have goes on; their notifications wait,
256 at most.

1. The client connects again and sends `AgentSDKConnected` with the ids of its agents.
2. After its RESP each agent whose place is kept, or who is still logged on over another connection, is asked
   with `GetAgentStatus`. Each other gets `AGTAgentLoggedOut` at once, and must log on again.
3. The client answers each question with `GetAgentStatusResponse`: the three states that it was told last, and
   the agent's newest `resumeToken`. A desktop that has forgotten its states says those of a fresh logon.
4. The RESP comes, with the next token. Then follows what the desktop has missed, and what was sent into the
   dying line and may not have arrived: the RESPs under way too, under their ids. A desktop that was never
   told the states it gave, or for which too much had to wait, is told the states as they are instead. In
   either case it is told of its contact (`AGTCallNotify`, or as a second party `AGTConsultNotify` or
   `AGTConferenceNotify`) and its capabilities. What comes more than once says the same; the last of each kind
   is the truth. A RESP that nobody waits for is to be ignored.

**The resume token** stands in for the password. It comes with the RESP to a logon and is renewed at each use;
the one before stays good until its successor is used, for that may be lost on its way. Keep it as you would
keep the password. `AGTLogon` takes it too, with an empty `pwd`: after a restart of server or desktop, within
`resume_token_s` of the settings (12 h). Such a logon begins afresh; if the agent's place was kept, that is
over. A token ends with `AGTLogoff` and `AGTPendingLogout`, with a logon by password, with a new password.

**Sent again.** A client that says so (`resends` of `AgentSDKConnected`) counts its ids, uses none twice for
an agent between a logon and the next, and sends commands again that were not answered when their connection
broke: under their ids, in order, once it has the RESP to `GetAgentStatusResponse`. A server that says
`answersAgain` answers what it had answered as it did then, for the last 16 commands of an agent, and does
nothing a second time; what is under way is answered once. Questions (`AGTGet...`, `AGTIsInDNC`) are just
asked again, `AGTLogon` and `AGTLogoff` are never sent again. The same id with another command, or other
arguments, is answered 9008. Answers of agents whose place outlives the server are stored with what they
answer: the next owner of the zone gives them again. Each logon begins anew. On a connection that does not say
`resends` ids mean nothing but which RESP is whose.

Whoever answers without a right token gets 17, and nothing changes for the agent. The old connection need not
be known to be lost: with the right token the agent moves, and the old one gets AGTAgentLoggedOut. For
desktops that know no token the setting `resume_without_token` lets whoever names an agent speak for it, once
its connection is lost; leave it off where the network is not trusted.

A logon by password while the place is kept is answered 7; log on with `isForce` then. A proxy for many
desktops reports a lost one with `AGTAgentDisconnected`, and its return with another `AgentSDKConnected` on
the same connection; over that no token is needed.

`AGTSaveAgentForHA` asks for more: an agent whose desktop crashed goes on where it was by an ordinary logon
without `isForce`, and one whose server did is asked as above by the next server, and goes on. Before the RESP
to such a logon come the states that differ from those of a fresh logon and `AGTCallNotify` of the contact, if
there is one. If the customer was lost with the server, the contact is in Wrapup.

Where the server's settings say so (`cover_all_agents`), every agent goes on after the death of its server, at
the same manager or at another one: Ready, on a break or about to log off, as it was, with its line and its
customer as far as they live, on hold if the customer waited, in wrapup with what was left of its time and
extensions. A second party is left out, the customer stays with the owner of the contact.
A contact that nobody had answered goes back.

## What some fields mean

- **Commands without a capability.** `canCancel` of the contact stands for AGTPreviewCancel, `acwExtendable`
  for AGTExtendWrapup; notes, the do-not-call list and the customer's data can be used with any contact;
  AGTLogoff when NotReady and without contact; AGTPendingLogout always.
- **NoState and Idle.** Both are without a contact; in Idle the phone is nailed up.
- **acwMaxTime** counts from the message that brings it, also after AGTExtendWrapup. 0 is without limit: the
  wrapup lasts until AGTWrapupContact, or until the desktop is lost for good; it cannot be extended.
- **Attributes.** Those of every contact are UserContactId, TitlePredefined, FirstName, LastName,
  PhoneNumber1, PhoneNumber1CtryCode, TimeZone, PhoneNumber2, PhoneNumber2CtryCode, PhoneNumber2Tz, Email,
  Language, AddrLine1Predefined to AddrLine5Predefined, CountryPredefined, ZipcodePredefined; others are the
  campaign's own. The `name` of a ContactNumber is the key of its attribute, and what AGTAddToDNC takes as
  `key`.
- **Telephone numbers** may be sent as people write them: with spaces, dashes of any kind, brackets, `(0)`,
  `00` for the plus sign, `tel:`. One without country code is of the country of the contact's own number,
  else of its list, else of the campaign. What may be two numbers or has two readings, letters where numbers
  are not advertised as words, extensions, short and emergency codes are refused with the command's code, and
  so are premium numbers unless the campaign allows them. What is dialled, stored and sent is E.164.
- **Text** is kept as it is: joiners, soft hyphens, no-break and ideographic spaces are a part of names.
  Control characters and separators of lines are refused with the command's code; notes may have lines and
  tabs.
- **timezone** of a number has all zones that it may be in, joined by commas; it is called only while it may
  be in all of them. A zone that a command gives must be an IANA name, and wins over those of the number;
  country code, zone and `wireless` follow from a number whenever it changes.
- **AttributeType.** READ_ONLY cannot be changed, the others can. The value of a MASKED_WRITE attribute is
  sent in clear: the desktop hides it. A SCREEN_POP attribute is what a desktop looks the customer up with
  elsewhere.
- **timezones** of AGTGetTimezones are the names that the IANA's zone.tab has for the places of the world, and
  UTC; the list is never cut. The IANA's other names for the same places (`US/Pacific`) are read, not told.
- **Destination, CallbackDest.** `presence` is the agent state of an agent, `state` its call state; for a
  callback also of colleagues who are not logged on: their `presence` is `LoggedOff`, and they come last.
  `destinationName` is the name and `timeZone` the zone that its desktop gave at logon; without them the
  stored name, and UTC. The same name is `requestingAgent` of AGTConsultPending.
- **Consults** stay within the campaign: AGTGetConsultDestsForType lists who works in the contact's campaign,
  is Ready and nailed up and has less than two consults waiting; others are refused (141), and so is a consult
  of oneself (143). AGTCompleteTransfer is to an agent, never outside.
- **Tones.** Beside what is sent, some moments are told by a tone. Both parties of a consult hear it when the
  consult begins and when its owner ends it; they and the customer when the other one ends it, at a transfer,
  when a conference is ended or left, and when its ownership changes; both agents when the customer leaves a
  conference; the agent when the customer hangs up while talking. No message depends on it.
- **Texts** of codes are in English, whatever the locale: `localizedErrorMsg` and `localizedString` are the
  same as the other.
- **Reason codes** are the desktop's own; the server keeps and compares them.
"""
