from kiyas.report.provenance import read_provenance


def test_commands_are_taken_from_both_keys_and_named_once():
    read = read_provenance({"commands": ["make setup", "kiyas run x"], "command": "kiyas run x"})
    assert read.commands == ("make setup", "kiyas run x")
    assert read.rows == ()


def test_nested_values_become_dotted_names():
    read = read_provenance({"packages": {"torch": "2.13", "gpu": None}, "seeds": [1, 2]})
    assert read.rows == (("packages.torch", "2.13"), ("packages.gpu", "–"), ("seeds", "[1, 2]"))
