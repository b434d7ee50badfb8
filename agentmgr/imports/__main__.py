"""The process of an import."""

from agentmgr.imports.reading import main

main()
