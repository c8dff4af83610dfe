// Puts the browser of entries together: filters, keys, links to one entry.
function startBrowser(data) {
  let visible = data.entries;
  let current = null;
  let shown = new Set();

  const resetShown = () => { shown = new Set([Number(field('first').value), Number(field('second').value)]); };
  const open = (entry) => {
    if (current) current.link.removeAttribute('aria-current');
    current = entry;
    entry.link.setAttribute('aria-current', 'true');
    const list = field('entry-list');
    // Not offsetTop: the list is the item's offset parent where it is sticky, and is not on a phone.
    const [at, height] = [entry.item.getBoundingClientRect().top, entry.item.offsetHeight];
    const top = at - list.getBoundingClientRect().top + list.scrollTop;
    if (top < list.scrollTop || top + height > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
    drawEntry(data, entry, shown);
  };
  const find = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* not encoded */ }
    return data.entries.find((entry) => entry.id === name);
  };
  // A link to an entry is to be seen in the list, too.
  const unfilter = () => {
    for (const id of ['search', 'change', ...Object.keys(entryFilters)]) field(id).value = '';
    filter();
  };
  const follow = () => {
    const entry = find();
    if (!entry) return;
    if (entry.item.hidden) unfilter();
    open(entry);
    field('browser').scrollIntoView({ block: 'start' });
  };
  const filter = () => {
    const filters = readFilters();
    visible = data.entries.filter((entry) => matches(entry, filters));
    const kept = new Set(visible);
    for (const entry of data.entries) entry.item.hidden = !kept.has(entry);
    const count = messages.shown.replace('{shown}', visible.length).replace('{all}', data.entries.length);
    field('entry-status').textContent = visible.length ? count : messages.none;
    if (visible.length && !kept.has(current)) open(visible[0]);
  };
  const move = (by) => {
    if (!visible.length) return;
    const next = visible[Math.min(visible.length - 1, Math.max(0, visible.indexOf(current) + by))];
    try { history.replaceState(null, '', `#${encodeURI(next.id)}`); } catch { /* a strict viewer */ }
    open(next);
  };

  startFilters(data);
  resetShown();
  field('entry-list').append(...data.entries.map((entry) => makeItem(data, entry)));
  for (const id of ['filters', 'browser']) field(id).hidden = false;
  field('legend').hidden = data.labels.length > mostMarks;
  let waiting = 0;
  field('search').addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  for (const id of ['change', ...Object.keys(entryFilters)]) field(id).addEventListener('change', filter);
  for (const id of ['first', 'second']) {
    field(id).addEventListener('change', () => { resetShown(); filter(); if (current) open(current); });
  }
  field('filters').addEventListener('submit', (event) => event.preventDefault());
  window.addEventListener('hashchange', follow);
  startKeys({ move, current: () => current });
  filter();
  follow();
}

startTheme();
startPaper();
// After the first paint: unpacking must not hold up the summary.
setTimeout(() => {
  unpack().then(startBrowser).catch((error) => {
    field('entry-status').textContent = `${messages.broken} (${error.message})`;
  });
}, 0);
