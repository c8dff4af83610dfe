// The block of problems, unpacked; the order of an answer's values is that of problem_data.py.
const settings = JSON.parse(document.getElementById('settings').textContent);
const messages = settings.messages;

async function unpack() {
  const block = atob(document.getElementById('problem-data').textContent.trim());
  const bytes = Uint8Array.from(block, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  const data = JSON.parse(await new Response(stream).text());
  for (const problem of data.problems) {
    problem.test = data.texts[problem.test];
    problem.prompts = problem.prompts.map(([protocol, text]) => [protocol, data.texts[text]]);
    problem.byCheckpoint = data.checkpoints.map(() => []);
    for (const values of problem.answers) {
      const [checkpoint, sample, outcome, completion, program, detail, rule, tokens, ended, seconds] = values;
      problem.byCheckpoint[checkpoint].push({
        sample, outcome, rule, tokens, ended, seconds,
        completion: data.texts[completion],
        program: data.texts[program],
        detail: data.texts[detail],
      });
    }
  }
  return data;
}

// Share of samples that passed; null where nothing was answered.
function shareOf(problem, checkpoint) {
  const answers = problem.byCheckpoint[checkpoint];
  if (!answers.length) return null;
  return answers.filter((answer) => answer.outcome === 'passed').length / answers.length;
}

function markOf(share) {
  if (share === null) return 'missing';
  if (share === 1) return 'passed';
  return share === 0 ? 'failed' : 'some';
}

function outcomesOf(problem, checkpoint) {
  return problem.byCheckpoint[checkpoint].map((answer) => answer.outcome).sort().join(', ');
}

// A text, or [head, characters left out, tail].
function plain(text) {
  return Array.isArray(text) ? text[0] + text[2] : text;
}
