// What is chosen: the two checkpoints compared, the filters, the problem that is open.
const field = (id) => document.getElementById(id);

function fillSelect(select, values, chosen) {
  for (const [value, text] of values) {
    const option = make('option', '', text);
    option.value = value;
    option.selected = value === chosen;
    select.append(option);
  }
}

function startFilters(data) {
  const labels = data.checkpoints.map((label, index) => [String(index), label]);
  const indexOf = (label) => String(Math.max(0, data.checkpoints.indexOf(label)));
  fillSelect(field('first'), labels, indexOf(settings.first));
  fillSelect(field('second'), labels, indexOf(settings.second));
  const outcomes = new Set(data.problems.flatMap((problem) => problem.answers.map((values) => values[2])));
  fillSelect(field('outcome'), [...outcomes].sort().map((outcome) => [outcome, outcome]));
}

function haystackOf(problem) {
  if (problem.haystack === undefined) {
    const texts = [problem.id, problem.entry, ...problem.prompts.map(([, text]) => plain(text))];
    for (const answer of problem.byCheckpoint.flat()) {
      texts.push(plain(answer.completion), plain(answer.detail));
    }
    problem.haystack = texts.join('\n').toLowerCase();
  }
  return problem.haystack;
}

function changed(problem, first, second, kind) {
  const [before, after] = [shareOf(problem, first), shareOf(problem, second)];
  switch (kind) {
    case 'gained': return after > before;
    case 'lost': return after < before;
    case 'both': return before === 1 && after === 1;
    case 'neither': return before === 0 && after === 0;
    case 'outcome': return outcomesOf(problem, first) !== outcomesOf(problem, second);
    default: return true;
  }
}

function readFilters() {
  return {
    words: field('search').value.toLowerCase().trim(),
    first: Number(field('first').value),
    second: Number(field('second').value),
    change: field('change').value,
    outcome: field('outcome').value,
  };
}

function matches(problem, filters) {
  if (!changed(problem, filters.first, filters.second, filters.change)) return false;
  const answers = problem.byCheckpoint[filters.second];
  if (filters.outcome && !answers.some((answer) => answer.outcome === filters.outcome)) return false;
  return !filters.words || haystackOf(problem).includes(filters.words);
}
