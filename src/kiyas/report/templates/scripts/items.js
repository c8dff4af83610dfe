// Items of a classification study; the order of an answer's values is that of item_drawer.py.
const classOptions = (data) => data.classes.map((name, label) => [String(label), name]);
const entryFilters = {
  verdict: { test: (item, value, second) => (value === 'right') === (shareOf(item, second) === 1) },
  truth: { options: classOptions, test: (item, value) => item.label === Number(value) },
  predicted: { options: classOptions, test: (item, value, second) => item.byLabel[second][0].label === Number(value) },
};

function unpackEntry(item, data) {
  item.id = `item-${item.number}`;
  item.name = messages.item.replace('{number}', item.number);
  item.truth = data.classes[item.label];
  item.note = item.truth;
  item.text = item.text === null ? null : data.texts[item.text];
  item.byLabel = item.answers.map(([label, ofTruth, probabilities]) => [{
    label, ofTruth, probabilities, isRight: label === item.label, outcome: data.classes[label],
  }]);
}

function textsOf(item) {
  return [item.name, item.truth, item.text === null ? '' : plain(item.text)];
}

function groupOf() {
  return '';
}

function writeShare(share) {
  return share.toFixed(3).replace('.', settings.decimalMark);
}

function makeAnswer(label, answer, several, data) {
  const card = makeCard(label, answer, `${answer.outcome} (${answer.isRight ? messages.right : messages.wrong})`);
  card.append(makePairs([[messages.ofTruth, writeShare(answer.ofTruth)]]), make('h5', '', messages.probabilities));
  const list = make('ol', 'shares');
  for (const [index, share] of answer.probabilities) {
    const row = make('li');
    const bar = make('progress');
    bar.value = share;
    bar.setAttribute('aria-hidden', 'true');
    row.append(make('span', '', data.classes[index]), bar, make('span', 'number', writeShare(share)));
    list.append(row);
  }
  card.append(list);
  return card;
}

function makeHead(item) {
  const text = item.text === null ? make('p', 'note', messages.noText) : makeText(item.text, messages.text, 'answer');
  return [make('p', 'truth', `${messages.truth}: ${item.truth}`), text];
}
