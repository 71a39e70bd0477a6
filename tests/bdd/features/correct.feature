Feature: What the scorer changes after a game is found and told
  Games that are over are asked for again when the API lists them as changed, and no more of them a day than is allowed.

  Background:
    Given three games that ended days ago are loaded

  Scenario: Corrections are found
    When I ask again for what is due
    Then no game was asked for, as none was due
    Given the scorer has corrected the first and the second game
    When I look for corrections
    Then 2 games were asked for
    And I am told each value of the first and the second game that was changed, as it was and as it is
    And the view of all corrections says the same
    And the tables hold exactly what the API says of all three games

  Scenario: No more of them a day than is allowed
    Given the scorer has corrected the first and the second game
    And 1 game a day may be asked for again
    When I look for corrections
    Then 1 game was asked for
    When I ask again for what is due
    Then no game was asked for, as 1 of 1 was today and 1 waits
    Given 2 games a day may be asked for again
    When I ask again for what is due
    Then 1 game was asked for
    And none is due any longer
