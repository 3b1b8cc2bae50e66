-- What PostGraphile's requests can read: names, and own appointments while the session is live.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cybermed_reader') THEN
        CREATE ROLE cybermed_reader NOLOGIN;
    END IF;
END $$;
GRANT SELECT (id, first_name, last_name) ON users_user TO cybermed_reader;
GRANT SELECT ON clinic_appointment, clinic_doctor, clinic_patient TO cybermed_reader;

CREATE FUNCTION reader_id() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT account.id FROM users_user account
    WHERE account.id = current_setting('reader.user')::bigint AND account.is_active AND EXISTS (
        SELECT FROM users_refreshtoken session
        WHERE session.user_id = account.id AND session.revoked_at IS NULL
        AND session.family = current_setting('reader.session')::uuid
    )
$$;
CREATE FUNCTION me() RETURNS users_user LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT * FROM users_user WHERE id = (SELECT reader_id())
$$;

ALTER TABLE clinic_appointment ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON clinic_appointment TO cybermed_reader USING (
    doctor_id = (SELECT id FROM clinic_doctor WHERE user_id = (SELECT reader_id()))
);
