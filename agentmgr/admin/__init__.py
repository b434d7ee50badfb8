"""What a supervisor can ask of a server or of its store, how it is carried out, and the socket between."""
