import io
from dataclasses import replace

import pandas as pd

from kiyas.report.table_files import write_csv_files, write_latex
from kiyas.report.tables import Cell, Column, Table, tabulate_leaderboard


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


def test_the_latex_table_is_booktabs_with_one_line_a_row(findings, english):
    table = tabulate_leaderboard(findings, english)
    text = write_latex(table)
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == len(table.rows)
    assert r"\toprule" in text
    assert r"\begin{tabular}{lrrr}" in text


def test_latex_characters_of_a_name_are_escaped():
    table = Table("t", "50 % of a_b & c", (Column("x"),), ((Cell(r"\input{#1}^~$"),),))
    text = write_latex(table)
    assert r"50 \% of a\_b \& c" in text
    assert r"\textbackslash{}input\{\#1\}\textasciicircum{}\textasciitilde{}\$" in text


def test_comparisons_without_discordant_counts_leave_them_empty(findings, pages, histories):
    several = tuple(replace(c, num_first_only=None) for c in findings.comparisons)
    frame = read(replace(findings, comparisons=several), pages, histories, "comparisons.csv")
    assert frame["num_first_only"].isna().all()
