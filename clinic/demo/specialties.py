"""Specialties of the demo doctors, and reasons for appointments and cancellations."""

REASONS = {
    "General practice": ("Check-up", "Persistent cough", "Vaccination", "Sick note"),
    "Cardiology": ("Palpitations", "Blood pressure follow-up", "Chest pain on exertion"),
    "Dermatology": ("Mole check", "Itching rash", "Acne follow-up"),
    "Paediatrics": ("Fever since yesterday", "Growth check", "Vaccination"),
    "Orthopaedics": ("Knee pain after running", "Back pain", "Physiotherapy follow-up"),
    "Neurology": ("Migraine", "Numb fingers", "Dizziness"),
    "Gynaecology": ("Yearly check-up", "Pregnancy check", "Advice on contraception"),
    "Ophthalmology": ("Blurred vision", "New glasses", "Eye pressure check"),
    "Psychiatry": ("First interview", "Trouble sleeping", "Medication review"),
    "Urology": ("Kidney stones", "Preventive check-up"),
    "Ear, nose and throat": ("Hearing test", "Sore throat", "Blocked nose"),
    "Endocrinology": ("Thyroid follow-up", "Diabetes check"),
}
CANCELLATIONS = ("Got well again", "Cannot make it that day", "The practice is closed", "")
