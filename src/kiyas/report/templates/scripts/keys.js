// Keys: j and k anywhere, arrows in the list; Enter goes into the answers, Escape goes back out.
function startKeys({ move, current }) {
  const list = field('entry-list');
  const focusCurrent = () => current()?.link.focus();
  const inSearch = (event) => {
    if (event.key === 'Escape') {
      field('search').value = '';
      field('search').dispatchEvent(new Event('input'));
      field('search').blur();
    } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
      event.preventDefault();
      focusCurrent();
    }
  };
  const inList = (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(steps[event.key]);
    focusCurrent();
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === field('search')) { inSearch(event); return; }
    if (event.target.closest('input, select, textarea')) return;
    if (event.key === 'j') move(1);
    else if (event.key === 'k') move(-1);
    else if (event.key === '/') { event.preventDefault(); field('search').focus(); }
    else if (event.key === 'Escape' && field('entry').contains(event.target)) focusCurrent();
    else if (list.contains(event.target)) inList(event);
  });
  // Enter on a name follows its link; a second Enter, on the name that is open, goes into it.
  list.addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (link && link === current()?.link) field('entry').focus();
  });
}
