"""The world of a simulated season: people, clubs, parks, officials and the list of games. All invented."""
