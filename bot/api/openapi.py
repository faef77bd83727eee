"""/api/openapi.json: an OpenAPI 3.1 description, made of the same table that the server is made of."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from bot import __version__
from bot.api.forms import Form
from bot.api.route import CAP, JSON, Route
from bot.api.shapes import Problem

PREFIX = "/api/v1"
_REF = "#/components/schemas/{model}"
_ALWAYS = {400, 401, 403, 408, 413, 429, 503}
_SAYS = {
    400: "What was sent cannot be read, or names something that is not known.",
    401: "There is no key, or it is nobody's.",
    403: "The key may not, or the request came from where none is taken.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "It cannot be done as things stand. Nothing was changed.",
    413: "The body is too large.",
    415: "The body is of another kind than this address takes.",
    429: "Too many requests. Wait as long as Retry-After says.",
    503: "Not now. Send it again later.",
}
_PARTS = {
    "id": {"type": "integer", "minimum": 1},
    "ref": {"type": "string", "pattern": "^[a-p]+$"},
    "name": {"type": "string", "maxLength": 120},
}


def describe(routes: Sequence[Route], server: str) -> dict[str, Any]:
    """The whole description. `server`: our address."""
    bodies = [(one.takes, "validation") for one in routes if one.takes]
    given = [(one.gives, "serialization") for one in routes]
    _, defined = models_json_schema(sorted({*bodies, *given, (Problem, "serialization")}, key=str), ref_template=_REF)  # type: ignore[arg-type]
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ujumbe",
            "version": __version__,
            "description": "Alerts by SMS, USSD and WhatsApp. Every broadcast is written by one person and approved by another.",
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(one.about for one in routes)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key (ujk_...) that a member of staff made on the console."}
            },
            "schemas": defined["$defs"],
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.about],
        "summary": route.says,
        "description": f"For the roles {', '.join(sorted(route.roles))}.",
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
    }
    if route.takes:
        found["requestBody"] = {"required": _is_needed(route.takes), "content": {JSON: {"schema": _ref(route.takes)}}}
    if route.cap:
        found["requestBody"] = {"required": True, "content": {CAP: {"schema": {"type": "string", "description": "CAP 1.0 to 1.2"}}}}
    return found


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for part in re.findall(r"{(\w+)}", route.path):
        yield {"name": part, "in": "path", "required": True, "schema": _PARTS[part]}
    if route.asks:
        yield from _queries(route.asks)
    if route.once:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            "description": "Of your own making. Asked twice with the same one, it is drafted once.",
        }


def _queries(asks: type[Form]) -> Iterator[dict[str, Any]]:
    schema = asks.model_json_schema(ref_template=_REF)
    defs = schema.get("$defs", {})
    for name, one in schema["properties"].items():
        about = {"description": one.pop("description")} if "description" in one else {}
        yield {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": _flat(one, defs), **about}


def _flat(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """Without references, and without "or null", which an address cannot say."""
    choices = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    one = {name: value for name, value in schema.items() if name not in ("anyOf", "title")} | (choices[0] if choices else {})
    if "$ref" in one:
        one = {**defs[one.pop("$ref").rsplit("/", 1)[1]], **one}
    return {name: value for name, value in one.items() if value is not None}


def _responses(route: Route) -> dict[str, Any]:
    well = {"description": "Done.", "content": {JSON: {"schema": _ref(route.gives)}}}
    statuses = _ALWAYS | route.fails | ({415} if route.takes or route.cap else set())
    wrong = {str(status): {"description": _SAYS[status], "content": {JSON: {"schema": _ref(Problem)}}} for status in sorted(statuses)}
    done = {"200": well, **({"201": {**well, "description": "Made."}} if route.made else {})}
    return done | wrong


def _ref(model: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _is_needed(form: type[Form]) -> bool:
    return any(one.is_required() for one in form.model_fields.values())
