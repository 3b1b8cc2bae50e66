"""What a booking has written, to compare servers that have databases of their own."""

from typing import Any

import psycopg

# Without what differs between any two bookings: times, random ids and the name of the request.
STATEMENTS = {
    "appointment": """
        SELECT to_jsonb(a) - ARRAY['created_at', 'updated_at', 'pending_since']
            || jsonb_build_object('is_waiting', pending_since IS NOT NULL)
        FROM clinic_appointment a WHERE id = %(id)s""",
    "ticks": """
        SELECT jsonb_agg(ARRAY[person_id, tick] ORDER BY person_id, tick)
        FROM clinic_busytick WHERE appointment_id = %(id)s""",
    "history": """
        SELECT jsonb_agg(to_jsonb(c) - 'changed_at')
        FROM clinic_appointmentchange c WHERE appointment_id = %(id)s""",
    "task": """
        SELECT to_jsonb(t) - ARRAY['id', 'enqueued_at']
        FROM django_tasks_database_dbtaskresult t ORDER BY enqueued_at DESC LIMIT 1""",
    "audit": """
        SELECT to_jsonb(r) - ARRAY['id', 'at', 'operation', 'request_id']
        FROM clinic_accessrecord r WHERE action = 'change' ORDER BY id DESC LIMIT 1""",
}


def written_rows(url: str) -> dict[str, Any]:
    """Return the rows of the last booking."""
    with psycopg.connect(url) as connection:
        latest = connection.execute("SELECT max(id) FROM clinic_appointment").fetchone()
        assert latest is not None
        return {
            name: connection.execute(statement.encode(), {"id": latest[0]}).fetchall()
            for name, statement in STATEMENTS.items()
        }
