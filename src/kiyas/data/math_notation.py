r"""A text with formulas -> the same text with other letters or another notation, or None.

Understands the LaTeX of school and university exercises, not TeX: a formula with a command that
is not listed here keeps its notation. A letter is renamed only where every occurrence is surely a
variable; ``x-axis``, ``xy`` in plain text or a Turkish suffix (``x'in``) rule it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

MATH = re.compile(
    r"\$\$.+?\$\$|\$[^$]+?\$|\\\(.+?\\\)|\\\[.+?\\\]|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL
)
"""A formula between any of LaTeX's marks."""

FAMILIES = ("xyztuvw", "nmkj", "abc", "GHK", "ABMN", "VWU", "fgh")
"""Letters that may stand for one another; ``e``, ``i``, ``d``, ``o``, ``p`` mean fixed things."""

_PLAIN_VARIABLES = "xyztuvwnmk"
_SHORT_WORDS = frozenset("a am an and any at but by can cut man many max may my tan way".split())
_LETTER = "A-Za-zÇĞİÖŞÜçğıöşü"
_PROTECTED = re.compile(
    r"\\begin\{\w+\*?\}(?:\{[^{}]*\})?|\\end\{\w+\*?\}"
    r"|\\(?:text|textbf|textit|mbox|mathrm|mathbb|mathcal|mathbf|operatorname\*?)\s*\{[^{}]*\}"
    r"|\\[A-Za-z]+|\b(?:sin|cos|tan|cot|sec|csc|log|ln|exp|lim|gcd|lcm|det|mod|max|min|ker|dim|"
    r"rank|deg|Gal|Aut|GL|SL|ebob|ekok|obeb|okek)(?![A-Za-z])"
)
_POINT = re.compile(r"\(\s*-?[0-9][^()]*,[^()]*\)")
_AXIS = r"\$?[\s-]?(?:axis|axes|intercept|coordinate|plane|ekseni|koordinat|düzlem)"

_WORDS = (
    *("sin", "cos", "tan", "ln", "log", "lim", "det", "gcd", "sum", "int", "angle"),
    *("pi", "alpha", "beta", "theta", "lambda", "varphi"),
)
_SIGNS: Mapping[str, str] = MappingProxyType(
    {"cdot": " * ", "times": " × "}
    | dict.fromkeys(("to", "rightarrow"), " -> ")
    | dict.fromkeys(("le", "leq"), " <= ")
    | dict.fromkeys(("ge", "geq"), " >= ")
    | dict.fromkeys(("ne", "neq"), " != ")
    | dict.fromkeys(("ldots", "cdots", "dots"), "...")
    | dict.fromkeys(("left", "right"), "")
    | {"pm": " +- ", "mid": " | ", "in": " in ", "quad": " ", "circ": "°", "infty": "infinity"}
    | {word: word for word in _WORDS}
)
"""Plain form of each LaTeX command that has one."""

_SPELLINGS = (
    (r"\leq", r"\le"),
    (r"\geq", r"\ge"),
    (r"\neq", r"\ne"),
    (r"\dfrac", r"\frac"),
    (r"\rightarrow", r"\to"),
    (r"\ldots", r"\dots"),
)
"""Pairs of commands that mean the same."""

