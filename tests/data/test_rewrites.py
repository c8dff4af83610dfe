"""Rewrites of the wording ask for the same thing in the same language."""

import numpy as np
import pytest

from kiyas.data.rewrites import (
    REWRITES,
    add_instruction,
    is_turkish,
    paraphrase_instruction,
    spell_numbers,
)


def every_form(rewrite, text: str) -> set[str | None]:
    return {rewrite(text, np.random.default_rng(seed)) for seed in range(40)}


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Find the area.", {"Determine the area."}),
        ("Let it be. Prove that $G$ is cyclic.", {"Let it be. Show that $G$ is cyclic."}),
        (
            "What is the chance of a six?",
            {"Find the chance of a six.", "Determine the chance of a six."},
        ),
        ("Let $G$ be a group.", {"Suppose that $G$ is a group."}),
        (
            "Kökleri bulunuz.",
            {"Kökleri belirleyiniz.", "Kökleri bulun."},
        ),
        ("One may find that odd.", {None}),
        ("How many are there?", {None}),
    ],
)
def test_an_instruction_is_said_in_other_words(text, forms):
    assert every_form(paraphrase_instruction, text) == forms


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("There are 3 red balls.", "There are three red balls."),
        ("There are three red balls.", "There are 3 red balls."),
        ("Bir torbada 4 kırmızı top vardır.", "Bir torbada dört kırmızı top vardır."),
        ("Bir torbada dört kırmızı top vardır.", "Bir torbada 4 kırmızı top vardır."),
        ("Solve 2x = 6\nand check.", None),
        ("Solve x = 6 now.", None),
        ("It costs 3.5 euros and 12 cents.", None),
        ("In $3 balls$ nothing is plain.", None),
        ("Two of the three of them.", None),
        ("Ali'nin on kalemi var ve gider.", None),
    ],
)
def test_small_numbers_before_a_noun_are_spelt_and_nothing_else(text, form):
    assert every_form(spell_numbers, text) == {form}


def test_an_added_sentence_is_in_the_language_of_the_problem():
    assert all(is_turkish(form) for form in every_form(add_instruction, "Kökleri bulunuz."))
    assert not any(is_turkish(form) for form in every_form(add_instruction, "Find the roots."))


@pytest.mark.parametrize("text", ["Find it. Justify your answer.", "Explain why.", "no full stop"])
def test_reasons_are_not_asked_for_twice(text):
    assert every_form(add_instruction, text) == {None}


@pytest.mark.parametrize(
    ("text", "turkish"),
    [
        ("Kaç kök vardır?", True),
        ("Bir sayı ile oyna ve bulunuz.", True),
        ("How many roots are there?", False),
        ("Let $ışık = 1$ hold.", False),
    ],
)
def test_the_language_is_read_from_the_words_not_the_formulas(text, turkish):
    assert is_turkish(text) == turkish


def test_every_rewrite_depends_on_its_seed_alone():
    text = r"Find all real $x$ with $x^2 \le 9$ and three other roots $y$."
    for rewrite in REWRITES.values():
        first, second = (rewrite(text, np.random.default_rng(7)) for _ in range(2))
        assert first == second
