import pytest
from tiny_base import SHAPE
from transformers import Gemma3TextConfig, LlamaConfig, Phi3Config

from kiyas.models import rope_limit

LONGROPE = {"rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
DYNAMIC = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10000.0}
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}


@pytest.mark.parametrize(
    ("config", "limit"),
    [
        pytest.param(LlamaConfig(**SHAPE), None, id="plain"),
        pytest.param(
            Phi3Config(
                **SHAPE,
                original_max_position_embeddings=128,
                rope_parameters=LONGROPE,
                pad_token_id=0,
            ),
            128,
            id="longrope",
        ),
        pytest.param(LlamaConfig(**SHAPE, rope_parameters=DYNAMIC), 512, id="dynamic"),
        pytest.param(
            Gemma3TextConfig(
                **SHAPE, rope_parameters={"full_attention": DYNAMIC, "sliding_attention": PLAIN}
            ),
            512,
            id="a-rope-for-each-type-of-layer",
        ),
    ],
)
def test_rows_are_free_of_each_other_up_to_where_the_rope_changes(config, limit):
    assert rope_limit(config) == limit
