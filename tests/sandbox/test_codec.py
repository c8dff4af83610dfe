"""Values cross the border as plain copies, and hostile bytes never become behaviour."""

from __future__ import annotations

import collections
import enum
import json
import math

import pytest

from kiyas.sandbox import codec

PLAIN = [
    None,
    True,
    0,
    -(2**53) - 1,
    10**5000,
    1.5,
    -0.0,
    float("inf"),
    "text \ud800 ü",
    b"\x00\xff",
    bytearray(b"ab"),
    1 + 2j,
    range(5, -3, -2),
    [1, [2, []]],
    (1, (2,)),
    {1, 2},
    frozenset({"a"}),
    {(1, 2): {"a": [None]}, 3.5: b""},
    int,
]


def through(value):
    return codec.decode(json.loads(codec.encode(value)))


@pytest.mark.parametrize("value", PLAIN, ids=[type(value).__name__ for value in PLAIN])
def test_a_plain_value_arrives_as_an_equal_value_of_the_same_type(value):
    arrived = through(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_not_a_number_arrives_as_not_a_number():
    assert math.isnan(through(float("nan")))


def test_a_subclass_arrives_as_its_base_without_its_methods():
    class Liar(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    assert type(through(Liar(7))) is int
    assert through(Liar(7)) == 7
    assert through(Liar(7)) != 8


def test_ordered_and_named_containers_arrive_as_plain_ones():
    point = collections.namedtuple("Point", "x y")
    assert type(through(collections.Counter("aab"))) is dict
    assert type(through(point(1, 2))) is tuple
    assert type(through(enum.IntEnum("Level", "LOW")(1))) is int


def test_a_generator_arrives_as_an_iterator_of_its_values():
    arrived = through(number * number for number in range(3))
    assert arrived != [0, 1, 4]
    assert list(arrived) == [0, 1, 4]
    assert list(arrived) == []


@pytest.mark.parametrize(
    "use",
    [
        lambda value: value == 1,
        lambda value: value != 1,
        lambda value: value < 1,
        lambda value: value + 1,
        lambda value: 1 + value,
        lambda value: value[0],
        lambda value: value.name,
        lambda value: value(),
        lambda value: 1 in value,
        len,
        list,
        hash,
        abs,
    ],
)
def test_any_use_of_an_opaque_object_raises_and_is_reported(use):
    used = []
    value = codec.decode({"opaque": ["Thing", True]}, used.append)
    with pytest.raises(codec.UnsupportedValueError):
        use(value)
    assert used == ["Thing"]


def test_an_opaque_object_keeps_its_truth_value():
    assert bool(codec.decode({"opaque": ["Match", True]})) is True
    assert bool(codec.decode({"opaque": ["Match", False]})) is False


def test_a_cyclic_value_is_refused_when_it_is_sent():
    value = [1]
    value.append(value)
    with pytest.raises(codec.CodecError, match="nested"):
        codec.encode(value)


@pytest.mark.parametrize(
    "node",
    [
        {"int": "x"},
        {"int": 3},
        {"float": "1e5"},
        {"set": [[1]]},
        {"dict": [[1]]},
        {"dict": [[[1], 2]]},
        {"range": ["0x1", "0x2", "0x0"]},
        {"bytes": 5},
        {"type": "eval"},
        {"type": "ValueError"},
        {"opaque": "x"},
        {"array": ["|O", [1]]},
        {"unknown": 1},
        {"tuple": [], "list": []},
        {},
        {"tuple": None},
    ],
    ids=str,
)
def test_data_that_is_no_value_is_refused(node):
    with pytest.raises(codec.CodecError):
        codec.decode(node)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"NaN",
        b'{"value": Infinity}',
        b"\xff\xfe",
        b'{"value": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"value": [' + b"0," * codec.MAX_ELEMENTS + b"0,0]}",
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_a_reply_that_is_no_bounded_json_object_is_refused(payload):
    with pytest.raises(codec.CodecError):
        codec.parse_reply(payload)


def test_a_deeply_nested_reply_is_refused_without_recursion_error():
    node = []
    for _ in range(codec.MAX_DEPTH + 5):
        node = [node]
    with pytest.raises(codec.CodecError):
        codec.decode(node)
