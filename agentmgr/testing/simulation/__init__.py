"""A whole cluster in one deterministic run of trio: the product's code in a world made of faults."""
