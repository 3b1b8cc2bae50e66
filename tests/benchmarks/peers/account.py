"""The sign-in of the peers without a library for it."""

# The account of a token, if the session of the token is live.
ACCOUNT = """
SELECT id, email, first_name, last_name, gender, is_doctor, is_patient
FROM users_user WHERE id = %s AND is_active AND EXISTS (
    SELECT FROM users_refreshtoken
    WHERE user_id = users_user.id AND family = %s AND revoked_at IS NULL
)
"""
