from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clinic import body
from prescriptions import areas

NECK, BACK, LEFT = "back-neck-middle", "back-lower-back-middle", "back-shoulder-left"
keys = st.lists(st.sampled_from(sorted(body.places_by_key())), max_size=6)


def test_what_was_treated_beyond_the_order_is_named_once_in_the_order_treated() -> None:
    assert areas.outside([NECK], [BACK, NECK, LEFT, BACK]) == [BACK, LEFT]


def test_within_the_order_nothing_is_outside() -> None:
    assert areas.outside([NECK, BACK], [BACK]) == []
    assert areas.outside([NECK], []) == []


def test_an_order_that_names_no_place_bounds_nothing() -> None:
    assert areas.outside([], [NECK, BACK]) == []


@given(ordered=keys, treated=keys)
def test_outside_is_treated_and_never_ordered(ordered: list[str], treated: list[str]) -> None:
    found = areas.outside(ordered, treated)
    assert set(found) <= set(treated)
    assert not set(found) & set(ordered)
    assert areas.outside(ordered, ordered) == []


def test_a_place_that_the_map_has_lost_is_passed_over() -> None:
    assert [place.key for place in areas.known([NECK, "front-tail-middle"])] == [NECK]


def test_only_the_sides_with_something_ordered_are_drawn() -> None:
    [back] = areas.drawing(areas.known([NECK]))
    assert str(back.title) == "Back"
    assert [place.key for place, on in back.places if on] == [NECK]
    both = areas.drawing(areas.known([NECK, "front-hip-left"]))
    assert [str(side.title) for side in both] == ["Back", "Front"]
    assert areas.drawing([]) == []
