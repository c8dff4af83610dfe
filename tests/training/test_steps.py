import pytest

from kiyas.config.schema import TrainSettings
from kiyas.errors import DataError, TrainingError
from kiyas.training import count_steps


def test_a_pass_over_the_data_ends_with_a_step_of_fewer_examples():
    # 11 examples, 4 a step: steps of 4, 4 and 3.
    train = TrainSettings(batch_size=2, gradient_accumulation_steps=2, num_epochs=1)
    assert count_steps(11, train).num_steps == 3


def test_part_of_a_pass_is_rounded_up_to_whole_steps():
    # 160 examples, 16 a step: 10 steps a pass; 1.25 passes are 12.5 steps.
    assert count_steps(160, TrainSettings(num_epochs=1.25)).num_steps == 13


def test_fewer_examples_than_a_step_holds_are_one_step_a_pass():
    assert count_steps(3, TrainSettings(num_epochs=2)).num_steps == 2


def test_the_reference_study_reaches_epoch_1_42_at_step_400():
    # Reference study 1: 1 x 16 examples a step, 4507 rows, "step 400 is epoch 1.42".
    train = TrainSettings(max_steps=800, checkpoints=[100, 200, 300, 400, 800])
    assert round(count_steps(4507, train).epoch_at(400), 2) == 1.42


def test_the_last_step_is_saved_if_no_checkpoint_is_named():
    assert count_steps(100, TrainSettings(max_steps=7)).checkpoints == (7,)


def test_a_checkpoint_beyond_the_last_step_is_refused():
    train = TrainSettings(num_epochs=1, checkpoints=[2, 8])
    with pytest.raises(TrainingError, match="training ends at step 7") as caught:
        count_steps(100, train)
    assert caught.value.received == "8"


def test_no_example_is_refused():
    with pytest.raises(DataError, match="no example"):
        count_steps(0, TrainSettings(max_steps=1))


def test_a_study_that_does_not_say_how_long_to_train_is_refused():
    with pytest.raises(TrainingError, match="how long to train"):
        count_steps(10, TrainSettings())


def test_a_warm_up_as_long_as_the_training_is_refused():
    # 100 examples, 16 a step: 7 steps.
    count_steps(100, TrainSettings(num_epochs=1, warmup_steps=6))
    with pytest.raises(TrainingError, match="warm-up is as long") as caught:
        count_steps(100, TrainSettings(num_epochs=1, warmup_steps=7))
    assert caught.value.where == "train.warmup_steps"
    assert "fewer than 7" in str(caught.value.expected)


@pytest.mark.parametrize(
    ("settings", "num_rows", "num_examples"),
    [
        # A pass over 11 rows are steps of 4, 4 and 3.
        ({"gradient_accumulation_steps": 4, "num_epochs": 1}, 11, 11),
        ({"gradient_accumulation_steps": 4, "max_steps": 5}, 11, 11 + 4 + 4),
        ({"max_steps": 20}, 3, 60),
    ],
)
def test_the_last_step_of_a_pass_counts_the_examples_that_are_left(
    settings, num_rows, num_examples
):
    assert count_steps(num_rows, TrainSettings(**settings)).count_examples(num_rows) == num_examples
