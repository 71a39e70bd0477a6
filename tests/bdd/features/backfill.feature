Feature: Dates are loaded and repaired in Airflow
  One backfills the schedule of dates; the games of a date follow by themselves, each on its own.

  Background:
    Given an Airflow runs the DAGs mlb_schedule and mlb_game

  Scenario: Dates are backfilled with Airflow's form, and their games follow
    When I backfill 2026-07-13 to 2026-07-14, on which nobody plays, with Airflow's form
    Then a run named after it has loaded the schedule of 2026-07-13
    And a run named after it has loaded the schedule of 2026-07-14
    And the games of 2026-07-13 have followed, and all is well though there are none
    And the games of 2026-07-14 have followed, and all is well though there are none
    And I am told that 2026-07-13 and 2026-07-14 would be loaded again, where I ask for that

  Scenario: What the terms of use do not allow is refused
    When I backfill 2026-04-01 to 2026-09-30 with Airflow's form
    Then it is refused with the notice of what is allowed, and nothing is loaded of 2026-04-01

  Scenario: A game that breaks fails alone, is told, and is repaired alone
    Given the API answers with another game in place of the second one of 2026-06-11
    When I backfill 2026-06-11 and wait for its games
    Then I am told which task failed
    And of the second game's tasks one failed, of the first game's none
    And the first game is in the tables, the second one is not
    And a notice says which game failed, why, and by which command I see its tasks
    And that command shows me the task that failed
    And the page of that task leads to the game in Ballpark, and to the command that repairs it
    And 2026-06-11 is among the missing dates, for the second game
    When the API answers as it should, and I run that command and wait for the games
    Then both games are in the tables
    And the first game was not asked for again
    And 2026-06-11 is not among the missing dates

  Scenario: A date that is loaded again takes its games along
    When I backfill 2026-06-11 with Airflow's form, though it is loaded
    Then its schedule and its games are loaded for the second time

  Scenario: A run by hand takes a date or games
    When I trigger mlb_schedule by hand with the date 2026-07-13
    Then it succeeds, and the games of 2026-07-13 follow once more
    When I trigger mlb_game by hand with a game
    Then it succeeds

  Scenario: Dates that were missed are made up for, and said to be late
    When Airflow finds, months after the last date, that dates were missed
    Then the last two dates are loaded, and none before them
    And a notice says that the last date is late, and none that one of months ago is
