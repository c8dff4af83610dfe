"""A Ray cluster of two nodes on this machine, gone at the end with all its processes."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NODE = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 80 * 2**20}


@contextmanager
def tiny_cluster() -> Iterator[tuple[Any, Any]]:
    """Start a head node and another one of a processor each; yield the cluster and the other."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, of its ports and files
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        try:
            yield cluster, cluster.add_node(**NODE)
        finally:
            cluster.shutdown()
