"""How a pitch flew and how a ball left the bat, in all the numbers the feed has of it."""

from __future__ import annotations

from statsapi_simulator.feed.names import Node
from statsapi_simulator.game_record import Hit, Pitch
from statsapi_simulator.model import Person
from statsapi_simulator.pages import strike_zone

_GRAVITY = 32.174  # ft/s²
_FPS = 1.46667  # of a mile per hour
_RELEASED_AT, _PLATE = 50.0, 1.417  # ft from the point of home plate
_SWINGS = frozenset("SWFTXDEML")


def pitch_data(pitch: Pitch, batter: Person, pitcher: Person, call: str, grain: bytes, *, live: bool) -> Node:
    """Return `pitchData`; `grain` are bytes that belong to this pitch, for what is finer than a scorer notes.

    While the game is on some of it is not there yet, and the angle of the break is another one.
    """
    speed = pitch.start_speed * _FPS
    drag = 0.00163 * speed * speed + grain[0] / 97
    time = (_RELEASED_AT - _PLATE) / (speed - drag * 0.2)
    fine = int.from_bytes(grain[1:4]) / 2**24
    p_x, p_z = pitch.plate_x + (fine - 0.5) / 101, pitch.plate_z + (fine - 0.5) / 103
    pfx_x, pfx_z = -0.61 * pitch.break_horizontal + fine / 11, 0.6 * pitch.break_vertical_induced + fine / 13
    a_x, a_z = 1.82 * pfx_x, 1.82 * pfx_z - _GRAVITY
    x_0 = (-1.0 if pitcher.throws == "R" else 1.0) * (1.5 + grain[4] / 255)
    z_0 = 5.3 + pitcher.height_inches / 240 + grain[5] / 700
    top, bottom = strike_zone(batter)
    if call not in _SWINGS:  # taken pitches are measured finer
        top, bottom = top + fine / 17, bottom + fine / 19
    data: Node = {
        "startSpeed": pitch.start_speed,
        "endSpeed": round(pitch.start_speed * (0.905 + grain[6] / 9000), 1),
        "strikeZoneTop": top,
        "strikeZoneBottom": bottom,
        "strikeZoneWidth": 17.0,
        "strikeZoneDepth": 8.5,
        "coordinates": {
            "aY": drag + 8.0,
            "aZ": a_z,
            "pfxX": pfx_x,
            "pfxZ": pfx_z,
            "pX": p_x,
            "pZ": p_z,
            "vX0": (p_x - x_0) / time - a_x * time / 2,
            "vY0": -speed * 0.993,
            "vZ0": (p_z - z_0) / time - a_z * time / 2,
            "x": round(117.0 - 38.1 * p_x, 2),
            "y": round(238.8 - 26.98 * p_z, 2),
            "x0": x_0,
            "y0": _RELEASED_AT + (fine - 0.5) / 100,
            "z0": z_0,
            "aX": a_x,
        },
        "breaks": _breaks(pitch, time, live=live),
        "zone": pitch.zone,
        "plateTime": time,
        "extension": pitch.extension + (fine - 0.5) / 20,
    }
    if not live:
        data["typeConfidence"] = 2.0 if grain[7] < 150 else round(0.75 + grain[7] / 1100, 2)
    if grain[8] == 0:  # now and then the cameras miss something
        for name in ("extension", "plateTime", "zone") if grain[9] < 128 else ("extension",):
            del data[name]
    if grain[10] == 0 and grain[11] < 96:
        del data["breaks"]["spinRate"], data["breaks"]["spinDirection"]
    return data


def _breaks(pitch: Pitch, time: float, *, live: bool) -> Node:
    angle = round(abs(pitch.break_horizontal) * 2.2 / 1.2) * 1.2
    breaks: Node = {
        "breakAngle": round(angle * 0.5, 1) if live else round(angle, 1),
        "breakLength": round(max(1, round((26 - pitch.break_vertical_induced) / 3)) * 1.2, 1),
        "breakY": 24.0,
        "breakVertical": round(pitch.break_vertical_induced - 6 * _GRAVITY * time * time, 1),
        "breakVerticalInduced": pitch.break_vertical_induced,
        "breakHorizontal": pitch.break_horizontal,
        "spinRate": pitch.spin_rate,
        "spinDirection": pitch.spin_direction,
    }
    if live:
        del breaks["breakLength"], breaks["breakY"]
    return breaks


def hit_data(hit: Hit) -> Node:
    """Return `hitData`."""
    return {
        "launchSpeed": hit.launch_speed,
        "launchAngle": hit.launch_angle,
        "totalDistance": hit.total_distance,
        "trajectory": hit.trajectory,
        "hardness": hit.hardness,
        "location": hit.location,
        "coordinates": {"coordX": hit.x, "coordY": hit.y},
    }
