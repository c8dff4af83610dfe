// The list of entries, each with one mark a label, or with a bar where the labels are too many.
const mostMarks = 100;

function makeBar(right, all) {
  const strip = make('span', 'strip');
  const bar = make('progress');
  bar.value = right / all;
  bar.setAttribute('aria-hidden', 'true');
  strip.append(bar, make('small', '', `${right}/${all}`));
  return strip;
}

function makeStrip(data, entry) {
  const right = data.labels.filter((_, index) => shareOf(entry, index) === 1).length;
  if (data.labels.length > mostMarks) return makeBar(right, data.labels.length);
  const strip = make('span', 'strip');
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
