// The list of entries, each with one mark a label.
function makeStrip(data, entry) {
  const strip = make('span', 'strip');
  const right = data.labels.filter((_, index) => shareOf(entry, index) === 1).length;
  strip.setAttribute('role', 'img');
  strip.setAttribute('aria-label', `${right}/${data.labels.length}`);
  data.labels.forEach((label, index) => {
    const mark = make('i', `mark ${markOf(shareOf(entry, index))}`);
    if (index && groupOf(label) !== groupOf(data.labels[index - 1])) mark.classList.add('apart');
    mark.title = `${label}: ${outcomesOf(entry, index) || messages.missing}`;
    strip.append(mark);
  });
  return strip;
}

function makeItem(data, entry) {
  const item = make('li');
  const link = make('a', '', entry.name);
  link.href = `#${encodeURI(entry.id)}`;
  const note = make('small');
  appendVisible(note, entry.note);
  link.append(note, makeStrip(data, entry));
  item.append(link);
  entry.item = item;
  entry.link = link;
  return item;
}
