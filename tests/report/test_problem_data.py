import base64
import json
import zlib
from dataclasses import replace

from kiyas.report.problem_data import pack_problems


def unpack(block):
    return json.loads(zlib.decompress(base64.b64decode(block.base64)))


def with_completion(page, text):
    first, *others = page.answers
    return replace(page, answers=(replace(first, completion=text), *others))


def completion_of(data):
    return data["texts"][data["entries"][0]["answers"][0][3]]


HOSTILE = "</script><!-- \u0000\u001b\u202e \ud800 \U0001f600 \r\n\t"


def test_a_text_comes_back_as_it_went_in_whatever_it_holds(pages, checkpoints):
    labels = [point.label for point in checkpoints]
    block = pack_problems([with_completion(pages[0], HOSTILE)], labels)
    assert completion_of(unpack(block)) == HOSTILE


def test_every_answer_of_every_problem_is_kept(pages, checkpoints):
    data = unpack(pack_problems(pages, [point.label for point in checkpoints]))
    kept = [
        (problem["id"], data["labels"][values[0]], values[2], data["texts"][values[4]])
        for problem in data["entries"]
        for values in problem["answers"]
    ]
    assert kept == [
        (page.task_id, answer.checkpoint, answer.score.outcome, answer.score.program)
        for page in pages
        for answer in page.answers
    ]


def test_equal_texts_are_stored_once(pages, checkpoints):
    same = [with_completion(page, "the same") for page in pages]
    assert unpack(pack_problems(same, []))["texts"].count("the same") == 1


def test_a_long_text_loses_its_middle_and_says_how_much(pages):
    block = pack_problems([with_completion(pages[0], "a" * 600_000 + "b" * 400_000)], [])
    head, left_out, tail = completion_of(unpack(block))
    assert len(head) + left_out + len(tail) == 1_000_000
    assert (head[0], tail[-1]) == ("a", "b")
    assert block.num_shortened == 1


def test_texts_are_shortened_until_the_block_fits(pages):
    noise = [
        with_completion(page, base64.b64encode(bytes((i * j) % 251 for i in range(9000))).decode())
        for j, page in enumerate(pages, start=7)
    ]
    whole = pack_problems(noise, [])
    fitted = pack_problems(noise, [], max_bytes=len(whole.base64) // 2)
    assert len(fitted.base64) <= len(whole.base64) // 2
    assert fitted.num_shortened >= 1


def test_an_unknown_duration_stays_unknown(pages):
    answer = pages[0].answers[0]
    answer = replace(answer, score=replace(answer.score, seconds=float("nan")))
    data = unpack(pack_problems([replace(pages[0], answers=(answer,))], []))
    assert data["entries"][0]["answers"][0][9] is None
