"""How often the programs of a live date look, and for how long one waits for another: seconds of the API's clock.

They stand together because they hang together: who waits for another program waits longer than that one takes.

    watch      asks the API which games there are and where they stand, and keeps the schedule's table
    sensors    wait, by that table, until a game begins, as long as somebody keeps it fresh
    followers  ask the API for their games, and learn from that table that one is played elsewhere
    stream     waits for followers of what that table lists, until nothing more is to come of it
"""

# The watch asks the API for the schedule: while a game is on, and while all are over or ahead. A game is said to warm
# up a good while before its first pitch. `fresh_seconds` of mlb_schedule_today are more: it asks for nothing meanwhile.
WATCHES_EVERY, WATCHES_EVERY_BETWEEN_GAMES = 25.0, 60.0

# The watch waits for the API to list games again, where there were some: an answer without any is most likely wrong,
# and nobody waits for it to be believed.
BELIEVES_NONE_IS_LISTED_AFTER = 900.0

# The same of a game that an answer leaves out before it is over. Others wait for what the answer says of theirs.
BELIEVES_ONE_IS_GONE_AFTER = 2 * WATCHES_EVERY_BETWEEN_GAMES

# The sensors wait for the watch: so long it may have asked for nothing while nobody has its lock, since it is about to
# start, or to start again. A try of Airflow's, and a pod, take less.
SCHEDULE_IS_FRESH_FOR = 3 * WATCHES_EVERY_BETWEEN_GAMES

# A follower asks the API for the whole document, so that no drift lives longer, and reads the watch's table. It waits
# for the watch to say so again, that a game is played elsewhere, before it believes it: for two requests.
CHECKS_THE_WHOLE_EVERY = 900.0
READS_THE_SCHEDULE_EVERY = 15.0
BELIEVES_IT_IS_ELSEWHERE_AFTER = 2 * WATCHES_EVERY_BETWEEN_GAMES

# The stream waits for followers, where nobody follows what is left: of games that are said to be over one may be about
# to ask for the last feed, or lack its lock since PostgreSQL was restarted, while it waits for an API that is slow; of
# others, what broke may be started again, or the schedule have had a bad answer.
FOLLOWERS_SETTLE_WITHIN = 300.0
FOLLOWERS_ARE_STARTED_WITHIN = 900.0
