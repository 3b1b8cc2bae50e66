"""Demo data: a clinic with fictional people, for trying out the server."""
