"""`mlb-etl`: the commands, each in a module of its name, and what they have in common."""
