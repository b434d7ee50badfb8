"""Results of attempts, told to others: the sender of each publisher, and the ways by which they are told."""
