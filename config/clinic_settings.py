"""Settings of the clinic: its name, its time zone and the limits for booking.

``config/settings.py`` imports them; Django reads them there.
"""

from phonenumbers import SUPPORTED_REGIONS

from config import environment

CLINIC_NAME = environment.line("CLINIC_NAME", default="CyberMed")
# Shown to patients by front ends, and in texts that ask them to call; empty: not shown.
CLINIC_PHONE = environment.line("CLINIC_PHONE", default="")
CLINIC_ADDRESS = environment.line("CLINIC_ADDRESS", default="")
TIME_ZONE = environment.time_zone("TIME_ZONE", default="Europe/Berlin")
LEAD_TIME_MINUTES = environment.integer(
    "LEAD_TIME_MINUTES", default=0, minimum=0, maximum=365 * 24 * 60
)
HORIZON_DAYS = environment.integer("HORIZON_DAYS", default=365, minimum=1, maximum=3650)
# Open appointments that one patient can have booked; 0: no limit. An account: three times as many.
MAX_OPEN_APPOINTMENTS = environment.integer(
    "MAX_OPEN_APPOINTMENTS", default=5, minimum=0, maximum=1_000
)
# Working days of the doctor after which a request that was not answered is cancelled; 0: never.
ANSWER_DAYS = environment.integer("ANSWER_DAYS", default=3, minimum=0, maximum=365)
# Emails about appointments to one address on one day; what is more is gathered into one email.
MAX_EMAILS_PER_DAY = environment.integer("MAX_EMAILS_PER_DAY", default=20, minimum=1, maximum=10**4)
# Patients get a reminder this long before the appointment; 0 turns reminders off.
REMINDER_HOURS = environment.integer("REMINDER_HOURS", default=24, minimum=0, maximum=14 * 24)
# Doctors can read a patient's record this long after the last appointment; 0 sets no end.
PATIENT_ACCESS_DAYS = environment.integer(
    "PATIENT_ACCESS_DAYS", default=0, minimum=0, maximum=100 * 365
)
# Patients for whom one account can act, and the age in years at which the right of parents ends.
MAX_DEPENDANTS = environment.integer("MAX_DEPENDANTS", default=10, minimum=0, maximum=1000)
DEPENDANT_AGE_LIMIT = environment.integer("DEPENDANT_AGE_LIMIT", default=18, minimum=1, maximum=130)
PHONENUMBER_DEFAULT_REGION = environment.choice(
    "PHONENUMBER_DEFAULT_REGION", default="DE", among=set(SUPPORTED_REGIONS)
)
