"""Services around campaigns, used by command line and admin socket alike, over the store ports."""
