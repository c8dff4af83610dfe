"""The drawer: every problem or item, found, filtered and read with mouse and keys."""

import pytest
from playwright.sync_api import expect
from written_reports import make_topics, read_pages

KIND = {"gained": (False, True), "lost": (True, False)}


@pytest.fixture
def opened(open_page, code_report):
    return open_page(code_report)


def passed(page, label):
    return all(a.score.outcome == "passed" for a in page.answers if a.checkpoint == label)


def test_the_search_finds_what_stands_in_an_answer(opened):
    pages = read_pages()
    word = pages[7].entry_point
    opened.page.locator("#search").fill(word.upper())
    expect(opened.page.locator("#entry-list li:not([hidden])")).not_to_have_count(len(pages))
    assert pages[7].task_id in opened.names_listed
    assert set(opened.names_listed) <= {
        page.task_id
        for page in pages
        if any(word in text for text in [*page.prompts.values(), page.entry_point])
        or any(word in answer.completion + answer.score.detail for answer in page.answers)
    }


def test_the_search_says_when_nothing_matches(opened):
    opened.page.locator("#search").fill("no text of any model says qzxqzx")
    expect(opened.page.locator("#entry-list li:not([hidden])")).to_have_count(0)
    assert opened.page.locator("#entry-status").inner_text()


@pytest.mark.parametrize("kind", list(KIND))
def test_the_filter_by_change_compares_two_checkpoints(opened, kind):
    first, second = (
        opened.page.locator(f"{name} option:checked").inner_text() for name in ("#first", "#second")
    )
    opened.page.select_option("#change", kind)
    wanted = KIND[kind]
    assert opened.names_listed == [
        page.task_id
        for page in read_pages()
        if (passed(page, first), passed(page, second)) == wanted
    ]


def test_the_filter_by_outcome_reads_the_second_checkpoint(opened):
    second = opened.page.locator("#second option:checked").inner_text()
    opened.page.select_option("#outcome", "passed")
    assert opened.names_listed == [page.task_id for page in read_pages() if passed(page, second)]


def test_a_link_to_one_problem_opens_it(open_page, code_report):
    opened = open_page(code_report, "#HumanEval/42")
    assert opened.title == "HumanEval/42"
    expect(opened.page.locator("#entry-name")).to_be_in_viewport()


def test_a_link_to_a_problem_that_a_filter_hides_takes_the_filter_away(opened):
    problem = next(page.task_id for page in read_pages() if page.task_id not in passing(opened))
    opened.page.evaluate(f"location.hash = '#{problem}'")
    expect(opened.page.locator("#entry-name")).to_have_text(problem)
    assert opened.names_listed == [page.task_id for page in read_pages()]
    assert opened.page.locator("#outcome").input_value() == ""


def passing(opened):
    opened.page.select_option("#outcome", "passed")
    return opened.names_listed


@pytest.mark.parametrize("number", [120, 0])
def test_the_list_shows_the_entry_that_is_open(open_page, code_report, number):
    page = open_page(code_report, f"#HumanEval/{number}").page
    box = page.locator("#entry-list").bounding_box()
    item = page.locator("#entry-list [aria-current]").bounding_box()
    assert box["y"] <= item["y"] + 1
    assert item["y"] + item["height"] <= box["y"] + box["height"] + 1


def test_a_problem_shows_prompt_answers_code_and_verdict(open_page, code_report):
    problem = next(
        page
        for page in read_pages()
        if any(a.score.detail and a.score.program for a in page.answers)
    )
    answer = next(a for a in problem.answers if a.score.detail and a.score.program)
    opened = open_page(code_report, f"#{problem.task_id}")
    entry = opened.page.locator("#entry")
    assert entry.locator(".text.prompt .token", has_text="<|im_start|>").count() > 0
    chip = entry.locator(".chips button", has_text=answer.checkpoint).first
    if chip.get_attribute("aria-pressed") == "false":
        chip.click()
    card = entry.locator(".card", has_text=answer.checkpoint)
    assert answer.score.outcome in card.locator(".verdict").inner_text()
    assert card.locator(".text.detail").inner_text() == answer.score.detail
    assert card.locator(".text.code .keyword").count() > 0
    assert card.locator(".text.code").text_content() == answer.score.program


def test_two_answers_stand_side_by_side(open_page, code_report):
    opened = open_page(code_report, "#HumanEval/0", viewport={"width": 1280, "height": 900})
    boxes = [card.bounding_box() for card in opened.page.locator("#entry .card").all()]
    assert len(boxes) == 2
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_the_keyboard_alone_searches_reads_and_comes_back(opened):
    keys = opened.page.keyboard
    keys.press("/")
    expect(opened.page.locator("#search")).to_be_focused()
    keys.type("HumanEval/1")
    expect(opened.page.locator("#entry-list li:not([hidden])").first).to_contain_text("HumanEval/1")
    keys.press("Enter")
    expect(opened.page.locator("#entry-list a[aria-current]")).to_be_focused()
    before = opened.title
    keys.press("ArrowDown")
    assert opened.title != before
    assert opened.page.url.endswith(f"#{opened.title}")
    keys.press("ArrowUp")
    assert opened.title == before
    keys.press("Enter")
    expect(opened.page.locator("#entry")).to_be_focused()
    keys.press("Tab")
    assert opened.page.evaluate("document.activeElement.closest('#entry') !== null")
    keys.press("Escape")
    expect(opened.page.locator("#entry-list a[aria-current]")).to_be_focused()
    keys.press("/")
    keys.press("Escape")
    expect(opened.page.locator("#search")).to_have_value("")
    expect(opened.page.locator("#entry-list li:not([hidden])")).to_have_count(len(read_pages()))


def test_tab_goes_through_the_page_in_reading_order(opened):
    places = []
    for _ in range(14):
        opened.page.keyboard.press("Tab")
        places.append(
            opened.page.evaluate(
                "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
            )
        )
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_an_item_shows_what_each_arm_predicts(open_page, topics_report):
    result = make_topics()[0].results[0]
    truth, predicted = result.labels[4], result.predictions[4]
    opened = open_page(topics_report, "#item-5")
    assert opened.title == "Item 5"
    card = opened.page.locator("#entry .card", has_text=result.arm).first
    verdict = card.locator(".verdict").inner_text()
    assert verdict.endswith("(right)" if truth == predicted else "(wrong)")
    assert card.locator(".pairs dd").first.inner_text() == f"{result.probabilities[4][truth]:.3f}"
    assert card.locator(".shares li").count() > 0


def test_the_items_are_filtered_by_verdict(open_page, topics_report):
    opened = open_page(topics_report)
    all_items = len(opened.names_listed)
    opened.page.select_option("#verdict", "wrong")
    assert 0 < len(opened.names_listed) < all_items
