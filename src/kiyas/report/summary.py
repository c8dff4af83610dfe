"""Findings -> the one-minute summary.

What was compared, what won, is it real, what it cannot say, what next. Sentences
are chosen by the verdicts in the findings; nothing is tested anew.
"""

from __future__ import annotations

from kiyas.records import CheckpointScore, CodeFindings, Comparison
from kiyas.report.advice import advise_code
from kiyas.report.languages import Language
from kiyas.report.leading import MOST_TRIALS
from kiyas.report.parts import SummaryPart
from kiyas.report.statements import restate
from kiyas.report.trials import find_comparison, find_score, group_by_trial
from kiyas.report.vocabulary import translate_verdict


def summarise(findings: CodeFindings, language: Language) -> tuple[SummaryPart, ...]:
    """Return the five parts of the summary."""
    _ = language.catalogue.gettext
    return (
        SummaryPart(_("What was compared"), tuple(_compared(findings, language))),
        SummaryPart(_("What won"), tuple(_won(findings, language))),
        SummaryPart(_("Is it real?"), tuple(_real(findings, language))),
        SummaryPart(_("What it cannot say"), tuple(_limits(findings, language))),
        SummaryPart(_("What next"), advise_code(findings, language)),
    )


def _compared(findings: CodeFindings, language: Language) -> list[str]:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    trials = [trial for trial in group_by_trial(findings) if trial.by_step]
    num_checkpoints = sum(len(trial.by_step) for trial in trials)
    sentences = [
        _("%(trials)s: %(checkpoints)s, and the untrained base.")
        % {
            "trials": _name_trials([trial.title for trial in trials], language),
            "checkpoints": ngettext(
                "%s trained checkpoint", "%s trained checkpoints", num_checkpoints
            )
            % num_checkpoints,
        }
    ]
    samples = ngettext("%s completion a problem", "%s completions a problem", findings.num_samples)
    sentences.append(
        _("Benchmark %(benchmark)s, %(problems)s problems, %(samples)s, protocol %(protocol)s.")
        % {
            "benchmark": findings.benchmark,
            "problems": findings.num_problems,
            "samples": samples % findings.num_samples,
            "protocol": findings.protocol,
        }
    )
    return sentences


def _name_trials(titles: list[str], language: Language) -> str:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    num_more = len(titles) - MOST_TRIALS
    if num_more <= 0:
        return ", ".join(titles) or _("no trained arm")
    more = ngettext("%s more", "%s more", num_more) % num_more
    return ", ".join([*titles[:MOST_TRIALS], more])


def _won(findings: CodeFindings, language: Language) -> list[str]:
    _, numbers = language.catalogue.gettext, language.numbers
    best = find_score(findings, findings.best)
    if best is None:
        return [_("Nothing: no checkpoint passed any problem.")]
    sentences = [
        _(
            "Of the trained checkpoints %(label)s passed most: %(score)s. "
            "It was selected on the test set."
        )
        % {"label": best.checkpoint.label, "score": numbers.proportion(best.pass_at_1)}
    ]
    base = _base_of(findings, best)
    if base:
        score = numbers.proportion(base.pass_at_1)
        if base.pass_at_1.k >= best.pass_at_1.k:
            sentences.append(_("Its untrained base passed as many or more: %s.") % score)
        else:
            sentences.append(_("Its untrained base: %s.") % score)
    return sentences


def _base_of(findings: CodeFindings, score: CheckpointScore) -> CheckpointScore | None:
    for trial in group_by_trial(findings):
        if score in trial.by_step.values():
            return trial.base
    return None


def _real(findings: CodeFindings, language: Language) -> list[str]:
    alarms = [finding for finding in findings.findings if finding.severity == "alarm"]
    sentences = [statement.text for statement in restate(alarms, language)]
    sentences += _gain_is_real(findings, language)
    sentences += _arms_differ(findings, language)
    return sentences


def _gain_is_real(findings: CodeFindings, language: Language) -> list[str]:
    _ = language.catalogue.gettext
    best = find_score(findings, findings.best)
    base = _base_of(findings, best) if best else None
    if best is None or base is None:
        return []
    comparison = find_comparison(findings, best.checkpoint.label, base.checkpoint.label)
    if comparison is None:
        return []
    verdicts = {
        "better": _(
            "Against its base the best checkpoint is better: %s. "
            "For these weights on this benchmark the gain is real; "
            "it may be one of answer format rather than of ability."
        )
        if findings.audit is None
        else _("Against its base the best checkpoint is better: %s."),
        "worse": _("Against its base the best checkpoint is worse: %s."),
        "underpowered": _("Against its base nothing can be said, the study is too small: %s."),
    }
    otherwise = _("Against its base no difference was detected: %s.")
    return [
        verdicts.get(comparison.verdict, otherwise) % _evidence(comparison, language),
        *_split_of(best.checkpoint.label, findings, language),
    ]


