"""Values cross the border as plain copies, and hostile bytes never become behaviour."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import itertools
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
    ...,
    decimal.Decimal("1.50"),
    decimal.Decimal("-Infinity"),
    fractions.Fraction(-(10**30), 7),
    datetime.date(2024, 2, 29),
    datetime.time(23, 59, 59, 5),
    datetime.datetime(2024, 1, 1, 12, 30),  # noqa: DTZ001 - a naive one
    datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    datetime.timedelta(days=-1, microseconds=1),
    collections.deque([1, (2,)]),
    collections.OrderedDict([(2, "b"), (1, ["a"])]),
    collections.Counter("aab"),
    collections.defaultdict(list, {(1, 2): [3]}),
    {1: 2, "a": 3}.keys(),
    {1: [2]}.items(),
]
MAX_ELEMENTS = 1000


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


class Tally(collections.Counter):
    """A class of somebody's own."""


class Frozen(frozenset):
    """A class of somebody's own."""


class Day(datetime.datetime):
    """A class of somebody's own."""


Point = collections.namedtuple("Point", "x y")
Level = enum.IntEnum("Level", "LOW")


def test_values_of_derived_classes_arrive_as_values_of_their_bases():
    assert type(through(Point(1, 2))) is tuple
    assert type(through(Level.LOW)) is int
    assert through({Frozen([1])}) == {frozenset([1])}
    assert (through(Tally("aab")), type(through(Tally()))) == (
        {"a": 2, "b": 1},
        collections.Counter,
    )


@pytest.mark.parametrize(
    "value",
    [
        Point(1, 2),
        Level.LOW,
        Tally("aab"),
        Frozen([1]),
        Day(2024, 1, 1),
        collections.defaultdict(lambda: 0),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: [value],
        lambda value: {1: (value,)},
        lambda value: iter([value]),
        lambda value: {1: value}.values(),
    ],
    ids=["itself", "listed", "within a dictionary", "yielded", "viewed"],
)
def test_a_value_whose_class_counts_stays_where_it_is(value, wrap):
    assert b'{"opaque":' in codec.encode(wrap(value), exact=True)


def test_a_plain_value_has_one_form_whether_its_class_counts_or_not():
    plain = [value for value in PLAIN if not isinstance(value, type)]
    assert codec.encode(plain, exact=True) == codec.encode(plain)


def test_an_ordered_dictionary_keeps_its_order_and_is_compared_by_it():
    moved = collections.OrderedDict(a=1, b=2)
    moved.move_to_end("a")
    arrived = through(moved)
    assert list(arrived) == ["b", "a"]
    assert arrived != collections.OrderedDict(a=1, b=2)
    assert arrived == {"a": 1, "b": 2}


def test_a_missing_key_is_answered_as_by_the_dictionary_that_was_sent():
    assert through(collections.Counter("aab"))["z"] == 0
    assert through(collections.defaultdict(list))["z"] == []
    with pytest.raises(KeyError):
        through(collections.defaultdict(None))["z"]


def test_a_factory_that_is_not_an_empty_builtin_does_not_cross():
    for factory in (lambda: 1, object, datetime.datetime.now, Point):
        assert type(through(collections.defaultdict(factory, a=1))) is dict


def test_a_queue_keeps_its_bound():
    arrived = through(collections.deque([1, 2], maxlen=2))
    arrived.append(3)
    assert (list(arrived), arrived.maxlen) == ([2, 3], 2)
    assert through(collections.deque([1])).maxlen is None


def test_a_repeated_hour_stays_the_second_one():
    moment = datetime.datetime(2024, 10, 27, 2, 30, fold=1)  # noqa: DTZ001 - a naive one
    assert through(moment).fold == 1
    assert through(moment.time()).fold == 1
    assert through(moment.replace(fold=0)).fold == 0


def test_digits_of_a_decimal_arrive_as_they_were():
    assert str(through(decimal.Decimal("1.50"))) == "1.50"


def test_views_of_a_dictionary_arrive_with_their_length_and_order():
    view = through({"b": 1, "a": [2]}.values())
    assert (len(view), list(view)) == (2, [1, [2]])
    assert list(through(collections.OrderedDict(b=1, a=2).keys())) == ["b", "a"]


