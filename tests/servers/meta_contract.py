"""Whether a request fits the excerpt of Meta's published OpenAPI description, where it is there.

The excerpt is machine-made and wrong in places, as its README says: codes of short links are
``[A-Z0-9]{14}``, and ``cc`` goes with a ``phone_number`` of digits, as the guide on registering
numbers has it. Fields that only the reference of the node documents are known as well.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

EXCERPT = Path(__file__).parents[2].parent / "shared" / "data" / "meta_api_excerpt.yaml"
_WRONG_CODE, _RIGHT_CODE = "^[A-Z2-7]{14}$", "^[A-Z0-9]{14}$"
#: Fields of a number in the reference of the node that the excerpt lacks.
_MORE_FIELDS = frozenset({"new_certificate", "new_name_status"})
_NUMBERS = ("WhatsAppBusinessAccountPhoneNumber", "WhatsAppAccountNumber", "PhoneNumberInfo")
#: The national part of a number: the description has the whole number here.
_RIGHT_PATTERNS = {_WRONG_CODE: _RIGHT_CODE, "^[1-9][0-9]{6,14}$": "^[0-9]{4,14}$"}
_TYPES: dict[str, type] = {"string": str, "boolean": bool, "integer": int, "object": dict}


@cache
def excerpt() -> dict[str, Any] | None:
    """Return the description, or None where nobody put it beside the checkout."""
    if not EXCERPT.is_file():
        return None
    import yaml  # noqa: PLC0415 - only where the excerpt is there

    found: dict[str, Any] = yaml.safe_load(EXCERPT.read_text(encoding="utf-8"))
    return found


def breaches(
    method: str, path: str, query: Mapping[str, str], body: Any, headers: Mapping[str, str]
) -> list[str]:
    """Return what the description does not allow; nothing where it is not there."""
    described = excerpt()
    if described is None:
        return []
    operation = _operation(described, method, path)
    if operation is None:
        return [f"no operation {method} {path}"]
    found = [*_query(described, operation, query), *_body(described, operation, body)]
    pattern = described["components"]["parameters"]["Authorization"]["schema"]["pattern"]
    if not re.search(pattern, headers.get("authorization", "")):
        found.append("Authorization is missing or malformed")
    agent = described["components"]["parameters"]["UserAgent"]["schema"]["pattern"]
    if not re.search(agent, headers.get("user-agent", "")):
        found.append(f"User-Agent {headers.get('user-agent')}")
    return found


def _operation(described: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    for template, operations in described["paths"].items():
        operation: dict[str, Any] | None = operations.get(method.lower())
        if operation is None:
            continue
        patterns = {
            item["name"]: item["schema"]["pattern"].strip("^$")
            for item in operation.get("parameters", [])
            if item.get("in") == "path"
        }
        parts = re.split(r"\{([^}]+)\}", template)
        patterned = "".join(
            re.escape(part)
            if place % 2 == 0
            else patterns[part].replace(_WRONG_CODE.strip("^$"), _RIGHT_CODE.strip("^$"))
            for place, part in enumerate(parts)
        )
        if re.fullmatch(patterned, path):
            return operation
    return None


def _query(
    described: dict[str, Any], operation: dict[str, Any], query: Mapping[str, str]
) -> Iterator[str]:
    known = {
        item["name"]: item["schema"]
        for item in operation.get("parameters", [])
        if item.get("in") == "query"
    }
    for name, value in query.items():
        if name not in known:
            yield f"query field {name} is not described"
            continue
        schema = known[name]
        if schema["type"] == "integer" and not value.isdigit():
            yield f"query field {name}={value} is no integer"
            continue
        yield from _value(name, int(value) if schema["type"] == "integer" else value, schema)
    if "fields" in query:
        unknown = set(re.split(r",", query["fields"])) - _fields(described, operation)
        if unknown:
            yield f"fields {sorted(unknown)} are not described"


def _fields(described: dict[str, Any], operation: dict[str, Any]) -> frozenset[str]:
    schemas = described["components"]["schemas"]
    if "Qr" in operation["operationId"]:
        link = {*schemas["QrCodeDetails"]["properties"], "qr_image_url.format(SVG)",
                "qr_image_url.format(PNG)"}  # fmt: skip
        return frozenset(link)
    return _MORE_FIELDS | {field for name in _NUMBERS for field in schemas[name]["properties"]}


def _body(described: dict[str, Any], operation: dict[str, Any], body: Any) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        if body is not None:
            yield "a body that is not described"
        return
    if not isinstance(body, dict):
        yield "the body is no JSON object"
        return
    schemas = described["components"]["schemas"]
    named = content["schema"].get("oneOf", [content["schema"]])
    # of two bodies it is that with the code that changes a link
    chosen = named[-1] if "code" in body else named[0]
    schema = schemas[chosen["$ref"].rpartition("/")[2]]
    missing = set(schema.get("required", [])) - set(body)
    if missing:
        yield f"body fields {sorted(missing)} are missing"
    for name, value in body.items():
        if name not in schema["properties"]:
            yield f"body field {name} is not described"
            continue
        inner = schema["properties"][name]
        if "$ref" in inner:
            inner = schemas[inner["$ref"].rpartition("/")[2]]
        yield from _value(name, value, inner)


def _value(name: str, value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    kind = _TYPES[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{name} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{name}={value} is none of {schema['enum']}"
    written = str(schema.get("pattern", ""))
    pattern = _RIGHT_PATTERNS.get(written, written)
    if pattern and not re.search(pattern, str(value)):
        yield f"{name} does not match {pattern}"
    if isinstance(value, str):
        length = len(value.encode("utf-16-le")) // 2
        if not schema.get("minLength", 0) <= length <= schema.get("maxLength", length):
            yield f"{name} has {length} characters"
    number = isinstance(value, int) and not isinstance(value, bool)
    if number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{name}={value} is out of range"
