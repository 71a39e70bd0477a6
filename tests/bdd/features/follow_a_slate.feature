Feature: An evening of games is followed as it is played
  What happens in a game is in the tables while it is on, and when all games are over there is nothing left to do.

  Scenario: Two games are followed until both are final
    Given two games are on, of which the later one is final in three quarters of an hour
    When I watch the date, follow both games and stream the date
    Then the tables soon hold exactly what the API says of both games
    When both games are played to their end
    Then all programs have ended by themselves, as the games are over
    And the tables hold exactly the final feed of each game
    And each moment that was captured can be had again as the API told of it
    And nothing of the date is left to ask for or to load
