"""What is missing is said where it would stand."""

from dataclasses import replace

from kiyas.report.classification.sections import make_sections
from kiyas.report.parts import Gap


def gaps(findings, language):
    return {
        section.name: [block.text for block in section.blocks if isinstance(block, Gap)]
        for section in make_sections(findings, language)
    }


def test_a_complete_study_has_no_gap(topics, english):
    assert not any(gaps(topics, english).values())


def test_a_study_that_was_not_searched_or_timed_says_so(topics, english):
    told = gaps(replace(topics, search=(), latency=None), english)
    assert told["training"] == ["The study made no search."]
    assert told["latency"] == ["Latency was not measured."]


def test_an_arm_without_a_history_is_named(topics, english):
    bare = replace(topics.results[1], history=())
    told = gaps(replace(topics, results=(topics.results[0], bare, topics.results[2])), english)
    assert told["training"] == ["words has no history of its epochs."]


def test_a_study_without_baseline_says_so_where_its_comparisons_would_stand(topics, english):
    told = gaps(
        replace(topics, results=topics.results[1:], comparisons=topics.comparisons[-3:]), english
    )
    assert told["comparisons"] == ["There is no baseline to compare with: the study leaves it out."]


def test_a_baseline_alone_has_nothing_to_be_compared_with(topics, english):
    told = gaps(replace(topics, results=topics.results[:1], comparisons=(), search=()), english)
    assert len(told["comparisons"]) == 2


def test_a_study_without_results_is_all_gaps(topics, english):
    empty = replace(topics, results=(), comparisons=(), search=(), latency=None, costs=None)
    told = gaps(empty, english)
    assert all(told[name] for name in told)
