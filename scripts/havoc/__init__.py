"""A centre of several processes that is broken on purpose, and what came of it: see ./scripts/chaos."""
