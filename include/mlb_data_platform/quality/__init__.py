"""Quality: the mapping's rules, evaluated over staged rows before anything is published (DESIGN section 8)."""
