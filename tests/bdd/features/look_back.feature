Feature: Looking back
  What the tables held at any moment can be seen beside what they hold now.

  Background:
    Given the API lists the games 980001 and 980002 for 2026-07-01, and 980003 as postponed
    And both games are final
    And 980002 is in progress
    And I have loaded the day
    And 980002 has ended
    And I have loaded the day again

  Scenario: The tables as they were
    When I look at the tables as of the first capture that the timeline of 980002 lists
    Then I see exactly what the API said of 980002 at the first load
    When I look at the tables as of a second before it
    Then I see nothing of 980002
    When I look at the tables as of now
    Then I see exactly what the API said of 980002 at the second load
    And the tables hold exactly what the API says of 980002

  Scenario: What became of a game, capture by capture
    Then the timeline of 980002 lists two captures, of which the second one brought plays
    And the timeline of 980001 lists one capture, which was seen at both loads
