"""`make bench-live`: fifteen games of a simulated date, from the API's change to the rows of the tables."""
