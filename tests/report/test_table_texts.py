from kiyas.report.parts import Cell, Column, Table
from kiyas.report.table_texts import write_latex
from kiyas.report.tables import tabulate_leaderboard


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
