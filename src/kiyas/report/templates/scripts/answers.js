// One entry: its head, and the answers of the chosen labels side by side.
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

function appendTitled(card, title, text, kind, label, none = messages.empty) {
  card.append(make('h5', '', title));
  if (text.length) card.append(makeText(text, `${title}, ${label}`, kind));
  else card.append(make('p', 'note', none));
}

function makeCard(name, answer, verdict) {
  const card = make('section', answer.isRight ? 'card passed' : 'card');
  card.append(make('h4', '', name), make('p', 'verdict', verdict));
  return card;
}

// All labels; where they are too many those shown, and those of the same groups.
function labelsAtHand(data, shown) {
  const all = data.labels.map((_, index) => index);
  if (all.length <= mostMarks) return all;
  const groups = new Set([...shown].map((index) => groupOf(data.labels[index])).filter(Boolean));
  return all.filter((index) => shown.has(index) || groups.has(groupOf(data.labels[index])));
}

function makeChips(data, entry, shown, redraw) {
  const chips = make('fieldset', 'chips');
  chips.append(make('legend', '', messages.showAnswers));
  for (const index of labelsAtHand(data, shown)) {
    const label = data.labels[index];
    const chip = make('button');
    chip.type = 'button';
    chip.append(make('i', `mark ${markOf(shareOf(entry, index))}`), label);
    chip.title = outcomesOf(entry, index) || messages.missing;
    chip.setAttribute('aria-pressed', String(shown.has(index)));
    chip.addEventListener('click', () => {
      if (shown.has(index)) shown.delete(index); else shown.add(index);
      chip.setAttribute('aria-pressed', String(shown.has(index)));
      redraw();
    });
    chips.append(chip);
  }
  return chips;
}

function drawEntry(data, entry, shown) {
  const title = make('h3', '', entry.name);
  title.id = 'entry-name';
  const answers = make('div', 'answers');
  const redraw = () => {
    answers.replaceChildren();
    for (const index of [...shown].sort((a, b) => a - b)) {
      const given = entry.byLabel[index];
      const label = data.labels[index];
      if (!given.length) answers.append(make('p', 'note', `${label}: ${messages.missing}`));
      for (const answer of given) answers.append(makeAnswer(label, answer, given.length > 1, data));
    }
  };
  field('entry').replaceChildren(title, ...makeHead(entry, data), makeChips(data, entry, shown, redraw), answers);
  redraw();
}
