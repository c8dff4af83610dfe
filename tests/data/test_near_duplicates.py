"""Groups of near-duplicates agree with brute force, also where there are many."""

import random

import pytest

from kiyas.data.near_duplicates import fold_text, group_near_duplicates, similarity

WORDS = "find the sum of all roots prove that every group prime order is cyclic area ring".split()


def sentences(num: int, seed: int) -> list[str]:
    """Random sentences and lightly changed copies of them, so that all similarities occur."""
    draw = random.Random(seed)
    texts: list[str] = []
    while len(texts) < num:
        words = draw.choices(WORDS, k=draw.randint(5, 25))
        texts.append(" ".join(words))
        for _ in range(draw.randint(0, 2)):
            for _ in range(draw.randint(1, 4)):
                words[draw.randrange(len(words))] = draw.choice(WORDS)
            texts.append(" ".join(words))
    return texts


def brute_force(texts: list[str], threshold: float) -> list[int]:
    """Components of the relation 'Jaccard of 5-character shingles >= threshold', by definition."""

    def shingles(text: str) -> set[str]:
        folded = fold_text(text)
        return {folded[i : i + 5] for i in range(max(1, len(folded) - 4))}

    sets = [shingles(text) for text in texts]
    group = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            jaccard = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
            if jaccard >= threshold and group[i] != group[j]:
                low, high = sorted((group[i], group[j]))
                group = [low if g == high else g for g in group]
    return group


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_are_those_of_brute_force(seed):
    texts = sentences(300, seed)
    found = group_near_duplicates(texts)
    assert found.tolist() == brute_force(texts, 0.8)
    assert 10 < len(set(found.tolist())) < len(texts)


def test_similarity_is_the_jaccard_of_the_shingles():
    # abcdef has shingles abcde, bcdef; abcdeg has abcde, bcdeg: 1 shared of 3.
    assert similarity("abcdef", "abcdeg") == pytest.approx(1 / 3)
    assert similarity("abc", "abc") == 1.0
    assert similarity("", "abc") == 0.0


def test_case_spaces_and_marks_make_no_difference():
    texts = ["Find $x$ if $x + 1 = 2$.", "find x, if x+1 = 2", "Find y."]
    assert group_near_duplicates(texts).tolist() == [0, 0, 2]


def test_operators_and_digits_make_a_difference():
    assert similarity("x+1=2", "x-1=2") < 1
    assert similarity("x=1", "x=2") < 1


def test_texts_without_letters_or_digits_are_alone():
    assert group_near_duplicates(["", "", "?!", "..."]).tolist() == [0, 1, 2, 3]


def test_nothing_is_grouped_in_nothing():
    assert group_near_duplicates([]).tolist() == []
    assert group_near_duplicates(["one text"]).tolist() == [0]


def test_a_group_is_named_by_its_first_text_and_holds_chains():
    base = [f"word{i}" for i in range(40)]
    texts = []
    for step in range(4):  # each differs from the one before by one word of forty
        base[step] = f"other{step}"
        texts.append(" ".join(base))
    assert group_near_duplicates(["something else", *texts]).tolist() == [0, 1, 1, 1, 1]


def test_a_text_of_100_000_characters_is_grouped_with_its_copy():
    long = "".join(random.Random(0).choices("abcdefgh ", k=100_000))
    assert group_near_duplicates([long, "short", long.upper() + " x"]).tolist() == [0, 1, 0]


def test_ten_thousand_rows_from_one_mould_are_one_group():
    # Comparing all pairs would take most of an hour; the leaders of a bucket take a second.
    draw = random.Random(0)
    tail = "is the question that the teacher asks; how many are left to sell at the market on the "
    texts = [
        f"A farmer gives {draw.randrange(100, 1000)} of her apples away: {tail * 2} next day"
        for _ in range(10_000)
    ]
    assert set(group_near_duplicates(texts).tolist()) == {0}


def test_a_threshold_outside_its_range_is_a_programming_error():
    with pytest.raises(ValueError, match="threshold"):
        group_near_duplicates(["a", "b"], threshold=0)
