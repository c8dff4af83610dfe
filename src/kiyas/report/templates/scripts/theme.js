// The switch between light and dark; without a choice the system decides.
const root = document.documentElement;
const remembered = {
  read() { try { return localStorage.getItem('kiyas-theme'); } catch { return null; } },
  write(theme) { try { localStorage.setItem('kiyas-theme', theme); } catch { /* a private window */ } },
};

function startTheme() {
  const button = document.getElementById('theme');
  const chosen = remembered.read();
  if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;
  button.hidden = false;
  button.addEventListener('click', () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    remembered.write(root.dataset.theme);
  });
}
