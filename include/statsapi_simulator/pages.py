"""People, clubs and parks as the API writes them, in the shape of 2026.

The same objects stand in a feed's `gameData` and in the answers of the reference endpoints.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from statsapi_simulator.model import Person, Team, Venue
from statsapi_simulator.world.dates import SeasonDates
from statsapi_simulator.world.season import World

Page = dict[str, Any]

COPYRIGHT = "Synthetic data of a simulated league. Not from Major League Baseball; free to use in any way."

LEAGUES = {103: ("American League", "AL"), 104: ("National League", "NL")}
SPRING_LEAGUES = {114: ("Cactus League", "CL"), 115: ("Grapefruit League", "GL")}
DIVISIONS = {
    200: "American League West",
    201: "American League East",
    202: "American League Central",
    203: "National League West",
    204: "National League East",
    205: "National League Central",
}
SPORT = {"id": 1, "link": "/api/v1/sports/1", "name": "Major League Baseball"}

_POSITIONS = {  # code: name, type, abbreviation
    "1": ("Pitcher", "Pitcher", "P"),
    "2": ("Catcher", "Catcher", "C"),
    "3": ("First Base", "Infielder", "1B"),
    "4": ("Second Base", "Infielder", "2B"),
    "5": ("Third Base", "Infielder", "3B"),
    "6": ("Shortstop", "Infielder", "SS"),
    "7": ("Outfielder", "Outfielder", "LF"),
    "8": ("Outfielder", "Outfielder", "CF"),
    "9": ("Outfielder", "Outfielder", "RF"),
    "10": ("Designated Hitter", "Hitter", "DH"),
    "11": ("Pinch Hitter", "Hitter", "PH"),
    "12": ("Pinch Runner", "Runner", "PR"),
    "Y": ("Two-Way Player", "Two-Way Player", "TWP"),
    "X": ("Unknown", "Unknown", "X"),
}
_SIDES = {"L": "Left", "R": "Right", "S": "Switch"}
_FIRST_SPRING_VENUE_ID = 9101
_FIRST_FARM_ID = 1000


def person_link(person: Person) -> Page:
    """Return somebody as others refer to him: id, fullName and link."""
    return {"id": person.id, "fullName": person.full_name, "link": f"/api/v1/people/{person.id}"}


def position_page(code: str) -> Page:
    """Return a position by its code; 'X' is unknown."""
    name, kind, abbreviation = _POSITIONS[code]
    return {"code": code, "name": name, "type": kind, "abbreviation": abbreviation}


def side_page(code: str) -> Page:
    """Return the side somebody bats from or throws with."""
    return {"code": code, "description": _SIDES[code]}


def boxscore_name(person: Person) -> str:
    """Return the last name, with the initial where another player of the season bears it too."""
    name = _last_name(person)
    return f"{name}, {person.use_name[0]}" if person.shares_last_name else name


def strike_zone(person: Person) -> tuple[float, float]:
    """Return top and bottom of his strike zone in feet: 53.5 % and 27 % of his height."""
    return round(person.height_inches * 0.535 / 12, 3), round(person.height_inches * 0.27 / 12, 3)


def person_page(person: Person, season: int) -> Page:
    """Return somebody with all attributes he has, as old as he is on 1 July of `season`."""
    last, top_bottom = _last_name(person), strike_zone(person)
    known = {
        **person_link(person),
        "firstName": person.first_name,
        "lastName": person.last_name,
        "primaryNumber": person.primary_number,
        "birthDate": person.birth_date.isoformat(),
        "currentAge": _age(person.birth_date, date(season, 7, 1)),
        "birthCity": person.birth_city,
        "birthStateProvince": person.birth_state,
        "birthCountry": person.birth_country,
        "height": f"{person.height_inches // 12}' {person.height_inches % 12}\"",
        "weight": person.weight_pounds,
        "active": person.last_played is None,
        "primaryPosition": position_page(person.primary_position if person.is_player else "X"),
        "useName": person.use_name,
        "useLastName": last,
        "middleName": person.middle_name,
        "boxscoreName": boxscore_name(person),
        "nickName": person.nick_name,
        "gender": "M",
        "nameMatrilineal": person.matrilineal_name,
        "isPlayer": person.is_player,
        "isVerified": person.is_verified,
        "draftYear": person.draft_year,
        "pronunciation": person.pronunciation,
        "lastPlayedDate": person.last_played and person.last_played.isoformat(),
        "mlbDebutDate": person.debut_date and person.debut_date.isoformat(),
        "batSide": side_page(person.bats),
        "pitchHand": side_page(person.throws),
        "nameFirstLast": person.full_name,
        "nameTitle": person.name_suffix,
        "nameSuffix": person.name_suffix,
        "nameSlug": f"{_slug(person.full_name)}-{person.id}",
        "firstLastName": person.full_name,
        "lastFirstName": f"{last}, {person.use_name}",
        "lastInitName": f"{last}, {person.use_name[0]}",
        "initLastName": f"{person.use_name[0]} {last}",
        "fullFMLName": " ".join(filter(None, (person.first_name, person.middle_name, last))),
        "fullLFMName": " ".join(filter(None, (f"{last},", person.first_name, person.middle_name))),
        "strikeZoneTop": top_bottom[0],
        "strikeZoneBottom": top_bottom[1],
    }
    return {key: value for key, value in known.items() if value is not None}


def team_link(team: Team) -> Page:
    """Return a club as others refer to it: id, name and link."""
    return {"id": team.id, "name": team.name, "link": f"/api/v1/teams/{team.id}"}


def league_link(league: int) -> Page:
    """Return a league as others refer to it: id, name and link."""
    return {"id": league, "name": LEAGUES[league][0], "link": f"/api/v1/league/{league}"}


def farm_link(team: Team) -> Page:
    """Return the farm team to which a club options players: invented, and not simulated."""
    farm = _FIRST_FARM_ID + team.id
    return {"id": farm, "name": f"{team.location} Yearlings", "link": f"/api/v1/teams/{farm}"}


def team_page(world: World, team: Team) -> Page:
    """Return a club with all its attributes; a feed adds its `record`."""
    venue = world.venues[team.venue_id]
    spring_name, spring_abbreviation = SPRING_LEAGUES[team.spring_league_id]
    # Two clubs share a spring park.
    spring_venue = _FIRST_SPRING_VENUE_ID + (venue.id - min(world.venues)) // 2
    return {
        "springLeague": {
            "id": team.spring_league_id,
            "name": spring_name,
            "link": f"/api/v1/league/{team.spring_league_id}",
            "abbreviation": spring_abbreviation,
        },
        "allStarStatus": "N",
        **team_link(team),
        "season": world.season,
        "venue": {"id": venue.id, "name": venue.name, "link": f"/api/v1/venues/{venue.id}"},
        "springVenue": {"id": spring_venue, "link": f"/api/v1/venues/{spring_venue}"},
        "teamCode": team.team_code,
        "fileCode": team.file_code,
        "abbreviation": team.abbreviation,
        "teamName": team.club_name,
        "locationName": team.location,
        "firstYearOfPlay": str(team.first_year),
        "league": league_link(team.league_id),
        "division": {
            "id": team.division_id,
            "name": DIVISIONS[team.division_id],
            "link": f"/api/v1/divisions/{team.division_id}",
        },
        "sport": dict(SPORT),
        "shortName": team.location,
        "franchiseName": team.location,
        "clubName": team.club_name,
        "active": True,
    }


def venue_page(venue: Venue, season: int, at: datetime | None = None) -> Page:
    """Return a park with all its attributes; the offsets from UTC (hours) are those at `at`, else in July."""
    zone = ZoneInfo(venue.time_zone)
    local = (at or datetime(season, 7, 1, tzinfo=UTC)).astimezone(zone)
    offset = int((local.utcoffset() or UTC.utcoffset(None)).total_seconds() // 3600)
    field = {
        "capacity": venue.capacity,
        "turfType": venue.turf_type,
        "roofType": venue.roof_type,
        "leftLine": venue.left_line,
        "left": venue.left,
        "leftCenter": venue.left_center,
        "center": venue.center,
        "rightCenter": venue.right_center,
        "right": venue.right,
        "rightLine": venue.right_line,
    }
    return {
        "id": venue.id,
        "name": venue.name,
        "link": f"/api/v1/venues/{venue.id}",
        "location": {
            "address1": venue.address,
            "city": venue.city,
            "state": venue.state,
            "stateAbbrev": venue.state_abbreviation,
            "postalCode": venue.postal_code,
            "defaultCoordinates": {"latitude": venue.latitude, "longitude": venue.longitude},
            "azimuthAngle": venue.azimuth_angle,
            "elevation": venue.elevation,
            "country": venue.country,
            "phone": venue.phone,
        },
        "timeZone": {"id": venue.time_zone, "offset": offset, "offsetAtGameTime": offset, "tz": local.tzname()},
        "fieldInfo": {key: value for key, value in field.items() if value is not None},
        "active": True,
        "season": str(season),
    }


def dates_page(dates: SeasonDates) -> Page:
    """Return the dates of a season."""
    days = {
        "preSeasonStartDate": dates.pre_season_start,
        "preSeasonEndDate": dates.pre_season_end,
        "seasonStartDate": dates.season_start,
        "springStartDate": dates.spring_start,
        "springEndDate": dates.spring_end,
        "regularSeasonStartDate": dates.regular_season_start,
        "lastDate1stHalf": dates.last_date_first_half,
        "allStarDate": dates.all_star,
        "firstDate2ndHalf": dates.first_date_second_half,
        "regularSeasonEndDate": dates.regular_season_end,
        "postSeasonStartDate": dates.post_season_start,
        "postSeasonEndDate": dates.post_season_end,
        "seasonEndDate": dates.season_end,
        "offseasonStartDate": dates.offseason_start,
        "offSeasonEndDate": dates.off_season_end,
    }
    return {name: day.isoformat() for name, day in days.items()}


def _last_name(person: Person) -> str:
    return f"{person.last_name} {person.name_suffix}" if person.name_suffix else person.last_name


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
