"""All the YAML of the project, mappings and jobs taken together: what one file says of another, and their schemas."""
