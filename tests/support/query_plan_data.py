"""SQL that fills PostgreSQL with a large clinic: 100,000 appointments in a few seconds."""

DOCTORS, PATIENTS, APPOINTMENTS = 200, 50_000, 100_000
# Of each doctor, all but one of them in the past.
SPECIAL_DAYS = 250
# All values are computed from the row number, so that plans are reproducible. Doctors have
# lower ids than patients. The last two doctors are also patients; the last one has no
# appointments as a doctor.
#
# A superuser leaves out the checks of foreign keys, which take as long as the insertions.
FILL = f"""
SELECT set_config('session_replication_role', 'replica', true)
FROM pg_roles WHERE rolname = current_user AND rolsuper;

INSERT INTO users_user (password, is_superuser, is_staff, is_active, date_joined, email,
    first_name, last_name, first_name_folded, last_name_folded, is_doctor, is_patient, gender,
    avatar, avatar_small, calendar_key, email_needs_review, email_entered_by_staff,
    acts_for_patients, acts_for_doctors)
SELECT '', false, false, true, now(), 'n' || n || '@example.org',
    'F' || md5(n::text), 'L' || md5(n::text), 'f' || md5(n::text), 'l' || md5(n::text),
    n <= {DOCTORS} + 1, n >= {DOCTORS}, 'undisclosed', '', '', '', false, false,
    false, false
FROM generate_series(1, {DOCTORS + PATIENTS}) AS n;

INSERT INTO clinic_doctor
    (user_id, specialty, specialty_key, specialty_folded, phone_number, experience_years,
    slot_minutes, approved)
SELECT id, 'Specialty ' || id % 20, 'specialty ' || id % 20, 'specialty' || id % 20,
    '+4930123456', id % 40, 30, true
FROM users_user WHERE is_doctor AND email LIKE 'n%';

INSERT INTO clinic_workinghours (doctor_id, weekday, start_time, end_time)
SELECT id, weekday, '09:00', '17:00' FROM clinic_doctor, generate_series(0, 4) AS weekday;

INSERT INTO clinic_patient (user_id, date_of_birth, phone_number, address, emergency_contact_name,
    emergency_contact_phone)
SELECT id, date '1950-01-01' + id::int % 20000, '+4930' || 100000 + id, '', '', ''
FROM users_user WHERE is_patient AND email LIKE 'n%';

CREATE TEMPORARY TABLE doctors ON COMMIT DROP AS
    SELECT id, user_id, row_number() OVER (ORDER BY id) - 1 AS n FROM clinic_doctor;
CREATE TEMPORARY TABLE patients ON COMMIT DROP AS
    SELECT id, user_id, row_number() OVER (ORDER BY id) - 1 AS n FROM clinic_patient;
CREATE TEMPORARY TABLE numbers ON COMMIT DROP AS
    SELECT n, n % {DOCTORS} AS doctor, (n * 7) % {PATIENTS} AS patient, n / {DOCTORS} AS turn
    FROM generate_series(0, {APPOINTMENTS - 1}) AS n;

INSERT INTO clinic_appointmenttype (name, description, duration_minutes, buffer_before_minutes,
    buffer_after_minutes, confirmation, bookable_by, cancellation_notice_minutes, active,
    max_per_day)
VALUES ('Common', '', 30, 0, 5, 'manual', 'patients', 0, true, NULL),
    ('Limited', '', 30, 0, 0, 'manual', 'patients', 0, true, 20),
    ('Rare', '', 30, 0, 0, 'manual', 'patients', 0, true, NULL);

-- Every second doctor offers the common type, every seventh the limited one, ten the rare one.
INSERT INTO clinic_offeredtype (doctor_id, appointment_type_id, position)
SELECT d.id, t.id, t.id FROM doctors d JOIN clinic_appointmenttype t ON
    CASE t.name WHEN 'Common' THEN d.n % 2 = 0 WHEN 'Limited' THEN d.n % 7 = 3
    ELSE d.n % 20 = 5 END;

INSERT INTO clinic_specialhours (doctor_id, date)
SELECT id, date '2026-03-04' - 3 * day FROM doctors, generate_series(0, {SPECIAL_DAYS - 1}) AS day;

INSERT INTO clinic_specialinterval (special_hours_id, start_time, end_time)
SELECT id, '09:00', '17:00' FROM clinic_specialhours;

INSERT INTO clinic_appointment (doctor_id, patient_id, date, time, duration_minutes,
    appointment_type_id, buffer_before_minutes, buffer_after_minutes, cancellation_notice_minutes,
    reason_for_visit, status, cancellation_reason, request_hash, created_at, updated_at,
    booked_by_patient)
SELECT d.id, p.id, date '2026-03-03' + turn / 16, time '09:00' + turn % 16 * interval '30 min',
    30, (SELECT id FROM clinic_appointmenttype WHERE name = 'Limited' AND d.n % 7 = 3),
    0, 0, 0, '', CASE WHEN turn >= {APPOINTMENTS // DOCTORS // 2} THEN 'pending'
        ELSE (array['confirmed', 'completed', 'cancelled'])[turn % 3 + 1] END, '', '',
    timestamptz '2026-01-01' + hashint4(n.n) % 50000 * interval '1 min', now(), false
FROM numbers n JOIN doctors d ON d.n = n.doctor JOIN patients p ON p.n = n.patient;

INSERT INTO clinic_appointmentchange (appointment_id, status, date, time, duration_minutes,
    doctor_id, outside_availability, reason, changed_at, changed_by_id)
SELECT a.id, a.status, a.date, a.time, 30, d.id, false, '', a.created_at, d.user_id
FROM clinic_appointment a JOIN doctors d ON d.id = a.doctor_id;

INSERT INTO clinic_busytick (person_id, tick, appointment_id)
SELECT d.user_id, (a.date - date '0001-01-01' + 1) * 288 + extract(hour FROM a.time) * 12
    + extract(minute FROM a.time) / 5, a.id
FROM clinic_appointment a JOIN doctors d ON d.id = a.doctor_id WHERE a.status != 'cancelled';

INSERT INTO clinic_accessrecord
    (at, actor_id, patients, action, operation, fields, address, request_id)
SELECT a.created_at, d.user_id, jsonb_build_array(a.patient_id), 'read', 'R1', '[]', NULL,
    a.id::text
FROM clinic_appointment a JOIN doctors d ON d.id = a.doctor_id;

INSERT INTO users_refreshtoken
    (user_id, family, token_hash, session_started_at, created_at, expires_at)
SELECT id, gen_random_uuid(), md5(id::text), now(), now(), now() + interval '14 days'
FROM users_user;
"""  # noqa: S608 - our own numbers
