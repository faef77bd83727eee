"""What the list of hazardous pesticides sees, and what it cannot."""

import pytest

from skills.hazardous import hazardous


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Mix 20 ml of Monocrotophos or FURADAN-3G.", ["monocrotophos", "furadan"]),
        ("parathion-methyl, twice: parathion", ["parathion"]),
        ("zinc oxide and zinc phosphide", ["zinc phosphide"]),
        ("Tumia parakwati.", ["parakwati"]),
        ("Neem, soap, ash and a registered product of low hazard.", []),
        ("Pay at the counter; the marshal will monitor it.", []),  # brand names that are plain words
        ("furadn", []),  # misspelt: not seen
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert hazardous(text) == names
