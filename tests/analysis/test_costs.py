from kiyas.analysis.costs import TrialWork, Work, sum_up_costs


def trial(name, arm, seconds, tokens=0, **more):
    works = [Work(seconds, tokens, seconds, tokens)]
    return TrialWork(name, arm, {"training": works, "scoring": [Work(1.0)]}, **more)


def test_an_arm_takes_what_its_trials_take_and_the_study_takes_everything():
    costs = sum_up_costs(
        [
            TrialWork("base/small", "", {"decoding": [Work(5.0, 50, 5.0, 50)]}),
            trial("deep/seed-1", "deep", 10.0, 1000),
            trial("deep/seed-2", "deep", 20.0, 500),
            trial("wide/seed-1", "wide", 40.0, 100),
        ],
        power_w=None,
    )
    deep, wide = costs.arms
    assert (deep.arm, deep.num_trials, deep.total.seconds) == ("deep", 2, 32.0)
    assert deep.stages["training"].num_tokens == 1500
    assert deep.stages["training"].tokens_per_s == 50.0
    assert (wide.arm, wide.total.seconds) == ("wide", 41.0)
    assert costs.study.total.seconds == 5 + 11 + 21 + 41


def test_stages_stand_in_the_order_of_the_work():
    works = {"scoring": [Work(1.0)], "decoding": [Work(1.0)], "training": [Work(1.0)]}
    costs = sum_up_costs([TrialWork("a/seed-1", "a", works)], None)
    assert list(costs.study.stages) == ["training", "decoding", "scoring"]


def test_a_sum_of_which_one_part_is_unknown_is_unknown():
    known, unknown = trial("deep/seed-1", "deep", 10.0), trial("deep/seed-2", "deep", None)
    costs = sum_up_costs([known, unknown], power_w=100.0)
    assert [item.total.seconds for item in costs.trials] == [11.0, None]
    assert costs.study.total.seconds is None
    assert costs.study.total.energy_wh is None
    assert costs.study.stages["scoring"].seconds == 2.0


def test_what_came_from_a_cache_is_in_the_tokens_and_not_in_their_speed():
    mixed = Work(seconds=4.0, num_tokens=900, timed_seconds=3.0, num_timed_tokens=300)
    costs = sum_up_costs([TrialWork("base/small", "", {"decoding": [mixed]})], None)
    decoding = costs.study.stages["decoding"]
    assert (decoding.seconds, decoding.num_tokens, decoding.tokens_per_s) == (4.0, 900, 100.0)


def test_all_from_the_cache_has_no_speed():
    reused = Work(seconds=0.2, num_tokens=900, timed_seconds=0, num_timed_tokens=0)
    costs = sum_up_costs([TrialWork("base/small", "", {"decoding": [reused]})], None)
    assert costs.study.stages["decoding"].tokens_per_s is None


def test_energy_is_power_times_time():
    costs = sum_up_costs([trial("deep/seed-1", "deep", 1799.0)], power_w=60.0)
    assert costs.study.total.energy_wh == 30.0  # 60 W through half an hour


def test_without_the_power_of_the_machine_no_energy_is_made_up():
    costs = sum_up_costs([trial("deep/seed-1", "deep", 1800.0)], power_w=None)
    assert costs.study.total.energy_wh is None
    assert costs.study.stages["training"].energy_wh is None


def test_the_peak_of_an_arm_is_the_largest_of_its_trials():
    trials = [
        trial("deep/seed-1", "deep", 1.0, peak_bytes=3),
        trial("deep/seed-2", "deep", 1.0, peak_bytes=7),
        trial("deep/seed-3", "deep", 1.0),
    ]
    assert sum_up_costs(trials, None).arms[0].peak_bytes == 7
