"""The probe of decoding -> the report's section on how much of a score is the batch."""

from __future__ import annotations

from kiyas.records.decoding_noise import DecodingNoise
from kiyas.report.languages import Catalogue, Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Gap, Method, Section, Table

_METHOD = "decoding-noise"


def make_noise_section(noise: DecodingNoise | None, language: Language) -> Section:
    """Return the section; a gap where decoding was not probed."""
    _ = language.catalogue.gettext
    name, title = "decoding-noise-section", _("Noise of decoding")
    if noise is None:
        gap = _(
            "Whether a score depends on the batch that it is decoded in was not probed "
            "(predict.determinism_problems)."
        )
        return Section(name, title, (Gap(gap),))
    return Section(name, title, (tabulate_noise(noise, language),))


def tabulate_noise(noise: DecodingNoise, language: Language) -> Table:
    """Return the shares of equal texts and verdicts, and what they mean."""
    _, numbers = language.catalogue.gettext, language.numbers
    verdicts = noise.equal_verdicts
    columns = (
        Column(_("what is compared"), numeric=False),
        Column(_("equal alone and in a batch"), _METHOD),
    )
    rows = (
        (Cell(_("texts")), Cell(numbers.proportion(noise.equal_texts))),
        (Cell(_("verdicts")), Cell(DASH if verdicts is None else numbers.proportion(verdicts))),
    )
    decoder = _("%(checkpoint)s, decoded by %(engine)s in %(dtype)s.") % {
        "checkpoint": noise.checkpoint,
        "engine": noise.engine,
        "dtype": noise.dtype,
    }
    caption = _("The same prompts decoded alone and in a batch")
    note = f"{describe_noise(noise, language)} {decoder}"
    return Table("decoding-noise", caption, columns, rows, note)


def describe_noise(noise: DecodingNoise, language: Language) -> str:
    """Return in plain words what the probe means for the scores."""
    _, numbers = language.catalogue.gettext, language.numbers
    verdicts = noise.equal_verdicts
    if verdicts is None or verdicts.n == 0:
        return _("The texts were not judged: what the batch does to a score is not known.")
    changed = verdicts.n - verdicts.k
    if changed:
        return _(
            "Verdicts that change when nothing but the batch does: %(changed)s of %(all)s. A "
            "difference between two checkpoints of %(points)s points or less may be no more than "
            "that."
        ) % {
            "changed": changed,
            "all": verdicts.n,
            "points": numbers.decimal(100 * changed / verdicts.n, 1),
        }
    # The upper end for what changes is what the lower end for what stays leaves.
    ceiling = numbers.share(None if verdicts.ci_low is None else 1 - verdicts.ci_low)
    seen = (
        _("The batch changes some of these texts and none of the verdicts.")
        if noise.equal_texts.k < noise.equal_texts.n
        else _("The batch changes none of these texts, and so none of the verdicts.")
    )
    room = _("From %(all)s problems that show no change, up to %(share)s of all may still change.")
    return f"{seen} {room % {'all': verdicts.n, 'share': ceiling}}"


def refer_to_noise(noise: DecodingNoise | None, language: Language) -> str:
    """Return the sentence on the noise beneath the scores for beside them; empty if not probed."""
    if noise is None or noise.equal_verdicts is None:
        return ""
    return language.catalogue.gettext(
        "Decoded alone instead of in a batch, %s of the problems probed keep their verdict: see "
        "Noise of decoding."
    ) % language.numbers.proportion(noise.equal_verdicts)


def explain_noise(noise: DecodingNoise | None, catalogue: Catalogue) -> tuple[Method, ...]:
    """Return how decoding was probed; nothing where it was not."""
    if noise is None:
        return ()
    _ = catalogue.gettext
    return (
        Method(
            _METHOD,
            _("Noise of decoding"),
            _(
                "In low precision the tokens of an answer depend a little on the answers that are "
                "computed beside it. Evenly spaced problems (predict.determinism_problems) are "
                "decoded once more by the untrained base, each alone and without the cache, and "
                "judged; texts count as equal to the letter, verdicts by their outcome. Shares "
                "k/n with the score interval of Wilson (1927). Other machines and versions are "
                "not compared."
            ),
        ),
    )