def _split_of(label: str, findings: CodeFindings, language: Language) -> list[str]:
    """Return what the gain is made of, if there is one and the study was audited."""
    splits = findings.audit.splits if findings.audit else ()
    split = next((item for item in splits if item.checkpoint == label), None)
    if split is None or not split.gained.k:
        return []
    _, parts = (
        language.catalogue.gettext,
        {
            "gained": split.gained,
            "format": split.format,
            "ability": split.ability,
        },
    )
    if split.counts_problems:
        sentence = _(
            "Of what it gains (%(gained)s), the base itself solves %(format)s when it is asked or "
            "read in another way: that part is format, the rest (%(ability)s) is ability."
        )
        return [sentence % {name: part.k for name, part in parts.items()}]
    sentence = _(
        "Of the %(gained)s of all completions that it gains, the base itself reaches %(format)s "
        "when it is asked or read in another way: that part is format, the rest (%(ability)s) is "
        "ability."
    )
    share = language.numbers.share
    return [sentence % {name: share(part.estimate) for name, part in parts.items()}]


def _arms_differ(findings: CodeFindings, language: Language) -> list[str]:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    between = [c for c in findings.comparisons if c.kind == "between-arms"]
    if not between:
        return []
    differing = [c for c in between if c.verdict in ("better", "worse")]
    if not differing and all(c.verdict == "underpowered" for c in between):
        return [_("Between the arms: the study is too small to tell them apart.")]
    if not differing:
        return [
            ngettext(
                "Between the arms: no difference detected in %s comparison.",
                "Between the arms: no difference detected in any of %s comparisons.",
                len(between),
            )
            % len(between)
        ]
    found = [
        _("Between the arms: %(found)s of %(all)s comparisons show a difference.")
        % {"found": len(differing), "all": len(between)}
    ]
    for comparison in differing[:2]:
        found.append(
            _("%(first)s is %(verdict)s than %(second)s: %(evidence)s.")
            % {
                "first": comparison.first,
                "verdict": translate_verdict(comparison.verdict, language.catalogue),
                "second": comparison.second,
                "evidence": _evidence(comparison, language),
            }
        )
    return found


def _limits(findings: CodeFindings, language: Language) -> list[str]:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    sentences = []
    seeds: dict[str, set[int | None]] = {}
    for score in findings.checkpoints:
        if not score.checkpoint.is_base:
            seeds.setdefault(score.checkpoint.arm, set()).add(score.checkpoint.seed)
    if any(len(of_arm) == 1 for of_arm in seeds.values()):
        sentences.append(
            _(
                "One training seed an arm: a difference says that these weights differ, "
                "never that a data strategy is better."
            )
        )
    sizes = [c.smallest_detectable for c in findings.comparisons if c.smallest_detectable]
    if sizes:
        sentences.append(
            _("True differences below %(low)s to %(high)s points would mostly stay unseen.")
            % {
                "low": language.numbers.decimal(100 * min(sizes), 1),
                "high": language.numbers.decimal(100 * max(sizes), 1),
            }
        )
    trained = sum(not score.checkpoint.is_base for score in findings.checkpoints)
    if trained > 1:
        sentences.append(
            _("The best of %s checkpoints looks better than it is: it was chosen by its score.")
            % trained
        )
    if findings.audit is None:
        sentences.append(
            _("One benchmark under one protocol: another way of asking may give other numbers.")
        )
    warnings = sum(finding.severity == "warning" for finding in findings.findings)
    if warnings:
        sentences.append(
            ngettext(
                "%s warning below names a further doubt.",
                "%s warnings below name further doubts.",
                warnings,
            )
            % warnings
        )
    return sentences


def _evidence(comparison: Comparison, language: Language) -> str:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    numbers = language.numbers
    parts = [
        _("%s points")
        % numbers.points_with_interval(comparison.difference, comparison.ci_low, comparison.ci_high)
    ]
    if comparison.num_first_only is not None and comparison.num_second_only is not None:
        parts.append(
            ngettext(
                "%(won)s problem won and %(lost)s lost",
                "%(won)s problems won and %(lost)s lost",
                comparison.num_first_only,
            )
            % {"won": comparison.num_first_only, "lost": comparison.num_second_only}
        )
    parts.append(_("%s after Holm") % numbers.p_statement(comparison.p_adjusted))
    return ", ".join(parts)
