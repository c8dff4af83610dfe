"""``kiyas data``: look at labelled tables and prepare them; nothing is dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kiyas.cli.data_text import augmented_text, check_text, cleaned_text, split_text
from kiyas.cli.options import AsJson
from kiyas.cli.output import emit

data_app = typer.Typer(
    help="Check, clean, split and augment labelled tables.", no_args_is_help=True
)

Table = Annotated[str, typer.Argument(metavar="TABLE", help="CSV, TSV, JSONL, JSON or Parquet.")]
Out = Annotated[Path, typer.Option("--out", help="CSV file to write.")]
TextColumn = Annotated[str | None, typer.Option("--text", help="Text column, if not found.")]
LabelColumn = Annotated[str | None, typer.Option("--label", help="Label column, if not found.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of every draw.")]

Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]

_HERE = Path()


@data_app.command()
def check(
    tables: Annotated[list[str], typer.Argument(metavar="TABLE...", help="One table a split.")],
    text: TextColumn = None,
    label: LabelColumn = None,
    as_json: AsJson = False,
) -> None:
    """Report labels, balance, empty rows, duplicates, leaks between tables and lengths."""
    from kiyas.data import check_tables, read_table

    splits = {
        split: read_table(name, text_column=text, label_column=label, base_dir=_HERE)
        for split, name in _name_splits(tables).items()
    }
    report = check_tables(splits)
    emit(report.to_dict(), check_text(report), as_json=as_json)
    if report.num_faults:
        raise typer.Exit(1)


@data_app.command()
def clean(
    table: Table,
    out: Out,
    text: TextColumn = None,
    label: LabelColumn = None,
    suspects: Annotated[bool, typer.Option(help="List labels that look wrong.")] = True,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Unify labels, white space and encodings; list suspect labels, drop none of them."""
    from kiyas.data import clean_table, read_table, write_table

    _check_targets([out], [table], replace=True)
    raw = read_table(table, text_column=text, label_column=label, base_dir=_HERE)
    cleaned = clean_table(raw, find_suspects=suspects, seed=seed)
    write_table(cleaned.table, out)
    emit({**cleaned.to_dict(), "out": str(out)}, cleaned_text(cleaned, out), as_json=as_json)


@data_app.command()
def split(
    table: Table,
    out_dir: Annotated[Path, typer.Option("--out-dir", help="Folder for one CSV a split.")],
    shares: Annotated[
        str, typer.Option(help="Shares of train, validation and test.")
    ] = "0.7,0.15,0.15",
    text: TextColumn = None,
    label: LabelColumn = None,
    seed: Seed = 0,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Split a table by class, near-duplicates kept together so that nothing leaks."""
    from kiyas.data import load_table, split_table, write_table

    fractions = _shares(shares)
    paths = {name: out_dir / f"{name}.csv" for name in fractions}
    _check_targets(paths.values(), [table], replace=force)
    loaded = load_table(table, text_column=text, label_column=label, base_dir=_HERE)
    done = split_table(loaded, fractions, seed=seed)
    for name, path in paths.items():
        write_table(done.tables[name], path)
    result = {
        "splits": {name: len(part.texts) for name, part in done.tables.items()},
        "num_groups": done.num_groups,
        "num_grouped_rows": done.num_grouped_rows,
        "warnings": [asdict(item) for part in done.tables.values() for item in part.warnings],
        "files": {name: str(path) for name, path in paths.items()},
    }
    emit(result, split_text(done, paths), as_json=as_json)


@data_app.command()
def augment(
    table: Table,
    out: Out,
    held_out: Annotated[
        list[str] | None, typer.Option("--held-out", help="A table no new row may resemble.")
    ] = None,
    share: Annotated[float, typer.Option(help="New rows as a share of the rows.")] = 1.0,
    text: TextColumn = None,
    label: LabelColumn = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Add label-preserving rewrites of training rows; each new row names its parent."""
    from kiyas.data import augment_table, load_table, write_table

    inputs = [table, *(held_out or [])]
    _check_targets([out], inputs, replace=True)
    loaded, *others = (
        load_table(name, text_column=text, label_column=label, base_dir=_HERE) for name in inputs
    )
    augmented = augment_table(loaded, share=share, held_out=others, seed=seed)
    write_table(augmented.table, out)
    emit({**augmented.to_dict(), "out": str(out)}, augmented_text(augmented, out), as_json=as_json)


def _name_splits(tables: Sequence[str]) -> dict[str, str]:
    """Return each table by the stem of its file, or as it was given where two share a stem."""
    from kiyas.errors import DataError

    names: dict[str, str] = {}
    stems = Counter(Path(table).stem for table in tables)
    for index, table in enumerate(tables):
        if any(_is_same_file(Path(table), other) for other in tables[:index]):
            raise DataError(
                "the same table is given twice",
                where=table,
                expected="one table a split",
                next_step="name each table once",
            )
        stem = Path(table).stem
        names[stem if stems[stem] == 1 else table] = table
    return names


def _check_targets(targets: Iterable[Path], inputs: Sequence[str], *, replace: bool) -> None:
    """Refuse, before any work, a file to write that is an input, is there already or is no CSV."""
    from kiyas.data.table_writing import refuse_other_ending
    from kiyas.errors import DataError

    for path in targets:
        refuse_other_ending(path)
        if any(_is_same_file(path, source) for source in inputs):
            raise DataError(
                "the table would be written over the one it is made of",
                where=str(path),
                next_step="name another file or folder",
            )
        if path.exists() and not replace:
            raise DataError(
                "the file is there already",
                where=str(path),
                next_step="name another folder, or give --force",
            )


def _is_same_file(path: Path, source: str) -> bool:
    from kiyas.errors import DataError
    from kiyas.paths import expand_home

    one, other = expand_home(path, kind=DataError), expand_home(source, kind=DataError)
    return one.exists() and other.exists() and one.samefile(other)


def _shares(text: str) -> dict[str, float]:
    from kiyas.errors import DataError

    names = ("train", "validation", "test")
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not 2 <= len(values) <= len(names):
        raise DataError(
            "the shares cannot be read",
            where="--shares",
            received=text,
            expected="two or three numbers that sum to 1, such as 0.7,0.15,0.15",
        )
    return dict(zip(names, values, strict=False))
