"""Django's database backends for servers, which fail fast while the server cannot be reached."""
