"""The mappings: what their YAML says, whether it is right, and what follows from it: DDL, migrations, Avro."""
