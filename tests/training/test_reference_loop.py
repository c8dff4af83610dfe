"""kiyas trains the very adapter that a plain loop with PEFT trains, one row a forward pass.

The loops know transformers, PEFT and torch alone. The bound is the project's: a relative difference
of at most 1e-4 in float32 without dropout, over 20 steps.
"""

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file
from tiny_base import TURN_END, save_tiny_base, save_tiny_longrope_base
from tiny_classifiers import save_tiny_encoder, topic_texts
from tiny_trial import TRAIN, TRIAL, train
from torch.nn import functional
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from kiyas.config import ClassifierTrainSettings, LoraSettings
from kiyas.config.classification import EarlyStopping
from kiyas.execution import Progress
from kiyas.models import load_base, locate_base
from kiyas.records import Example
from kiyas.run_folder import ClassifierFolder
from kiyas.training.classifier import train_classifier
from kiyas.training.classifier_job import ClassifierJob, derive_seed
from kiyas.training.history import read_history

NUM_STEPS = 20
BOUND = 1e-4
VARIANTS = [
    pytest.param({}, id="lora"),
    pytest.param({"use_rslora": True}, id="rslora"),
    pytest.param({"use_dora": True}, id="dora"),
    pytest.param({"target_modules": "all-linear"}, id="all-linear"),
]
# Long enough that a step is cut into several micro-batches.
EXAMPLES = [Example(f"Add {n}.", f"plus {n}, " * (2 + 3 * n), n) for n in (1, 2, 3, 5, 8, 11)]
TEXTS = topic_texts("train", 9, 1)


def adapter_settings(changes):
    given = {"rank": 4, "alpha": 8, "dropout": 0.0, "target_modules": ["q_proj", "v_proj"]}
    return LoraSettings(**given | changes)


def reference_adapter(model, lora, task, seed):
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        target_modules=lora.target_modules,
        use_rslora=lora.use_rslora,
        use_dora=lora.use_dora,
        task_type=task,
    )
    torch.manual_seed(seed)
    return get_peft_model(model.requires_grad_(False), config)


