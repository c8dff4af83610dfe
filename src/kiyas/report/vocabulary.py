"""Words that stand in the findings -> words of the reader's language, with what they mean.

The methods are written here once; tables and pages link to them by name.
"""

from __future__ import annotations

from kiyas.report.languages import Catalogue
from kiyas.report.parts import Method


def translate_verdict(verdict: str, catalogue: Catalogue) -> str:
    """Return a verdict in the reader's language; an unknown one as it is."""
    _ = catalogue.gettext
    words = {
        "better": _("better"),
        "worse": _("worse"),
        "no difference detected": _("no difference detected"),
        "underpowered": _("underpowered"),
    }
    return words.get(verdict, verdict)


def translate_test(test: str, catalogue: Catalogue) -> str:
    """Return the name of a test of a pair in the reader's language; an unknown one as it is."""
    _ = catalogue.gettext
    words = {
        "exact McNemar": _("exact McNemar"),
        "McNemar mid-p": _("McNemar mid-p"),
        "sign flip": _("sign flip"),
        "permutation": _("permutation"),
    }
    return words.get(test, test)


def translate_severity(severity: str, catalogue: Catalogue) -> str:
    """Return how loudly a finding speaks, as a word."""
    _ = catalogue.gettext
    return {"alarm": _("Alarm"), "warning": _("Warning"), "note": _("Note")}[severity]


def name_level(confidence: float, catalogue: Catalogue) -> str:
    """Return the level of the intervals in words."""
    return catalogue.gettext("%s %% intervals") % f"{100 * confidence:g}"


def describe_isolation(level: str, catalogue: Catalogue) -> str:
    """Return the sentence that opens and closes the report."""
    _ = catalogue.gettext
    sentence = _("Generated code was run and judged in a cage of isolation level: %s.") % level
    if level == "weak":
        sentence += " " + _(
            "This level limits time and memory but does not contain hostile code: "
            "a pass can be faked, so trust it only where you trust the model."
        )
    return sentence


def explain_methods(confidence: float, catalogue: Catalogue) -> tuple[Method, ...]:
    """Return every method of the report, in the order in which the report uses them."""
    _ = catalogue.gettext
    level = f"{100 * confidence:g}"
    return (
        Method(
            "pass-at-1",
            _("pass@1 and its interval"),
            _(
                "Passing completions of all completions, k/n, with the score interval of Wilson "
                "(1927) at %s %% confidence. With several completions a problem the interval is "
                "taken over problems, because completions of one problem are alike."
            )
            % level,
        ),
        Method(
            "paired",
            _("Paired difference"),
            _(
                "Both checkpoints answered the same problems, so only problems that exactly one "
                "of them passed speak: b that only the first passed, c that only the second "
                "passed. The difference is (b − c)/N, in percentage points; with several "
                "completions a problem, the mean over problems of the difference of their shares."
            ),
        ),
        Method(
            "p-value",
            _("p value"),
            _(
                "With one completion a problem the exact two-sided test of McNemar (1947): under "
                "no difference b is binomial with b + c trials and probability one half. With "
                "several completions, the signs of the problems' differences are flipped at "
                "random. It holds for this pair alone."
            ),
        ),
        Method(
            "holm",
            _("p value after Holm"),
            _(
                "Corrected for the number of comparisons by the step-down method of Holm (1979). "
                "The family is every comparison of the study: all against the base and all "
                "between arms."
            ),
        ),
        Method(
            "verdict",
            _("Verdict"),
            _(
                "“Better” and “worse” need an adjusted p value of at most one minus the "
                "confidence. “Underpowered” means that at the observed disagreement no difference, "
                "however large, would have been found reliably; it is no evidence that there is "
                "none."
            ),
        ),
        Method(
            "detectable",
            _("Smallest detectable difference"),
            _(
                "Smallest true difference that this comparison would find in four of five "
                "repetitions (80 % power), given how often the two checkpoints disagree, at the "
                "strictest level that Holm may ask for."
            ),
        ),
        Method(
            "best",
            _("Best checkpoint"),
            _(
                "Chosen because it scored highest on the very problems that are reported. The "
                "highest of several noisy scores is on average too high; another set of problems "
                "would likely rank it lower."
            ),
        ),
        Method(
            "outcome",
            _("Outcome, truncation and extraction"),
            _(
                "Every completion has one outcome; only “passed” counts as success. It is "
                "truncated if decoding ended at the token limit. The extraction rule says how "
                "code was taken out of the completion. A completion that the cage could not judge "
                "counts for no score."
            ),
        ),
    )
