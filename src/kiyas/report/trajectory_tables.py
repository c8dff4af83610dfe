"""What checkpoints, seeds and problems say together -> tables."""

from __future__ import annotations

from kiyas.records.trajectory import WHOLE_STUDY, ArmDifference, Course, SelectedBest, Trajectory
from kiyas.report.audit_vocabulary import translate_course, translate_group
from kiyas.report.languages import Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Table
from kiyas.report.vocabulary import translate_verdict

_COURSES: tuple[Course, ...] = ("kept", "gained", "flickering", "forgotten", "lost", "never")
_MOST_FAILURES = 40


def tabulate_selection(trajectory: Trajectory, language: Language) -> Table:
    """Return the best checkpoints, observed beside corrected, and the last beside the best."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("chosen among"), numeric=False),
        Column(_("best, as observed"), "selection-method"),
        Column(_("corrected for the choice"), "selection-method"),
        Column(_("luck of the choice, points"), "selection-method"),
        Column(_("last, which nobody chose"), "pass-at-1"),
    )
    rows = tuple(
        (
            Cell(_scope(item, language)),
            Cell(numbers.proportion(item.observed), item.best),
            Cell(numbers.share_with_interval(item.corrected, item.ci_low, item.ci_high)),
            Cell(numbers.decimal(100 * item.expected_inflation, 1)),
            Cell(numbers.proportion(item.last_score), item.last),
        )
        for item in trajectory.selected
    )
    note = _(
        "Luck of the choice: how much better than it is the best of as many equal checkpoints "
        "would look."
    )
    return Table("selection", _("Best checkpoint, observed and corrected"), columns, rows, note)


def _scope(item: SelectedBest, language: Language) -> str:
    _, ngettext = language.catalogue.gettext, language.catalogue.ngettext
    count = ngettext("%s checkpoint", "%s checkpoints", item.num_checkpoints) % item.num_checkpoints
    scope = _("the study") if item.scope == WHOLE_STUDY else item.scope
    return f"{scope} ({count})"


def tabulate_plateaus(trajectory: Trajectory, language: Language) -> Table:
    """Return every checkpoint up to the best of its trial, and where training could stop."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("trial"), numeric=False),
        Column(_("step")),
        Column(_("below the best, points"), "plateau-method"),
        Column(_("one standard error, points"), "plateau-method"),
        Column("p", "plateau-method"),
        Column(_("recommendation"), "plateau-method", numeric=False),
    )
    rows = []
    for plateau in trajectory.plateaus:
        for point in plateau.points:
            said = ""
            if point.checkpoint == plateau.earliest:
                said = _("training could stop here")
            elif point.checkpoint == plateau.best:
                said = _("best of the trial")
            rows.append(
                (
                    Cell(plateau.trial),
                    Cell(str(point.step)),
                    Cell(numbers.decimal(100 * point.deficit, 1)),
                    Cell(numbers.decimal(100 * plateau.standard_error, 1)),
                    Cell(numbers.p_value(point.p_value)),
                    Cell(said, mark="best" if point.checkpoint == plateau.earliest else ""),
                )
            )
    return Table("plateau", _("Where training could stop"), columns, tuple(rows))


def tabulate_speed(trajectory: Trajectory, language: Language) -> Table:
    """Return which of two trials leads while early, and whether that is real."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("first"), numeric=False),
        Column(_("second"), numeric=False),
        Column(_("early steps")),
        Column(_("difference, points"), "paired"),
        Column(_("p, corrected"), "lead-method"),
        Column(_("verdict"), "verdict", numeric=False),
    )
    rows = tuple(
        (
            Cell(speed.first),
            Cell(speed.second),
            Cell(", ".join(str(step) for step in speed.early_steps)),
            Cell(
                numbers.points_with_interval(
                    speed.early.estimate, speed.early.ci_low, speed.early.ci_high
                )
            ),
            Cell(numbers.p_value(speed.early.p_adjusted)),
            Cell(translate_verdict(speed.verdict, language.catalogue)),
        )
        for speed in trajectory.speeds
    )
    return Table("learning-speed", _("Who learns faster while early"), columns, rows)


def tabulate_arms(trajectory: Trajectory, language: Language) -> Table:
    """Return the arms against each other with the training seed as the unit."""
    _ = language.catalogue.gettext
    numbers = language.numbers
    columns = (
        Column(_("first"), numeric=False),
        Column(_("second"), numeric=False),
        Column(_("step")),
        Column(_("seeds"), "seed-method"),
        Column(_("difference, points"), "seed-method"),
        Column(_("spread over seeds, points"), "seed-method"),
        Column(_("p, Holm"), "seed-method"),
        Column(_("verdict"), "verdict", numeric=False),
    )
    rows = []
    for item in trajectory.arms if any(arm.num_seeds > 1 for arm in trajectory.arms) else ():
        spread = item.seed_deviation
        found = item.difference
        rows.append(
            (
                Cell(item.first),
                Cell(item.second),
                Cell(str(item.step)),
                Cell(str(item.num_seeds)),
                Cell(numbers.points_with_interval(found.estimate, found.ci_low, found.ci_high)),
                Cell(DASH if spread is None else numbers.decimal(100 * spread, 1)),
                Cell(numbers.p_value(found.p_adjusted)),
                Cell(_verdict(item, language)),
            )
        )
    note = _("With one seed nothing can be said of the strategies, only of these weights.")
    caption = _("The arms over their training seeds")
    return Table("arms-over-seeds", caption, columns, tuple(rows), note)


def _verdict(item: ArmDifference, language: Language) -> str:
    if item.verdict == "one seed":
        return language.catalogue.gettext("one seed")
    return translate_verdict(item.verdict, language.catalogue)


def tabulate_courses(trajectory: Trajectory, language: Language) -> Table:
    """Return how many problems each trial keeps, gains, loses, forgets."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("trial"), numeric=False),
        *(
            Column(translate_course(course, language.catalogue), "course-method")
            for course in _COURSES
        ),
        Column(_("flicker rate"), "course-method"),
    )
    rows = tuple(
        (
            Cell(item.trial),
            *(Cell(str(item.counts.get(course, 0))) for course in _COURSES),
            Cell(language.numbers.share(item.flicker_rate)),
        )
        for item in trajectory.courses
    )
    return Table("courses", _("Problems from the base to the last checkpoint"), columns, rows)


def tabulate_failures(trajectory: Trajectory, language: Language) -> Table:
    """Return the commonest failures by checkpoint, with exception and an example."""
    _ = language.catalogue.gettext
    columns = (
        Column(_("checkpoint"), numeric=False),
        Column(_("stage"), "outcome", numeric=False),
        Column(_("outcome"), "outcome", numeric=False),
        Column(_("exception"), numeric=False),
        Column(_("completions")),
        Column(_("for example"), numeric=False),
    )
    ranked = sorted(trajectory.failures, key=lambda failure: -failure.count)[:_MOST_FAILURES]
    shown = [failure for failure in trajectory.failures if failure in ranked]
    rows = tuple(
        (
            Cell(failure.checkpoint),
            Cell(translate_group(failure.group, language.catalogue)),
            Cell(failure.outcome),
            Cell(failure.exception or DASH),
            Cell(str(failure.count)),
            Cell(failure.task_id, failure.detail),
        )
        for failure in shown
    )
    left_out = len(trajectory.failures) - len(shown)
    note = _("%s rarer kinds are left out here; findings.json has them.") % left_out
    caption = _("Failures by stage, outcome and exception")
    return Table("failures", caption, columns, rows, note if left_out else "")
