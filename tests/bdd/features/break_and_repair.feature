Feature: A game that breaks stays as it was until it is repaired
  A response that cannot be so is refused with a reason: it reaches no table, is kept, and holds up no other game.

  Background:
    Given the API lists the games 980001 and 980002 for 2026-07-01, and 980003 as postponed
    And 980001 is in progress
    And 980002 is in progress
    And I have loaded the day
    And both games are final
    But the API says of 980001 that its first inning is the 99th
    And I have tried to load the day

  Scenario: It is refused, and said
    Then it fails, and says what of 980001 is refused, why, what the tables hold and how to look
    And the tables hold what the API said of 980001 before
    And 980001 is on the list of refused captures, with the reason
    And what the API said of 980001 can still be read
    And the tables hold exactly what the API says of 980002

  Scenario: The API puts it right
    Given 980001 has ended
    When I load 980001 alone
    Then the tables hold exactly what the API says of 980001
    And 980002 was not asked for again
    And loading the day no longer fails
