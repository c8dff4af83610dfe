// The list of problems, each with one mark a checkpoint.
function trialOf(label) {
  return label.slice(0, label.lastIndexOf('/'));
}

function makeStrip(data, problem) {
  const strip = make('span', 'strip');
  const passed = data.checkpoints.filter((_, index) => shareOf(problem, index) === 1).length;
  strip.setAttribute('role', 'img');
  strip.setAttribute('aria-label', `${passed}/${data.checkpoints.length}`);
  data.checkpoints.forEach((label, index) => {
    const mark = make('i', `mark ${markOf(shareOf(problem, index))}`);
    if (index && trialOf(label) !== trialOf(data.checkpoints[index - 1])) mark.classList.add('apart');
    mark.title = `${label}: ${outcomesOf(problem, index) || messages.missing}`;
    strip.append(mark);
  });
  return strip;
}

function makeItem(data, problem) {
  const item = make('li');
  const link = make('a', '', problem.id);
  link.href = `#${encodeURI(problem.id)}`;
  link.append(make('small', '', problem.entry), makeStrip(data, problem));
  item.append(link);
  problem.item = item;
  problem.link = link;
  return item;
}
