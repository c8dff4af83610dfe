"""Renaming and notation change the letters and signs of a problem, never its mathematics."""

import re

import numpy as np
import pytest

from kiyas.data.math_notation import rename_variables, swap_notation


def every_form(rewrite, text: str) -> set[str | None]:
    return {rewrite(text, np.random.default_rng(seed)) for seed in range(40)}


@pytest.mark.parametrize(
    "text",
    [
        r"Solve $x^2 + \max(x, 3) = x$ for $x$.",
        r"Compute $\int_0^1 x\,dx$ and $\frac{dx}{2}$.",
        "Solve 3x + 5 = 20 for x.",
        r"Let $n$ be even. Show that $\binom{n}{2}$ is odd only if $4 \nmid n$; n is whole.",
    ],
)
def test_a_variable_is_renamed_wherever_it_stands(text):
    variable = "n" if "$n$" in text else "x"
    for renamed in every_form(rename_variables, text):
        (other,) = set(re.findall(r"(?<![A-Za-z\\])d?([a-z])(?![A-Za-z])", renamed)) - set("d")
        assert other != variable
        pattern = rf"(?<![A-Za-z\\])(d?){other}(?![A-Za-z])"
        assert re.sub(pattern, rf"\g<1>{variable}", renamed) == text


@pytest.mark.parametrize(
    "text",
    [
        "Where does the curve meet the x-axis if x is negative?",
        "Find x'in değeri.",  # the suffix follows the vowel of the letter's name
        "Expand xy if x = 2.",  # y might be renamed, but xy must stay together
        "A beam is 5 m long and another one is m times as long.",
        "Is a 3 x 3 board solvable?",
        "Is $e^{i\\pi}$ real?",
        "What is a ring?",
        r"Here $\text{x}$ and $\mathbb{R}$ and $\sin 2$ hold no variable.",
        r"The point $(1,2)$ and the line $x + y = 0$ share coordinates.",
    ],
)
def test_a_letter_that_may_not_be_a_variable_keeps_its_name(text):
    assert every_form(rename_variables, text) == {None}


def test_two_variables_never_become_one():
    text = r"If $x y z = 1$, show that $x + y + z \ge 3$."
    for renamed in every_form(rename_variables, text):
        letters = re.findall(r"\$([a-z]) ([a-z]) ([a-z])", renamed)[0]
        assert len(set(letters)) == 3


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"Find $\frac{1}{2}x$.", "Find (1/2)x."),
        (r"Find $\frac{x+1}{\sqrt{x}}$.", "Find ((x+1)/(sqrt(x)))."),
        (r"Is $x^{10} \le 2^{n+1}$?", "Is x^10 <= 2^(n+1)?"),
        (r"Let $S = \{1, 2\}$.", "Let S = {1, 2}."),
        (r"Find $2\pi r$ and $\sin x$.", "Find 2 pi r and sin x."),
        (r"An angle of $30^\circ$.", "An angle of 30°."),
        (r"A $2\times 3$ matrix over $\mathbb{R}$.", "A 2 × 3 matrix over R."),
    ],
)
def test_latex_has_a_plain_form(latex, plain):
    assert plain in every_form(swap_notation, latex)


def test_a_command_that_is_not_known_keeps_its_latex():
    text = r"Is $\langle f, g\rangle \geq 0$?"
    assert every_form(swap_notation, text) == {r"Is \(\langle f, g\rangle \ge 0\)?"}


def test_a_matrix_keeps_its_latex():
    text = r"Invert $\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$."
    assert every_form(swap_notation, text) == {
        r"Invert \(\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}\)."
    }


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("Solve x^2 - 5x + 6 = 0 now.", "Solve $x^2 - 5x + 6 = 0$ now."),
        ("Is 2n+1 >= 7 true?", r"Is $2n+1 \ge 7$ true?"),
        ("Find sqrt(x) + 1.", r"Find $\sqrt{x} + 1$."),
    ],
)
def test_plain_formulas_have_a_latex_form(plain, latex):
    assert every_form(swap_notation, plain) == {latex}


@pytest.mark.parametrize("text", ["A 3-4-5 triangle.", "The x-axis.", "No formula here."])
def test_a_text_without_a_formula_has_no_other_notation(text):
    assert every_form(swap_notation, text) == {None}
