// Hostile text -> nodes. Text only ever becomes text nodes; nothing here parses markup.
const special = /<\|[^|<>\s]{1,40}\|>|<\/?s>|\[\/?INST\]/y;
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/;
const python = new RegExp([
  '(?<comment>#[^\\n]*)',
  '(?<string>[rbfuRBFU]{0,2}(?:"""[\\s\\S]*?(?:"""|$)|\'\'\'[\\s\\S]*?(?:\'\'\'|$)|"(?:\\\\.|[^"\\\\\\n])*"?|\'(?:\\\\.|[^\'\\\\\\n])*\'?))',
  '(?<word>[A-Za-z_][A-Za-z0-9_]*)',
  '(?<numeral>\\d[\\d_.]*(?:[eE][+-]?\\d+)?)',
].join('|'), 'y');
const keywords = new Set(('False None True and as assert async await break class continue def del elif else except finally for '
  + 'from global if import in is lambda nonlocal not or pass raise return try while with yield').split(' '));

function make(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Characters that cannot be seen, or that turn the reading direction, are written as their number.
function appendVisible(parent, text) {
  let run = '';
  for (const character of text) {
    if (character.length > 1 || !control.test(character)) { run += character; continue; }
    if (run) parent.append(run);
    run = '';
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    parent.append(make('span', 'control', `U+${code}`));
  }
  if (run) parent.append(run);
}

function appendPieces(parent, text, pattern, classOf) {
  let start = 0;
  let index = 0;
  while (index < text.length) {
    pattern.lastIndex = index;
    const match = pattern.exec(text);
    if (!match || !match[0]) { index += 1; continue; }
    const className = classOf(match);
    if (className) {
      appendVisible(parent, text.slice(start, index));
      const piece = make('span', className);
      appendVisible(piece, match[0]);
      parent.append(piece);
      start = index + match[0].length;
    }
    index += match[0].length;
  }
  appendVisible(parent, text.slice(start));
}

function classOfPython(match) {
  if (match.groups.comment) return 'comment';
  if (match.groups.string) return 'string';
  if (match.groups.numeral) return 'numeral';
  return keywords.has(match[0]) ? 'keyword' : '';
}

function makeText(text, label, kind) {
  const node = make('pre', `text ${kind}`);
  node.tabIndex = 0;
  node.setAttribute('role', 'region');
  node.setAttribute('aria-label', label);
  const append = (part) => (kind === 'code'
    ? appendPieces(node, part, python, classOfPython)
    : appendPieces(node, part, special, () => 'token'));
  if (!Array.isArray(text)) { append(text); return node; }
  append(text[0]);
  node.append(make('span', 'cut', `[… ${messages.leftOut.replace('{count}', text[1].toLocaleString(root.lang))} …]`));
  append(text[2]);
  return node;
}
