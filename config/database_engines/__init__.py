"""Django's database backends for servers, with what ``fail_fast`` and ``health_check`` add."""
