"""What keeps the house in order from outside: its lock, licences, bill of materials, scanners."""
