"""Services for people whom the clinic knows: registration, likely duplicates, merging."""
