// One problem: prompt as sent, test, and the answers of the chosen checkpoints side by side.
function makePairs(pairs) {
  const list = make('dl', 'pairs');
  for (const [name, value] of pairs) {
    const row = make('div');
    row.append(make('dt', '', name), make('dd', '', value === null ? settings.dash : String(value)));
    list.append(row);
  }
  return list;
}

function makeFold(title, text, kind, open) {
  const fold = make('details');
  fold.open = open;
  fold.append(make('summary', '', title), makeText(text, title, kind));
  return fold;
}

function appendTitled(card, title, text, kind, label) {
  card.append(make('h5', '', title));
  if (text.length) card.append(makeText(text, `${title}, ${label}`, kind));
  else card.append(make('p', 'note', kind === 'code' ? messages.noCode : messages.empty));
}

function makeAnswer(label, answer, several) {
  const card = make('section', answer.outcome === 'passed' ? 'card passed' : 'card');
  const name = several ? `${label}, ${messages.sample} ${answer.sample + 1}` : label;
  card.append(make('h4', '', name), make('p', 'verdict', answer.outcome));
  card.append(makePairs([
    [messages.rule, answer.rule], [messages.tokens, answer.tokens],
    [messages.ended, answer.ended], [messages.seconds, answer.seconds],
  ]));
  if (answer.detail.length) appendTitled(card, messages.detail, answer.detail, 'detail', name);
  appendTitled(card, messages.answer, answer.completion, 'answer', name);
  appendTitled(card, messages.code, answer.program, 'code', name);
  return card;
}

function makeChips(data, problem, shown, redraw) {
  const chips = make('fieldset', 'chips');
  chips.append(make('legend', '', messages.showAnswers));
  data.checkpoints.forEach((label, index) => {
    const chip = make('button');
    chip.type = 'button';
    chip.append(make('i', `mark ${markOf(shareOf(problem, index))}`), label);
    chip.title = outcomesOf(problem, index) || messages.missing;
    chip.setAttribute('aria-pressed', String(shown.has(index)));
    chip.addEventListener('click', () => {
      if (shown.has(index)) shown.delete(index); else shown.add(index);
      chip.setAttribute('aria-pressed', String(shown.has(index)));
      redraw();
    });
    chips.append(chip);
  });
  return chips;
}

function drawProblem(data, problem, shown) {
  const article = field('problem');
  const title = make('h3', '', problem.id);
  title.id = 'problem-name';
  const entry = make('p', 'note', `${messages.entry}: ${problem.entry}`);
  const answers = make('div', 'answers');
  const redraw = () => {
    answers.replaceChildren();
    for (const index of [...shown].sort((a, b) => a - b)) {
      const given = problem.byCheckpoint[index];
      const label = data.checkpoints[index];
      if (!given.length) answers.append(make('p', 'note', `${label}: ${messages.missing}`));
      for (const answer of given) answers.append(makeAnswer(label, answer, given.length > 1));
    }
  };
  const prompts = problem.prompts.map(([protocol, text]) => makeFold(`${messages.prompt} (${protocol})`, text, 'prompt', true));
  article.replaceChildren(title, entry, ...prompts, makeFold(messages.test, problem.test, 'code', false),
    makeChips(data, problem, shown, redraw), answers);
  redraw();
}
