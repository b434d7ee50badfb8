"""The demo: a campaign from end to end in one process, and a server that runs campaigns to try things on."""
