"""How near to the optimum pacing comes: days of a campaign on the real zone and switch, in virtual time."""
