"""PostgreSQL and the object store: the raw tier, its archive, and how rows of the tables are published."""
