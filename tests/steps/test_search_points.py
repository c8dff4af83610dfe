"""Points of a search lie in the range that the study gives, whatever is drawn."""

from collections import Counter

import pytest

from kiyas.config import ClassifierArm
from kiyas.config.classification import SearchSettings
from kiyas.steps.classification_points import random_points, round_drawn
from kiyas.steps.classification_run import name_trial
from kiyas.steps.optuna_search import OptunaSearch

RATE, DROPOUT = "train.learning_rate", "lora.dropout"


def settings(method, key, num_points, **values):
    given = {"method": method, "num_points": num_points, "keys": {key: values}}
    return SearchSettings.model_validate(given)


def points_of(method, key, num_points, **values):
    search = settings(method, key, num_points, **values)
    if method == "random":
        return [point[key] for point in random_points(search, 0)]
    asked = OptunaSearch(search, 0, "test", "here").ask(num_points)
    return [point.values[key] for point in asked]


@pytest.mark.parametrize("method", ["random", "optuna"])
@pytest.mark.parametrize(
    ("key", "low", "high"),
    [(DROPOUT, 0.99, 0.99999), (RATE, 1.00004e-4, 1.00006e-4), (RATE, 1.2344e-5, 1.2346e-3)],
)
def test_drawn_numbers_stay_in_their_range_and_differ(method, key, low, high):
    drawn = points_of(method, key, 30, low=low, high=high)
    assert all(low <= value <= high for value in drawn)
    assert len(set(drawn)) > 25


def test_a_number_from_a_wide_range_has_three_digits():
    assert round_drawn(1.23456e-4, 1e-5, 1e-3) == 1.23e-4
    assert round_drawn(0.123456, 0.0, 0.5) == 0.123


def test_a_listed_number_is_tried_as_it_is_written():
    listed = [1.23456e-4, 1.23457e-4]
    search = {"method": "optuna", "num_points": 8, "keys": {RATE: listed}}
    asked = OptunaSearch(SearchSettings.model_validate(search), 0, "test", "here").ask(8)
    assert {point.values[RATE] for point in asked} == set(listed)


def test_points_that_differ_late_are_trials_of_two_names():
    names = {
        name_trial(ClassifierArm(name="encoder"), 0, {RATE: value}).trial.name
        for value in (1.2345678e-4, 1.2345679e-4, 1.23e-4)
    }
    assert len(names) == 3
    assert "encoder/learning_rate-0.000123/seed-0" in names


def test_whole_numbers_of_a_random_search_are_drawn_alike():
    search = settings("random", "lora.rank", 1, low=1, high=4)
    drawn = Counter(random_points(search, seed)[0]["lora.rank"] for seed in range(2000))
    assert sorted(drawn) == [1, 2, 3, 4]
    # Four standard deviations of a binomial of 2000 draws and p = 1/4 are 78.
    assert all(abs(count - 500) < 78 for count in drawn.values())
