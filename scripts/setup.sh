#!/bin/sh
# Makes the environment: exact versions that CI has tested, and a build of PyTorch that fits the
# machine. Without a GPU the plain Linux package of PyTorch would pull gigabytes of CUDA libraries.
set -eu

PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
TORCH=$(sed -n 's/^torch==//p' requirements.lock)
CPU_INDEX=${KIYAS_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "kiyas needs Python 3.11 or later; this is $("$PYTHON" --version)." >&2
    echo "next: make PYTHON=python3.12 ..." >&2
    exit 1
}

has_gpu() { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; }

install() { "$VENV/bin/pip" install --quiet --disable-pip-version-check "$@"; }

# A CPU build where one can be had: from the configured index or a local folder of wheels first,
# then from PyTorch's own index of CPU builds; the plain package is the last resort.
install_torch() {
    if has_gpu || [ "$(uname -s)" != Linux ]; then
        install "torch==$TORCH"
    elif install "torch==$TORCH+cpu" 2>/dev/null; then
        :
    elif install "torch==$TORCH+cpu" --extra-index-url "$CPU_INDEX" 2>/dev/null; then
        :
    else
        echo "setup: no CPU build of PyTorch $TORCH found; the plain one is several gigabytes" >&2
        install "torch==$TORCH"
    fi
}

echo "setup: environment in $VENV (about 2.6 GB, once)"
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
install_torch
grep -v '^torch==' requirements.lock > "$VENV/requirements.txt"
install -r "$VENV/requirements.txt"
install --no-deps --editable .
echo "setup: done"
