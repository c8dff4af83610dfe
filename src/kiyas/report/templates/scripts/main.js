// Puts the browser of problems together: filters, keys, links to one problem.
function startBrowser(data) {
  let visible = data.problems;
  let current = null;
  let shown = new Set();

  const resetShown = () => { shown = new Set([Number(field('first').value), Number(field('second').value)]); };
  const open = (problem) => {
    if (current) current.link.removeAttribute('aria-current');
    current = problem;
    problem.link.setAttribute('aria-current', 'true');
    const list = field('problem-list');
    const [top, height] = [problem.item.offsetTop - list.offsetTop, problem.item.offsetHeight];
    if (top < list.scrollTop || top + height > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
    drawProblem(data, problem, shown);
  };
  const find = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* not encoded */ }
    return data.problems.find((problem) => problem.id === name);
  };
  const follow = () => {
    const problem = find();
    if (!problem) return;
    open(problem);
    field('browser').scrollIntoView({ block: 'start' });
  };
  const filter = () => {
    const filters = readFilters();
    visible = data.problems.filter((problem) => matches(problem, filters));
    const kept = new Set(visible);
    for (const problem of data.problems) problem.item.hidden = !kept.has(problem);
    const count = messages.shown.replace('{shown}', visible.length).replace('{all}', data.problems.length);
    field('problem-status').textContent = visible.length ? count : messages.none;
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
  field('problem-list').append(...data.problems.map((problem) => makeItem(data, problem)));
  for (const id of ['filters', 'browser', 'legend']) field(id).hidden = false;
  let waiting = 0;
  field('search').addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  for (const id of ['change', 'outcome']) field(id).addEventListener('change', filter);
  for (const id of ['first', 'second']) {
    field(id).addEventListener('change', () => { resetShown(); filter(); if (current) open(current); });
  }
  field('filters').addEventListener('submit', (event) => event.preventDefault());
  window.addEventListener('hashchange', follow);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, select, textarea')) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (event.key === 'j') move(1);
    else if (event.key === 'k') move(-1);
    else if (event.key === '/') { event.preventDefault(); field('search').focus(); }
  });
  filter();
  follow();
}

startTheme();
// After the first paint: unpacking must not hold up the summary.
setTimeout(() => {
  unpack().then(startBrowser).catch((error) => {
    field('problem-status').textContent = `${messages.broken} (${error.message})`;
  });
}, 0);
