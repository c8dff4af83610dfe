"""The bytes of a text file -> its text, with the encoding that was found.

Does not guess freely: text is UTF-8, or (for labelled tables alone) Windows-1254 where that is the
only reading, and then it is said. Everything else is refused with the line and the cure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kiyas.errors import DataError

UTF8_BOM = b"\xef\xbb\xbf"
"""Byte-order mark that some programs write before UTF-8."""

UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
"""Byte-order marks of UTF-16."""

HALF_SIGN = re.compile("[\ud800-\udfff]")
"""Half of a sign such as an emoji: JSON can hold it, UTF-8 and tokenizers cannot."""

_HEAD_BYTES = 256

_CONTINUATION = "[\x80-\xbf\u0152-\u0161\u0178-\u017e\u0192\u02c6\u02dc\u2013-\u2122]"
MOJIBAKE = re.compile(f"[ÃÄÅ]{_CONTINUATION}|â€{_CONTINUATION}")
"""UTF-8 read as a Windows code page: the lead byte of a Turkish or accented letter (or of a
typographic quote), then a sign that no European word has after it: ``Ã¼`` for ü, ``ÅŸ`` for ş."""


@dataclass(frozen=True)
class DecodedText:
    """The text of a file."""

    text: str
    """The text without byte-order mark."""
    encoding: str
    """``utf-8`` or ``windows-1254``."""
    first_foreign_line: int | None
    """1-based line of the first byte that is not UTF-8; None for UTF-8."""


def decode_utf8(content: bytes, path: Path) -> str:
    """Return the text of a UTF-8 file without its byte-order mark.

    Raises:
        DataError: Some byte is not UTF-8; names its line.
    """
    refuse_utf16(content, path)
    try:
        return content.removeprefix(UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, _line_of(error), error) from error


def decode_text(content: bytes, path: Path) -> DecodedText:
    """Return the text of a file in UTF-8, or else in Windows-1254.

    Windows-1254 is Windows-1252 with the six Turkish letters in place of six rare ones, so it
    reads western files too.

    Raises:
        DataError: The file is UTF-16, holds bytes of neither encoding, or mixes the two.
    """
    refuse_utf16(content, path)
    try:
        return DecodedText(content.removeprefix(UTF8_BOM).decode("utf-8"), "utf-8", None)
    except UnicodeDecodeError as error:
        line = _line_of(error)
        try:
            text = content.removeprefix(UTF8_BOM).decode("cp1254")
        except UnicodeDecodeError:
            raise not_utf8(path, line, error) from error
        if content.startswith(UTF8_BOM) or MOJIBAKE.search(text):
            raise DataError(
                "the file mixes UTF-8 with another encoding",
                where=f"{path}, line {line}",
                received=repr(content.split(b"\n")[line - 1][:80]),
                expected="one encoding, best UTF-8",
                next_step=f"mend line {line}, the first one that is not UTF-8, and save as UTF-8",
            ) from error
        return DecodedText(text, "windows-1254", line)


def repair_mojibake(text: str) -> str:
    """Return a text with every letter mended whose UTF-8 was read as a Windows code page."""
    return MOJIBAKE.sub(_repair_letter, text)


def _repair_letter(match: re.Match[str]) -> str:
    for encoding in ("cp1254", "cp1252", "latin-1"):
        try:
            return match[0].encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return match[0]


def refuse_utf16(content: bytes, path: Path) -> None:
    """Raise ``DataError`` with the cure if a file begins as UTF-16 does, marked or not."""
    if content.startswith(UTF16_BOMS):
        raise DataError(
            "the file is UTF-16, not UTF-8",
            where=str(path),
            received=f"a file that begins with the bytes {content[:2].hex(' ')}",
            expected="UTF-8",
            next_step=f"iconv -f UTF-16 -t UTF-8 {path.name} > utf8-{path.name}",
        )
    for encoding, high_bytes in (
        ("UTF-16BE", content[:_HEAD_BYTES:2]),
        ("UTF-16LE", content[1:_HEAD_BYTES:2]),
    ):
        if high_bytes.count(0) * 2 > len(high_bytes):
            raise DataError(
                "the file is not UTF-8: every other byte is NUL, as in UTF-16",
                where=str(path),
                received=f"a file that begins with the bytes {content[:4].hex(' ')}",
                expected="UTF-8",
                next_step=f"iconv -f {encoding} -t UTF-8 {path.name} > utf8-{path.name}",
            )


def not_utf8(path: Path, line: int, error: UnicodeDecodeError) -> DataError:
    """Return the error for a byte that is not UTF-8, with the cure for Turkish files."""
    return DataError(
        "the text is not UTF-8",
        where=f"{path}, line {line}",
        received=f"byte 0x{error.object[error.start]:02x}",
        expected="UTF-8",
        next_step=(
            "convert the file; for Turkish Windows files: "
            f"iconv -f WINDOWS-1254 -t UTF-8 {path.name} > utf8-{path.name}"
        ),
    )


def _line_of(error: UnicodeDecodeError) -> int:
    return error.object.count(b"\n", 0, error.start) + 1
