"""Following one game: what the API says of it is kept, change by change, until it is over."""
