"""Raw rows become the rows of the tables: what to apply, the flatten function, and applying it batch by batch."""
