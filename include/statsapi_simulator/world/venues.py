"""The thirty parks, one per club: `data/parks.yaml` as venues."""

from __future__ import annotations

from typing import Any

from statsapi_simulator.model import Venue
from statsapi_simulator.tables import table

FIRST_VENUE_ID = 9001


_STATES = {
    "AZ": "Arizona", "CA": "California", "CO": "Colorado", "FL": "Florida", "GA": "Georgia", "IL": "Illinois",
    "KS": "Kansas", "KY": "Kentucky", "MA": "Massachusetts", "MD": "Maryland", "MI": "Michigan", "MN": "Minnesota",
    "MO": "Missouri", "NY": "New York", "OH": "Ohio", "ON": "Ontario", "PA": "Pennsylvania", "TX": "Texas",
    "VA": "Virginia", "WA": "Washington", "WI": "Wisconsin",
}  # fmt: skip


def venues() -> tuple[Venue, ...]:
    """Return the parks in the order of the clubs."""
    return tuple(_venue(FIRST_VENUE_ID + place, park) for place, park in enumerate(table("parks")))


def _venue(venue_id: int, park: dict[str, Any]) -> Venue:
    address, place, field = park["address"], park["place"], park["field"]
    left_line, left_center, center, right_center, right_line = field["fences"]
    left, right = field.get("alleys", (None, None))
    return Venue(
        id=venue_id,
        name=park["name"],
        address=address["street"],
        city=address["city"],
        state=_STATES[address["state"]],
        state_abbreviation=address["state"],
        postal_code=address["postal_code"],
        country="Canada" if address["state"] == "ON" else "USA",
        phone=f"(555) 555-{venue_id - FIRST_VENUE_ID + 100:04d}",
        latitude=place["latitude"],
        longitude=place["longitude"],
        azimuth_angle=field["azimuth"],
        elevation=place["elevation"],
        time_zone=place["time_zone"],
        capacity=field["capacity"],
        turf_type="Grass" if field["roof"] == "Open" or venue_id % 2 else "Artificial Turf",
        roof_type=field["roof"],
        left_line=left_line,
        left_center=left_center,
        center=center,
        right_center=right_center,
        right_line=right_line,
        left=left,
        right=right,
    )
