"""Request → validated response → raw tier."""
