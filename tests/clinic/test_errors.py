"""What a broken rule is called."""

from __future__ import annotations

from booking.errors import NoRoomForTwo, SlotTaken
from clinic.errors import DomainError, InvalidTransition
from prescriptions.errors import SecondPersonNeeded


def test_a_rule_is_called_as_its_class_unless_it_says_another_name() -> None:
    assert DomainError().code == "refused"
    assert (SlotTaken.code, NoRoomForTwo.code) == ("slot_taken", "no_room_for_two")
    assert InvalidTransition.code == "invalid_transition"
    assert SecondPersonNeeded.code == "second_person"