_GROUPS = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\[dt]?frac\s*([0-9])\s*([0-9])"), r"(\1/\2)"),
    (re.compile(r"\\sqrt\s*\{([^{}]*)\}"), r"sqrt(\1)"),
    (re.compile(r"\\(?:text|mathrm|mathbb|mathbf|operatorname)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"([\^_])\{(\w|[0-9]+)\}"), r"\1\2"),
    (re.compile(r"([\^_])\{([^{}]*)\}"), r"\1(\2)"),
)
"""LaTeX groups and their plain form, innermost first."""

_ATOM = r"(?:sqrt\([^()]+\)|\(?-?(?:[0-9]+[a-z]?|[a-z])(?:\^[0-9]+)?\)?(?:\^[0-9]+)?)"
_PLAIN_FORMULA = re.compile(
    rf"(?<![\w\\^.,]){_ATOM}(?:\s?(?:<=|>=|!=|[-+*/=<>])\s?{_ATOM})+(?![\w^(])"
)


def rename_variables(text: str, random: np.random.Generator) -> str | None:
    """Rename one or two variables throughout, each to an unused letter of its family."""
    used = _letters_used(text)
    # Beside a point such as (2,-1,4), the names of the coordinates say which number is whose.
    fixed = set("xyz") if len(used & set("xyz")) > 1 and _POINT.search(text) else set()
    names = [letter for letter in sorted(used - fixed) if _may_be_renamed(letter, text)]
    new_names: dict[str, str] = {}
    for letter in random.permutation(names).tolist()[:2]:
        family = next(family for family in FAMILIES if letter in family)
        free = [other for other in family if other not in used | set(new_names.values())]
        if free:
            new_names[letter] = free[int(random.integers(len(free)))]
    if not new_names:
        return None
    plain = _plain_letter("".join(new_names))
    return map_parts(
        text,
        of_formula=lambda formula: _rename_in_formula(formula, new_names),
        of_words=lambda words: plain.sub(lambda m: m[1] + new_names[m[2]], words),
    )


def swap_notation(text: str, random: np.random.Generator) -> str | None:
    r"""Write the formulas in another notation: LaTeX, plain, or LaTeX with other commands."""
    if not MATH.search(text):
        return _to_latex(text)
    plain = _to_plain(text)
    forms = [form for form in (plain, _respell(text)) if form is not None and form != text]
    return forms[int(random.integers(len(forms)))] if forms else None


def map_parts(
    text: str, *, of_formula: Callable[[str], str], of_words: Callable[[str], str]
) -> str:
    """Return a text with its formulas and the words between them mapped each in their way."""
    parts = []
    begin = 0
    for formula in MATH.finditer(text):
        parts += [of_words(text[begin : formula.start()]), of_formula(formula[0])]
        begin = formula.end()
    return "".join([*parts, of_words(text[begin:])])


def _formulas(text: str) -> list[str]:
    return [_PROTECTED.sub(" ", match[0]) for match in MATH.finditer(text)]


def _letters_used(text: str) -> set[str]:
    in_formulas = {letter for formula in _formulas(text) for letter in formula if letter.isalpha()}
    words = MATH.sub(" ", text)
    return in_formulas | set(re.findall(rf"(?<![{_LETTER}])[A-Za-z](?![{_LETTER}])", words))


def _plain_letter(letters: str) -> re.Pattern[str]:
    """Return the pattern of a letter that stands alone in plain text, or after the d of ``dx``."""
    return re.compile(rf"(?<![{_LETTER}\\_'’])(d?)([{letters}])(?![{_LETTER}'’])")


def _may_be_renamed(letter: str, text: str) -> bool:
    if not any(letter in family for family in FAMILIES):
        return False
    if re.search(rf"{letter}{_AXIS}|{letter}\$?['’][{_LETTER}]", text):
        return False
    if any(
        letter in run and len(run) > 2 and not run.isupper()
        for formula in _formulas(text)
        for run in re.findall("[A-Za-z]+", formula)
    ):
        return False  # a word, or a product that is too long to be sure
    words = MATH.sub(" ", text)
    if letter not in _PLAIN_VARIABLES:
        return re.search(rf"(?<![a-zçğıöşü]){letter}(?![a-zçğıöşü])", words) is None
    fused = re.findall(rf"(?<![{_LETTER}])(?!d{letter}\b)[A-Za-z]{{2,3}}(?![{_LETTER}])", words)
    if any(letter in run and run.lower() not in _SHORT_WORDS for run in fused):
        return False
    # "5 m" is a unit, "3 x 4" and "3x3" are products: no variables.
    return re.search(rf"[0-9]\s+{letter}\b|[0-9]{letter}[0-9]|[0-9]m\b", words) is None


def _rename_in_formula(formula: str, new_names: Mapping[str, str]) -> str:
    table = str.maketrans(dict(new_names))
    parts = []
    begin = 0
    for protected in _PROTECTED.finditer(formula):
        parts += [formula[begin : protected.start()].translate(table), protected[0]]
        begin = protected.end()
    return "".join([*parts, formula[begin:].translate(table)])


def _to_plain(text: str) -> str | None:
    """Return the text without LaTeX, or None if some command has no plain form."""
    failed = False

    def convert(formula: str) -> str:
        nonlocal failed
        plain = _formula_to_plain(formula)
        failed = failed or plain is None
        return plain or ""

    found = map_parts(text, of_formula=convert, of_words=lambda words: words)
    return None if failed or "\\" in found else found


def _formula_to_plain(formula: str) -> str | None:
    is_display = formula.startswith(("$$", "\\["))
    plain = re.sub(r"^(?:\$\$|\$|\\\(|\\\[)|(?:\$\$|\$|\\\)|\\\])$", "", formula).strip()
    plain = plain.replace(r"\{", "\ue000").replace(r"\}", "\ue001")
    plain = re.sub(r"\\[,;:! ]|~", " ", plain)
    before = ""
    while plain != before:
        before = plain
        for group, form in _GROUPS:
            plain = group.sub(form, plain)
    commands = re.findall(r"\\([A-Za-z]+)", plain)
    if any(command not in _SIGNS for command in commands):
        return None
    plain = re.sub(r"\\([A-Za-z]+) ?", lambda m: _spaced(_SIGNS[m[1]], m), plain)
    if re.search(r"[\\{}&]", plain):
        return None
    plain = plain.replace("\ue000", "{").replace("\ue001", "}").replace("^°", "°")
    plain = re.sub(r"  +", " ", re.sub(r"\(\((\w+)\)/\((\w+)\)\)", r"(\1/\2)", plain)).strip()
    return f"\n{plain}\n" if is_display else plain


def _spaced(sign: str, match: re.Match[str]) -> str:
    r"""Keep words apart: ``2\pi r`` is ``2 pi r``, and ``\sin x`` is ``sin x``."""
    if not sign.isalpha():
        return sign
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return (" " if before.isalnum() else "") + sign + (" " if after.isalnum() else "")


def _respell(text: str) -> str:
    r"""Return the text with other LaTeX for the same: ``\le`` for ``\leq``, ``\(`` for ``$``."""

    def respell(formula: str) -> str:
        for long, short in _SPELLINGS:
            for old, new in ((long, short), (short, long)):
                pattern = re.compile(re.escape(old) + "(?![A-Za-z])")
                if pattern.search(formula):
                    formula = pattern.sub(new.replace("\\", r"\\"), formula)
                    break
        if formula.startswith("$") and not formula.startswith("$$"):
            return rf"\({formula[1:-1]}\)"
        return f"${formula[2:-2]}$" if formula.startswith(r"\(") else formula

    return map_parts(text, of_formula=respell, of_words=lambda words: words)


def _to_latex(text: str) -> str | None:
    """Return a plain text with its formulas in LaTeX, or None if it has none."""
    if "\\" in text or "$" in text:
        return None

    def convert(match: re.Match[str]) -> str:
        formula = match[0]
        if formula.count("(") != formula.count(")") or not re.search("[a-z]", formula):
            return formula
        formula = re.sub(r"sqrt\(([^()]+)\)", r"\\sqrt{\1}", formula)
        formula = re.sub(r"\^([0-9]{2,})", r"^{\1}", formula)
        for plain, command in (("<=", "le"), (">=", "ge"), ("!=", "ne"), ("*", "cdot")):
            formula = re.sub(rf" ?{re.escape(plain)} ?", rf" \\{command} ", formula)
        return f"${formula}$"

    found = _PLAIN_FORMULA.sub(convert, text)
    return found if found != text else None
