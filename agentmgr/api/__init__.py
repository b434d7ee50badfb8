"""What programs can ask from outside: the contract, what carries it out, and how it is refused."""
