"""A base's name -> files, model and tokenizer; problems and examples -> token ids.

Nothing here imports torch until a model is loaded, so planning can ask for names and shapes.
The usual order: ``locate_base`` (name -> files on disk, fetched if they must be), ``load_base``
(files -> a frozen model in memory), ``render_example`` and ``render_problem`` (text -> token ids),
``new_adapter``, ``save_adapter`` and ``load_adapter``. A base stays bare for ever: adapters sit on
copies of its modules that share its weights.
"""

from kiyas.models.adapters import adapter_dropouts as adapter_dropouts
from kiyas.models.adapters import bare_copy as bare_copy
from kiyas.models.adapters import bare_model as bare_model
from kiyas.models.adapters import load_adapter as load_adapter
from kiyas.models.adapters import new_adapter as new_adapter
from kiyas.models.adapters import plain_adapter_layers as plain_adapter_layers
from kiyas.models.adapters import reloaded_adapter as reloaded_adapter
from kiyas.models.adapters import save_adapter as save_adapter
from kiyas.models.base import Base as Base
from kiyas.models.base import autocast as autocast
from kiyas.models.base import check_four_bits as check_four_bits
from kiyas.models.base import choose_dtype as choose_dtype
from kiyas.models.base import default_device as default_device
from kiyas.models.base import load_base as load_base
from kiyas.models.chat_template import has_chat_template as has_chat_template
from kiyas.models.lanes import busy_lane as busy_lane
from kiyas.models.lanes import count_lanes as count_lanes
from kiyas.models.lanes import lane_threads as lane_threads
from kiyas.models.lanes import open_lanes as open_lanes
from kiyas.models.lanes import own_threads as own_threads
from kiyas.models.lanes import use_idle_threads as use_idle_threads
from kiyas.models.rendering import RENDERING_VERSION as RENDERING_VERSION
from kiyas.models.rendering import RenderedExample as RenderedExample
from kiyas.models.rendering import RenderedPrompt as RenderedPrompt
from kiyas.models.rendering import render_example as render_example
from kiyas.models.rendering import render_problem as render_problem
from kiyas.models.rendering import render_solution as render_solution
from kiyas.models.rendering import rendering_hash as rendering_hash
from kiyas.models.rendering import stop_token_ids as stop_token_ids
from kiyas.models.rope import rope_limit as rope_limit
from kiyas.models.shape import BaseShape as BaseShape
from kiyas.models.shape import read_shape as read_shape
from kiyas.models.skeleton import check_targets as check_targets
from kiyas.models.skeleton import load_skeleton as load_skeleton
from kiyas.models.source import BaseSource as BaseSource
from kiyas.models.source import locate_base as locate_base
