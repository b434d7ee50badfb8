"""`python -m agentmgr` is the same as `agentmgr`."""

from agentmgr.cli import main

main()
