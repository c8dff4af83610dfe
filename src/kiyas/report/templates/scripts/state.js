// What is chosen: the two labels compared, the filters, the entry that is open.
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
  const labels = data.labels.map((label, index) => [String(index), label]);
  const indexOf = (label) => String(Math.max(0, data.labels.indexOf(label)));
  fillSelect(field('first'), labels, indexOf(settings.first));
  fillSelect(field('second'), labels, indexOf(settings.second));
  for (const [name, filter] of Object.entries(entryFilters)) {
    if (filter.options) fillSelect(field(name), filter.options(data));
  }
}

function haystackOf(entry) {
  if (entry.haystack === undefined) entry.haystack = textsOf(entry).join('\n').toLowerCase();
  return entry.haystack;
}

function changed(entry, first, second, kind) {
  const [before, after] = [shareOf(entry, first), shareOf(entry, second)];
  switch (kind) {
    case 'gained': return after > before;
    case 'lost': return after < before;
    case 'both': return before === 1 && after === 1;
    case 'neither': return before === 0 && after === 0;
    case 'outcome': return outcomesOf(entry, first) !== outcomesOf(entry, second);
    default: return true;
  }
}

function readFilters() {
  return {
    words: field('search').value.toLowerCase().trim(),
    first: Number(field('first').value),
    second: Number(field('second').value),
    change: field('change').value,
    others: Object.keys(entryFilters).map((name) => [name, field(name).value]).filter(([, value]) => value),
  };
}

function matches(entry, filters) {
  if (!changed(entry, filters.first, filters.second, filters.change)) return false;
  if (!filters.others.every(([name, value]) => entryFilters[name].test(entry, value, filters.second))) return false;
  return !filters.words || haystackOf(entry).includes(filters.words);
}
