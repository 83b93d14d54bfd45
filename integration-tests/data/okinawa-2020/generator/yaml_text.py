"""Writes plain YAML: block style, one row of a table on one line where it is marked `row`."""

import json
import re

PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*$|^\d{4}-\d{2}-\d{2}$")
# Words that some YAML readers take for something else than text.
NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}


class Row(dict):
    """A mapping that stands on one line."""


class Line(list):
    """A list that stands on one line."""


def row(**keys):
    return Row({key: value for key, value in keys.items() if value is not None})


def scalar(value):
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    assert isinstance(value, str), f"{value!r} is neither text nor a whole number"
    # NONE is a code in many columns; in capitals no reader takes it for null.
    if PLAIN.match(value) and (value.lower() not in NOT_TEXT or value == "NONE"):
        return value
    return json.dumps(value, ensure_ascii=False)


def inline(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key}: {inline(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return scalar(value)


def stands_on_one_line(value):
    return not isinstance(value, (dict, list)) or isinstance(value, (Row, Line)) or not value


def lines(value, indent):
    pad = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            if stands_on_one_line(item):
                yield f"{pad}{key}: {inline(item)}"
            else:
                yield f"{pad}{key}:"
                yield from lines(item, indent + 2)
    else:
        for item in value:
            if stands_on_one_line(item):
                yield f"{pad}- {inline(item)}"
            else:
                first, *rest = lines(item, indent + 2)
                yield f"{pad}- {first.strip()}"
                yield from rest


def document(comment, value):
    """The whole file: a comment that says where the columns come from, then the data."""
    head = [f"# {line}".rstrip() for line in comment.strip().splitlines()]
    return "\n".join(head + [""] + list(lines(value, 0))) + "\n"
