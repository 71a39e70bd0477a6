"""Where things are drawn: a strike in the zone, a ball that was hit to center in center, whatever the numbers are."""

from __future__ import annotations

import pytest

from mlb_data_platform.web import drawing


def inside(place: drawing.Place, box: tuple[int, int, int, int]) -> bool:
    left, top, width, height = box
    return left <= place.x <= left + width and top <= place.y <= top + height


def test_a_pitch_down_the_middle_is_in_the_zone_and_a_high_one_above_it() -> None:
    zone = drawing.zone([3.4, 3.4, None], [1.6])
    assert zone
    middle, high = drawing.crossing(0, 2.5), drawing.crossing(0, 4)
    assert middle
    assert high
    assert zone.x < middle.x < zone.x + zone.width
    assert zone.y < middle.y < zone.y + zone.height
    assert high.y < zone.y


def test_the_plate_is_seventeen_inches_wide_and_inside_to_a_right_hander_is_left() -> None:
    zone, inside_pitch = drawing.zone([3.4], [1.6]), drawing.crossing(-1.2, 2)
    assert zone
    assert inside_pitch
    assert zone.width == pytest.approx(100 * 17 / 12, abs=1)
    assert inside_pitch.x < zone.x


@pytest.mark.parametrize(("x", "z"), [(-9, 2), (9, 2), (0, -3), (0, 14)])
def test_a_wild_pitch_is_drawn_at_the_edge(x: float, z: float) -> None:
    place = drawing.crossing(x, z)
    assert place
    assert inside(place, drawing.ZONE_BOX)


def test_what_is_not_known_is_not_drawn() -> None:
    assert drawing.zone([None], [1.6]) is None
    assert drawing.zone([], []) is None
    assert drawing.crossing(None, 2) is None
    assert drawing.landing(100, None) is None
    assert drawing.fence([330, None, None, None, None, None, 325]) is None
    assert drawing.fence([None, 360, None, 400, None, 360, 325]) is None


def test_the_field_is_as_the_api_draws_it() -> None:
    home, first, second, third = drawing.bases()
    assert third.x < home.x < first.x
    assert second.y < first.y < home.y
    fence = drawing.fence([330, None, 375, 400, 375, None, 330])
    assert fence
    places = [drawing.Place(*map(float, each.split(","))) for each in fence.split()]
    assert len(places) == 5
    assert all(inside(place, drawing.FIELD_BOX) for place in places)
    assert places[2].x == pytest.approx(home.x, abs=0.1), "center field is straight on"
    assert (places[0].x, places[0].y) == (drawing.foul_line(-45, 330).x, drawing.foul_line(-45, 330).y)
    assert drawing.foul_line(45, None) == drawing.foul_line(45, 330)
    beyond = drawing.landing(500, -20)
    assert beyond
    assert inside(beyond, drawing.FIELD_BOX)


def test_a_chart_is_as_wide_with_few_plays_as_with_many_and_higher_is_better_for_the_home_team() -> None:
    assert drawing.chart([0.5]) == "0,50"
    assert drawing.chart([1, 0, 0.5]) == f"0,0 {drawing.CHART_WIDTH // 2},100 {drawing.CHART_WIDTH},50"
