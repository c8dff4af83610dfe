import io
from dataclasses import replace

import pandas as pd

from kiyas.report.table_files import write_csv_files


def read(findings, pages, histories, name):
    return pd.read_csv(io.StringIO(write_csv_files(findings, pages, histories)[name]))


def test_counts_and_shares_of_the_checkpoints_are_plain_numbers(findings, pages, histories):
    frame = read(findings, pages, histories, "checkpoints.csv")
    assert list(frame["pass_at_1_k"]) == [s.pass_at_1.k for s in findings.checkpoints]
    assert list(frame["pass_at_1"]) == [s.pass_at_1.estimate for s in findings.checkpoints]


def test_an_undefined_figure_is_an_empty_field_and_not_zero(findings, pages, histories):
    frame = read(findings, pages, histories, "checkpoints.csv")
    assert pd.isna(frame.loc[0, "epoch"])
    assert pd.isna(frame.loc[0, "seed"])


def test_every_answer_is_a_line(findings, pages, histories):
    frame = read(findings, pages, histories, "problems.csv")
    assert len(frame) == len(pages) * len(findings.checkpoints)
    assert (frame["outcome"] == "passed").sum() == sum(s.pass_at_1.k for s in findings.checkpoints)


def test_every_row_of_every_history_is_a_line(findings, pages, histories):
    frame = read(findings, pages, histories, "history.csv")
    assert len(frame) == sum(len(rows) for rows in histories.values())


def test_comparisons_without_discordant_counts_leave_them_empty(findings, pages, histories):
    several = tuple(replace(c, num_first_only=None) for c in findings.comparisons)
    frame = read(replace(findings, comparisons=several), pages, histories, "comparisons.csv")
    assert frame["num_first_only"].isna().all()
