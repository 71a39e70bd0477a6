-- What moved a runner is told by the position of the event in its play, as event_index has it. The feed's own index is
-- that position from 2022 on; in 2018 it begins at 1 and has gaps.
COMMENT ON COLUMN game.live_game_pitch_events.index IS 'index. The feed''s own number; 2018 begins at 1 and has gaps in it.';
COMMENT ON COLUMN game.live_game_play_actions.index IS 'index. The feed''s own number; 2018 begins at 1 and has gaps in it.';
COMMENT ON COLUMN game.live_game_runners.play_index IS
    'details.playIndex. The event_index of what moved him; -1 in a play without events (2018).';
