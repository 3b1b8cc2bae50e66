"""The same clinic behind other APIs, to be measured against. Not to be deployed."""
