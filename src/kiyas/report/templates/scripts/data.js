// The block of entries, unpacked; what an entry holds is said by the script of the task, which
// fills in entry.id, entry.name, entry.note and entry.byLabel: for each label the answers, each with isRight
// and outcome.
const settings = JSON.parse(document.getElementById('settings').textContent);
const messages = settings.messages;

async function unpack() {
  const block = atob(document.getElementById('entry-data').textContent.trim());
  const bytes = new Uint8Array(block.length);
  for (let index = 0; index < block.length; index += 1) bytes[index] = block.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  const data = JSON.parse(await new Response(stream).text());
  for (const entry of data.entries) unpackEntry(entry, data);
  return data;
}

// Share of samples that are right; null where nothing was answered.
function shareOf(entry, index) {
  const answers = entry.byLabel[index];
  if (!answers.length) return null;
  return answers.filter((answer) => answer.isRight).length / answers.length;
}

function markOf(share) {
  if (share === null) return 'missing';
  if (share === 1) return 'passed';
  return share === 0 ? 'failed' : 'some';
}

function outcomesOf(entry, index) {
  return entry.byLabel[index].map((answer) => answer.outcome).sort().join(', ');
}

// A text, or [head, characters left out, tail].
function plain(text) {
  return Array.isArray(text) ? text[0] + text[2] : text;
}
