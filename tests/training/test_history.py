import pytest

from kiyas.errors import RunFolderError
from kiyas.training.history import History, HistoryRow, read_history

ROWS = [HistoryRow(n, n / 3, 1.1 / n, 1e-4 / n, 100 + n, 0.1 * n) for n in range(1, 5)]


def written(path):
    history = History(path, resumed_from=0)
    for row in ROWS:
        history.append(row)
    return path


def test_every_number_reads_back_exactly(tmp_path):
    assert read_history(written(tmp_path / "history.csv")) == ROWS


def test_the_columns_are_those_of_the_run_folder(tmp_path):
    text = written(tmp_path / "history.csv").read_text(encoding="utf-8")
    # Issue: "history.csv (step, epoch, loss, learning rate, tokens, seconds)".
    assert text.splitlines()[0] == "step,epoch,loss,learning_rate,tokens,seconds"


def test_steps_beyond_the_resumed_one_are_dropped(tmp_path):
    path = written(tmp_path / "history.csv")
    History(path, resumed_from=2)
    assert read_history(path) == ROWS[:2]


def test_a_line_torn_by_a_kill_is_left_out(tmp_path):
    path = written(tmp_path / "history.csv")
    path.write_text(path.read_text(encoding="utf-8")[:-4], encoding="utf-8")
    assert read_history(path) == ROWS[:3]


def test_a_history_that_misses_steps_is_not_gone_on_with(tmp_path):
    with pytest.raises(RunFolderError, match="does not hold every step"):
        History(written(tmp_path / "history.csv"), resumed_from=5)


def test_a_line_that_is_no_step_is_a_clear_error(tmp_path):
    path = written(tmp_path / "history.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("101", "many"), encoding="utf-8")
    with pytest.raises(RunFolderError, match="line 2 is no line of a history"):
        read_history(path)
