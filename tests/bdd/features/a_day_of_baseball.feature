Feature: A day of baseball becomes tables
  What the Stats API says of a date is in PostgreSQL, exactly, and stays so however often one asks.

  Background:
    Given the API lists the games 980001 and 980002 for 2026-07-01, and 980003 as postponed
    And both games are final

  Scenario: A day loads
    When I load the day
    Then the schedule of the day has 3 games
    And the tables hold exactly what the API says of 980001
    And the tables hold exactly what the API says of 980002
    And nothing is known of 980003

  Scenario: Loading the day again changes nothing
    Given I have loaded the day
    When I load the day
    Then not one row of the games was rewritten
    And each game has one raw response, seen twice

  Scenario: The scorer changes his mind
    Given I have loaded the day
    And the scorer corrects 980001 without a new time stamp
    When I load the day
    Then the tables hold exactly what the API says of 980001
    And 980001 has 2 raw responses
    And not one play of 980002 was rewritten

  Scenario: A game goes on
    Given 980002 is in progress
    And I have loaded the day
    And 980002 has ended
    When I load the day
    Then the tables hold exactly what the API says of 980002

  Scenario Outline: An answer that is not the game
    Given the API answers for 980001 with <answer>
    When I try to load the day
    Then it fails, and one line names 980001, the URL and the reason
    And there is no raw response of 980001
    And the tables hold exactly what the API says of 980002

    Examples:
      | answer       |
      | an error     |
      | another game |

  Scenario: The API recovers
    Given the API answers for 980001 with a web page
    And I have tried to load the day
    And the API answers for 980001 as it should
    When I load the day
    Then the tables hold exactly what the API says of 980001