def reference_loop(model, rows, loss_of, learning_rate):
    """Train as plain accumulation does, all rows in every step; return the loss of each."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=learning_rate, weight_decay=0.0)
    losses = []
    for step in range(NUM_STEPS):
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - step / NUM_STEPS)
        losses.append(0.0)
        for row in rows:
            loss = loss_of(model, row)
            loss.backward()
            losses[-1] += loss.item()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return losses


def assert_same_adapter(saved, model):
    """Compare weight by weight; B begins at zero, so that all of it is what was trained."""
    expected = get_peft_model_state_dict(model, save_embedding_layers=False)
    assert saved.keys() == expected.keys()
    for name, weight in expected.items():
        assert torch.linalg.norm(saved[name] - weight) <= BOUND * torch.linalg.norm(weight), name


@pytest.fixture(autouse=True)
def _own_random_numbers():
    with torch.random.fork_rng():
        yield


@pytest.mark.filterwarnings("ignore::FutureWarning")  # what PEFT still calls in transformers
@pytest.mark.parametrize(
    ("save", "changes"),
    [
        *(pytest.param(save_tiny_base, *param.values, id=param.id) for param in VARIANTS),
        # At the usual budget a micro-batch has rows on both sides of its limit.
        pytest.param(save_tiny_longrope_base, {"target_modules": "all-linear"}, id="longrope"),
    ],
)
def test_a_causal_model_gets_the_adapter_of_a_plain_loop(tmp_path, folder, save, changes):
    lora, place = adapter_settings(changes), save(tmp_path / "base")
    settings = TRAIN.model_copy(
        update={
            "learning_rate": 1e-3,
            "batch_size": 1,
            "gradient_accumulation_steps": len(EXAMPLES),
            "max_steps": NUM_STEPS,
            "checkpoints": [NUM_STEPS],
            "warmup_steps": 0,
            "max_seq_len": 512,
        }
    )
    base = load_base(str(place), dtype="float32", device="cpu")
    train(base, folder, examples=EXAMPLES, lora=lora, train=settings)

    tokenizer = AutoTokenizer.from_pretrained(place)
    rows = []
    for example in EXAMPLES:
        turns = [
            {"role": "user", "content": example.prompt},
            {"role": "assistant", "content": example.response},
        ]
        whole = tokenizer.apply_chat_template(turns, return_dict=False)[:-1]  # no last newline
        assert whole[-1] == TURN_END
        asked = tokenizer.apply_chat_template(
            turns[:1], add_generation_prompt=True, return_dict=False
        )
        ids = torch.tensor([whole])
        rows.append((ids, torch.where(torch.arange(len(whole)) < len(asked), -100, ids)))
    total = sum((labels != -100).sum() for _, labels in rows)

    def loss_of(model, row):
        ids, labels = row
        return model(input_ids=ids, labels=labels).loss * (labels != -100).sum() / total

    plain = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32)
    reference = reference_adapter(plain, lora, "CAUSAL_LM", TRIAL.seed)
    losses = reference_loop(reference, rows, loss_of, settings.learning_rate)
    found = [row.loss for row in read_history(folder.history)]
    assert found == pytest.approx(losses, rel=BOUND)
    assert losses[-1] < 0.99 * losses[0]  # far enough from the start that a wrong update shows

    saved = folder.checkpoint(NUM_STEPS)
    assert_same_adapter(load_file(saved / "adapter_model.safetensors"), reference)
    again = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32)
    reloaded = PeftModel.from_pretrained(again, str(saved)).eval()
    with torch.no_grad():
        logits = [model(input_ids=rows[0][0]).logits for model in (reloaded, reference.eval())]
    torch.testing.assert_close(*logits, rtol=1e-3, atol=1e-3)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    ("save", "changes"),
    [
        *(pytest.param(save_tiny_base, *param.values, id=param.id) for param in VARIANTS),
        pytest.param(save_tiny_encoder, {"target_modules": "all-linear"}, id="encoder"),
    ],
)
def test_a_classifier_gets_the_adapter_of_a_plain_loop(tmp_path, save, changes):
    lora, place = adapter_settings(changes), save(tmp_path / "base")
    settings = ClassifierTrainSettings(
        num_epochs=NUM_STEPS,
        batch_size=len(TEXTS.texts),
        learning_rate=1e-3,
        warmup_ratio=0.0,
        weight_decay=0.0,
        max_seq_len=64,
        early_stopping=EarlyStopping(metric="loss", patience=NUM_STEPS),
        dtype="float32",
    )
    job = ClassifierJob("tiny", locate_base(str(place)), 3, lora, settings, 5)
    folder = ClassifierFolder(tmp_path / "trial", tmp_path / "superseded")
    trained = train_classifier(job, (TEXTS, TEXTS), folder, Progress())
    assert trained.best_epoch == NUM_STEPS  # so that what is kept is the end of training

    def fresh(seed):
        torch.manual_seed(seed)
        return AutoModelForSequenceClassification.from_pretrained(
            place, num_labels=3, dtype=torch.float32
        )

    tokenizer = AutoTokenizer.from_pretrained(place)
    rows = [
        (torch.tensor([tokenizer(text)["input_ids"]]), torch.tensor([label]))
        for text, label in zip(TEXTS.texts, TEXTS.labels, strict=True)
    ]

    def loss_of(model, row):
        ids, label = row
        return functional.cross_entropy(model(input_ids=ids).logits, label) / len(rows)

    reference = reference_adapter(
        fresh(derive_seed(job.seed, 0)), lora, "SEQ_CLS", derive_seed(job.seed, 1)
    )
    losses = reference_loop(reference, rows, loss_of, settings.learning_rate)
    saved = load_file(folder.adapter / "adapter_model.safetensors")
    assert losses[-1] < 0.99 * losses[0]
    assert_same_adapter(saved, reference)
    another_head = fresh(0)  # which the saved one must replace
    reloaded = PeftModel.from_pretrained(another_head, str(folder.adapter)).eval()
    with torch.no_grad():
        logits = [model(input_ids=rows[0][0]).logits for model in (reloaded, reference.eval())]
    torch.testing.assert_close(*logits, rtol=1e-3, atol=1e-3)
