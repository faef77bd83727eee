"""JSON webhook bodies that nest, read step by step. The texts and numbers of each object are the fields of a Form.

As in _form, no error repeats a value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.errors import Malformed
from bot.core.types import Request
from channels._form import JSON, Form, media_type

Node = Mapping[str, Any]  # one JSON object


def read_tree(request: Request) -> Node:
    """The JSON object of a body. Raises Malformed."""
    if media_type(request) != JSON:
        raise Malformed(f"The content type is not {JSON}.")
    try:
        tree = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(tree, dict):
        raise Malformed("The body is not a JSON object.")
    return tree


def child(node: Node, name: str) -> Node:
    """The object under `name`. Raises Malformed."""
    found = node.get(name)
    if not isinstance(found, dict):
        raise Malformed(f"The field '{name}' is not an object.")
    return found


def children(node: Node, name: str) -> Sequence[Node]:
    """The objects in the list under `name`, without what is no object; () where there is no list."""
    found = node.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else ()


def fields(node: Node) -> Form:
    """The texts of an object, and its numbers as texts."""
    return Form(
        [(name, str(value)) for name, value in node.items() if isinstance(value, str | int | float) and not isinstance(value, bool)]
    )
