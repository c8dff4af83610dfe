import csv
import io

import pytest

from kiyas.analysis.costs import TrialWork, Work, sum_up_costs
from kiyas.report.cost_file import write_cost_file
from kiyas.report.costs_section import explain_costs, make_costs_section, tabulate_trial_costs
from kiyas.report.parts import Chart, Gap, Table

GIB = 2**30
TITLES = {"base/small": "small", "deep/seed-42": "deep"}


def make_costs(power_w=None, *, decoding_s=120.0, points=()):
    decoded = Work(decoding_s, 24_000, decoding_s, 24_000)
    tested = {"decoding": [decoded], "scoring": [Work(6.0)]}
    trials = [
        TrialWork("base/small", "", tested),
        TrialWork(
            "deep/seed-42",
            "deep",
            {"training": [Work(600.0, 90_000, 600.0, 90_000)], **tested},
            peak_bytes=3 * GIB // 2,
        ),
        *points,
    ]
    return sum_up_costs(trials, power_w)


def rows_of(table):
    return {row[0].text: texts_of(row[1:]) for row in table.rows}


def texts_of(cells):
    """Return what cells say, with spaces that may break."""
    return [cell.text.replace("\u00a0", " ") for cell in cells]


def table_of(costs, name, language):
    section = make_costs_section(costs, TITLES, language)
    [table] = [block for block in section.blocks if getattr(block, "name", "") == name]
    return table


def test_the_stages_of_the_study_add_up_with_their_shares(english):
    rows = rows_of(table_of(make_costs(), "cost-stages", english))
    assert rows["training"][:2] == ["10 min 0 s", "70.4 %"]  # 600 of 852 s
    assert rows["decoding"] == ["4 min 0 s", "28.2 %", "48\u202f000", "200", "–"]
    assert rows["all together"] == ["14 min 12 s", "100.0 %", "–", "–", "–"]


def test_a_trial_shows_time_tokens_speed_and_memory(english):
    table = tabulate_trial_costs(make_costs(), TITLES, english)
    base, deep = table.rows
    assert texts_of(base) == [
        "small", "–", "2 min 0 s", "6.0 s", "2 min 6 s", "–", "–",
    ]  # fmt: skip
    assert deep[0].text == "deep"
    assert deep[1].note == "90\u202f000 tokens; 150 a second"
    assert texts_of(deep[4:]) == ["12 min 6 s", "1.50", "–"]


def test_what_an_older_run_did_not_record_is_a_dash_and_left_out_of_the_chart(english):
    costs = make_costs(decoding_s=None)
    rows = rows_of(table_of(costs, "cost-stages", english))
    assert rows["decoding"][:2] == ["–", "–"]
    assert rows["training"][:2] == ["10 min 0 s", "–"]
    assert rows["all together"][0] == "–"
    chart = table_of(costs, "cost-chart", english)
    assert chart.note == "Stages whose time was not recorded are left out."
    assert "NaN" not in chart.svg


def test_an_estimate_of_energy_says_what_it_assumes(english, turkish):
    costs = make_costs(power_w=37.5)
    table = table_of(costs, "cost-stages", english)
    assert rows_of(table)["all together"][-1] == "8.88"  # 37.5 W x 852 s / 3600
    assert "37.5 W" in table.note
    assert "estimate" in table.note
    assert "37,5 W" in table_of(costs, "cost-stages", turkish).note


def test_energy_that_is_not_known_is_a_dash_and_said_to_be_so(english):
    table = table_of(make_costs(), "cost-stages", english)
    assert {row[-1] for row in rows_of(table).values()} == {"–"}
    assert "execution.power_w" in table.note


def test_points_of_a_search_stand_together_and_count_for_their_arm(english):
    points = [TrialWork("", "deep", {"search": [Work(60.0), Work(30.0)]}, num_trials=2)]
    costs = make_costs(points=points)
    assert "deep, 2 points not tested" in rows_of(table_of(costs, "cost-trials", english))
    arms = rows_of(table_of(costs, "cost-arms", english))
    assert arms["deep"][0] == "3"
    assert arms["deep"][2] == "1 min 30 s"


def test_arms_of_one_trial_each_are_not_told_twice(english):
    names = [block.name for block in make_costs_section(make_costs(), TITLES, english).blocks]
    assert names == ["cost-stages", "cost-chart", "cost-trials"]


def test_a_study_of_which_nothing_was_recorded_says_so(english):
    [block] = make_costs_section(None, {}, english).blocks
    assert isinstance(block, Gap)
    assert explain_costs(None, english.catalogue) == ()


def test_every_column_that_names_a_method_finds_it(english):
    costs = make_costs()
    [method] = explain_costs(costs, english.catalogue)
    blocks = make_costs_section(costs, TITLES, english).blocks
    named = {
        column.method for block in blocks if isinstance(block, Table) for column in block.columns
    }
    assert named == {"", method.name}


def test_the_method_speaks_of_the_stages_that_there_are(english):
    [method] = explain_costs(make_costs(), english.catalogue)
    assert "Decoding:" in method.text
    assert "Prediction:" not in method.text


@pytest.mark.parametrize("language", ["english", "turkish"])
def test_the_chart_writes_times_as_the_language_does(language, request):
    spoken = request.getfixturevalue(language)
    chart = table_of(make_costs(), "cost-chart", spoken)
    assert isinstance(chart, Chart)
    assert ("10 min 0 s" if language == "english" else "10 dk 0 sn") in chart.svg.replace(
        "\u00a0", " "
    )


def test_the_csv_file_has_plain_numbers_and_empty_fields_for_what_is_unknown():
    text = write_cost_file(make_costs(decoding_s=None))["costs.csv"]
    rows = {(row["trial"], row["stage"]): row for row in csv.DictReader(io.StringIO(text))}
    training = rows["deep/seed-42", "training"]
    assert (training["seconds"], training["num_tokens"]) == ("600.0", "90000")
    assert training["peak_bytes"] == str(3 * GIB // 2)
    assert rows["base/small", "decoding"]["seconds"] == ""
    assert write_cost_file(None) == {}
