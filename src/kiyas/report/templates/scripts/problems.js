// Problems of a code study; the order of an answer's values is that of problem_data.py.
const entryFilters = {
  outcome: {
    options: (data) => {
      const outcomes = new Set(data.entries.flatMap((entry) => entry.answers.map((values) => values[2])));
      return [...outcomes].sort().map((outcome) => [outcome, outcome]);
    },
    test: (entry, value, second) => entry.byLabel[second].some((answer) => answer.outcome === value),
  },
};

function unpackEntry(problem, data) {
  problem.name = problem.id;
  problem.note = problem.entry;
  problem.test = data.texts[problem.test];
  problem.prompts = problem.prompts.map(([protocol, text]) => [protocol, data.texts[text]]);
  problem.byLabel = data.labels.map(() => []);
  for (const values of problem.answers) {
    const [label, sample, outcome, completion, program, detail, rule, tokens, ended, seconds] = values;
    problem.byLabel[label].push({
      isRight: outcome === 'passed',
      sample, outcome, rule, tokens, ended, seconds,
      isHere: values.length > 3,
      completion: data.texts[completion] ?? '',
      program: data.texts[program] ?? '',
      detail: data.texts[detail] ?? '',
    });
  }
}

function textsOf(problem) {
  const texts = [problem.id, problem.entry, ...problem.prompts.map(([, text]) => plain(text))];
  for (const answer of problem.byLabel.flat()) texts.push(plain(answer.completion), plain(answer.detail));
  return texts;
}

function groupOf(label) {
  return label.slice(0, label.lastIndexOf('/'));
}

function makeAnswer(label, answer, several) {
  const card = makeCard(several ? `${label}, ${messages.sample} ${answer.sample + 1}` : label, answer, answer.outcome);
  if (!answer.isHere) {
    card.append(make('p', 'note', messages.notHere));
    return card;
  }
  const name = card.firstChild.textContent;
  card.append(makePairs([
    [messages.rule, answer.rule], [messages.tokens, answer.tokens],
    [messages.ended, answer.ended], [messages.seconds, answer.seconds],
  ]));
  if (answer.detail.length) appendTitled(card, messages.detail, answer.detail, 'detail', name);
  appendTitled(card, messages.answer, answer.completion, 'answer', name);
  appendTitled(card, messages.code, answer.program, 'code', name, messages.noCode);
  return card;
}

function makeHead(problem) {
  const prompts = problem.prompts.map(([protocol, text]) => makeFold(`${messages.prompt} (${protocol})`, text, 'prompt', true));
  return [make('p', 'note', `${messages.entry}: ${problem.entry}`), ...prompts, makeFold(messages.test, problem.test, 'code', false)];
}
