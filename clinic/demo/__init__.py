"""A clinic full of fictional people, to try the server with."""
