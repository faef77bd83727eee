"""The description says what the server does: the same addresses, and shapes that real answers have."""

from typing import Any

import jsonschema
from openapi_spec_validator import validate

from bot.api.site import ROUTES
from tests.api.house import AUTHOR, Office


async def test_the_description_is_valid_and_has_every_address(house: Office) -> None:
    answer = await house.get("/api/openapi.json")
    validate(answer.json)
    said = {(method.upper(), path) for path, one in answer.json["paths"].items() for method in one}
    assert said == {(route.method, f"/api/v1{route.path}") for route in ROUTES}
    for path, one in answer.json["paths"].items():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            served = await house.ask(method, path.replace("{id}", "1").replace("{ref}", "abcd").replace("{name}", "x"))
            assert (served.status == 401) is (method.lower() in one), (method, path)  # 401: it is there, and wants a key


async def test_answers_have_the_shapes_that_are_described(house: Office) -> None:
    house.people("tel:+254700000001", groups=("volunteers",))
    made = await house.sent(roll_call=True)
    description = (await house.get("/api/openapi.json")).json
    ref = (await house.get("/contacts", "amina")).json["contacts"][0]["ref"]
    for route in (one for one in ROUTES if one.method == "GET" and one.name not in ("getAlert",)):
        path = route.path.replace("{id}", str(made)).replace("{ref}", ref) + ("?q=Bura" if route.name == "findPlaces" else "")
        name = "amina" if AUTHOR in route.roles else "cleo"
        answer = await house.get(path, name)
        assert answer.status == 200, (route.name, answer.json)
        _fits(answer.json, route.gives.__name__, description)
    wrong = await house.get("/broadcasts/77", "amina")
    _fits(wrong.json, "Problem", description)


def _fits(value: Any, name: str, description: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)