@pytest.mark.parametrize(
    ("lazy", "items"),
    [
        (itertools.permutations((1, 2)), [(1, 2), (2, 1)]),
        (itertools.accumulate((1, 2)), [1, 3]),
        (reversed([1, 2]), [2, 1]),
        (iter("ab"), ["a", "b"]),
        (map(str, (1, 2)), ["1", "2"]),
        ((list(group) for _, group in itertools.groupby("aab")), [["a", "a"], ["b"]]),
    ],
    ids=lambda lazy: type(lazy).__name__,
)
def test_a_lazy_value_arrives_as_an_iterator_of_what_it_yields(lazy, items):
    assert list(through(lazy)) == items


def test_an_endless_iterator_stays_where_it_is():
    assert type(through(itertools.count())) is codec.Opaque


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
        lambda value: value in [1],
        lambda value: isinstance(value, int),
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
    value = codec.decode({"opaque": ["Thing", True, False]}, used.append)
    with pytest.raises(codec.UnsupportedValueError):
        use(value)
    assert used == ["Thing"]


def test_an_opaque_object_keeps_its_truth_value():
    assert bool(codec.decode({"opaque": ["Match", True, True]})) is True
    assert bool(codec.decode({"opaque": ["Match", False, True]})) is False


def test_an_object_that_is_compared_by_identity_equals_no_plain_value():
    used = []
    value = codec.decode(codec.flatten(lambda: 1), used.append)
    plain = [1, 0.5, None, "function", b"", [], (), {}, set(), range(2)]
    assert not any(value == other or other == value for other in plain)
    assert all(value != other for other in plain)
    assert used == []
    with pytest.raises(codec.UnsupportedValueError):
        _ = value == test_not_a_number_arrives_as_not_a_number
    assert used == ["function"]


def test_a_class_of_the_solution_with_its_own_comparison_is_never_compared():
    class Liar:
        __hash__ = None

        def __eq__(self, other):
            return True

    value = codec.decode(codec.flatten(Liar()))
    with pytest.raises(codec.UnsupportedValueError):
        _ = value == 1


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
        {"opaque": ["x", True]},
        {"decimal": "1.5.0"},
        {"decimal": 1.5},
        {"decimal": "9" * 100_000},
        {"decimal": "1e999999999"},
        {"fraction": ["0x1", "0x0"]},
        {"fraction": ["0x" + "f" * 100_000, "0x3"]},
        {"date": "2024-02-30"},
        {"datetime": ["now", 0]},
        {"datetime": ["2024-01-01T00:00:00", 2]},
        {"datetime": "2024-01-01T00:00:00"},
        {"deque": [-1]},
        {"deque": ["x", 1]},
        {"deque": [10**30]},
        {"ordereddict": [1]},
        {"counter": [[[1], 2]]},
        {"defaultdict": ["eval"]},
        {"defaultdict": ["type"]},
        {"defaultdict": [["list"]]},
        {"defaultdict": [None, 1]},
        {"timedelta": [10**30, 0, 0]},
        {"keys": [[1]]},
        {"items": [1]},
        {"array": ["|O", [1]]},
        {"unknown": 1},
        {"tuple": [], "list": []},
        {},
        {"tuple": None},
    ],
    ids=lambda node: str(node)[:40],
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
        b'{"value": [' + b"0," * MAX_ELEMENTS + b"0,0]}",
        b'{"value": [' + b'{"set":[]},' * (MAX_ELEMENTS // 4) + b"0]}",
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_a_reply_that_is_no_bounded_json_object_is_refused(payload):
    with pytest.raises(codec.CodecError):
        codec.parse_reply(payload, MAX_ELEMENTS)


def test_commas_and_braces_within_a_text_are_no_elements():
    text = '{"a\\", ' * MAX_ELEMENTS
    reply = codec.parse_reply(json.dumps({"value": text}).encode(), MAX_ELEMENTS)
    assert reply == {"value": text}


def test_a_deeply_nested_reply_is_refused_without_recursion_error():
    node = []
    for _ in range(codec.MAX_DEPTH + 5):
        node = [node]
    with pytest.raises(codec.CodecError):
        codec.decode(node)
