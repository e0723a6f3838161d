"""Districts: which one a postal code belongs to, by a file of the organizer's or by a service."""
