from dataclasses import replace

from synthetic_report import make_checkpoints, make_findings, make_pages

from kiyas.report.tables import tabulate_comparisons, tabulate_leaderboard, tabulate_outcomes


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_leaderboard_has_the_form_of_the_reference_table(findings, english):
    table = tabulate_leaderboard(findings, english)
    heads = [column.title for column in table.columns]
    assert heads == ["checkpoint", "deep", "diverse", "deep minus diverse"]
    assert [row[0] for row in texts(table)] == ["base", "step 100", "step 400"]


def test_both_arms_show_the_base_that_they_started_from(findings, english):
    base = texts(tabulate_leaderboard(findings, english))[0]
    assert base[1] == base[2] == english.numbers.proportion(findings.checkpoints[0].pass_at_1)


def test_only_the_best_checkpoint_is_marked_as_selected_on_the_test_set(findings, english):
    rows = tabulate_leaderboard(findings, english).rows
    marked = [cell for row in rows for cell in row if cell.mark == "best"]
    assert [cell.note for cell in marked] == ["best, selected on the test set"]


def test_a_difference_is_negated_where_the_family_holds_the_pair_in_the_other_order(
    findings, english
):
    turned = replace(
        findings,
        comparisons=tuple(
            replace(
                c,
                first=c.second,
                second=c.first,
                difference=-c.difference,
                ci_low=-c.ci_high,
                ci_high=-c.ci_low,
            )
            if c.kind == "between-arms"
            else c
            for c in findings.comparisons
        ),
    )
    assert texts(tabulate_leaderboard(turned, english)) == texts(
        tabulate_leaderboard(findings, english)
    )


def test_seeds_are_columns_of_their_own(english):
    points = make_checkpoints(steps=(10,), arms=("deep",), seeds=(1, 2))
    table = tabulate_leaderboard(make_findings(points, make_pages(points, 5)), english)
    heads = [column.title for column in table.columns]
    assert heads == [
        "checkpoint",
        "deep (seed 1)",
        "deep (seed 2)",
        "deep (seed 1) minus deep (seed 2)",
    ]


def test_a_step_that_an_arm_lacks_is_a_dash(findings, english):
    kept = tuple(s for s in findings.checkpoints if s.checkpoint.label != "deep/seed-42/step-100")
    table = tabulate_leaderboard(replace(findings, checkpoints=kept), english)
    assert texts(table)[1][1] == texts(table)[1][3] == "–"


def test_a_study_without_trained_arms_shows_its_base(english):
    points = make_checkpoints(steps=())
    table = tabulate_leaderboard(make_findings(points, make_pages(points, 5)), english)
    assert [column.title for column in table.columns] == ["checkpoint", "smollm2-135m-instruct"]


def test_comparisons_of_several_samples_show_dashes_for_discordant_pairs(findings, english):
    several = tuple(
        replace(c, num_first_only=None, num_second_only=None, test="sign flip")
        for c in findings.comparisons
    )
    table = tabulate_comparisons(replace(findings, comparisons=several), "between-arms", english)
    places = [i for i, column in enumerate(table.columns) if "only" in column.title]
    assert {table.rows[0][place].text for place in places} == {"–"}


def test_every_declared_comparison_is_in_one_of_the_tables(findings, english):
    rows = [
        *tabulate_comparisons(findings, "against-base", english).rows,
        *tabulate_comparisons(findings, "between-arms", english).rows,
    ]
    assert len(rows) == len(findings.comparisons)


def test_the_outcomes_of_a_checkpoint_add_up_to_its_completions(findings, english):
    for row in tabulate_outcomes(findings, english).rows:
        assert sum(int(cell.text) for cell in row[1:]) == findings.num_problems
