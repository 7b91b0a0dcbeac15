// The score sheet: sums, caps, comparison, and a file instead of a server.

const FORMAT = 'pieshop-score-sheet-1';
const NOT_REACHED = 'not reached';
const APART = 2;
const HEAD = ['candidate', 'rater', 'date', 'level', 'summary'];

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const form = find('#sheet');
const points = all('.point').map((element) => ({ ...element.dataset, minutes: Number(element.dataset.minutes), element }));
const exercise = { title: form.dataset.title, source: form.dataset.source, seed: form.dataset.seed, points: points.map((it) => it.id) };
const field = (name) => form.elements.namedItem(name);
const picked = (name) => all(`input[name="${name}"]:checked`, form).map((it) => it.value);
const say = (text) => put(find('#said'), text);

/** What does not change is not announced again. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The other rater's sheet, once it was added. */
let other = null;
/** What was saved or opened last. */
let saved;

// The sheet as data, and back.

function read() {
  const sheet = { format: FORMAT, exercise };
  for (const name of HEAD) sheet[name] = field(name).value;
  sheet.points = Object.fromEntries(points.map(({ id, element }) => [id, {
    asked: field(`ask-${id}`).checked,
    score: picked(`score-${id}`)[0] ?? '',
    hints: picked(`hint-${id}`),
    evidence: all('.evidence', element).map((_, index) => picked(`evidence-${id}-${index}`)[0] ?? ''),
    note: field(`note-${id}`).value,
    agreed: field(`agreed-${id}`).value,
  }]));
  return { ...sheet, other };
}

function show(sheet) {
  for (const name of HEAD) field(name).value = sheet[name];
  const choose = (name, values) => all(`input[name="${name}"]`, form).forEach((it) => { it.checked = values.includes(it.value); });
  for (const { id } of points) {
    const point = sheet.points[id];
    field(`ask-${id}`).checked = point.asked;
    choose(`score-${id}`, [point.score]);
    choose(`hint-${id}`, point.hints);
    point.evidence.forEach((answer, index) => choose(`evidence-${id}-${index}`, [answer]));
    field(`note-${id}`).value = point.note;
    field(`agreed-${id}`).value = point.agreed;
  }
  other = sheet.other;
}

/** Reads a file; an error says what is wrong with it. */
async function sheetOf(file) {
  let sheet;
  try { sheet = JSON.parse(await file.text()); } catch { throw new Error(`${file.name} is no score sheet.`); }
  if (sheet?.format !== FORMAT) throw new Error(`${file.name} is no score sheet.`);
  if (JSON.stringify(sheet.exercise) !== JSON.stringify(exercise)) throw new Error(`${file.name} is of another exercise: ${sheet.exercise?.title}, made from ${sheet.exercise?.source}.`);
  if (!isWhole(sheet) || (sheet.other && !isWhole(sheet.other))) throw new Error(`${file.name} is damaged.`);
  return { ...sheet, other: sheet.other ?? null };
}

function isWhole(sheet) {
  const strings = (list) => Array.isArray(list) && list.every((it) => typeof it === 'string');
  const isScore = (it) => /^([1-5]|not reached)?$/.test(it);
  const isPoint = (id, it) => it && typeof it.asked === 'boolean' && strings([it.score, it.note, it.agreed]) && isScore(it.score) && isScore(it.agreed)
    && strings(it.hints) && it.hints.every((hint) => caps(id)[hint - 1]) && strings(it.evidence);
  return strings(HEAD.map((name) => sheet[name])) && points.every(({ id }) => isPoint(id, sheet.points?.[id]));
}

// What is counted.

/** The points of this interview: those that were picked, all while none is. */
const asked = (sheet) => points.filter(({ id }) => sheet.points[id].asked);
const inPlay = (sheet) => (asked(sheet).length ? asked(sheet) : points);

const caps = (id) => all(`input[name="hint-${id}"]`, form).map((it) => Number(it.dataset.cap));

/** The score with the caps of the hints that were given; null where there is none. */
function counted(sheet, id) {
  const { score, hints } = sheet.points[id];
  if (score === '' || score === NOT_REACHED) return null;
  return Math.min(Number(score), ...hints.map((hint) => caps(id)[hint - 1]));
}

const agreed = (sheet, id) => (/^[1-5]$/.test(sheet.points[id].agreed) ? Number(sheet.points[id].agreed) : null);

function sum(scores) {
  const reached = scores.filter((it) => it !== null);
  const total = reached.reduce((one, next) => one + next, 0);
  return reached.length ? `${total} (mean ${(total / reached.length).toFixed(1)})` : '–';
}

const told = (sheet, id) => String(counted(sheet, id) ?? (sheet.points[id].score || '–'));

// What is shown.

function update() {
  const sheet = read();
  form.dataset.level = sheet.level;
  showPlan(sheet);
  for (const { id } of points) showCap(sheet, id);
  showScores(sheet);
  showSums(sheet);
}

function showPlan(sheet) {
  const [picks, now] = [asked(sheet), inPlay(sheet)];
  for (const point of points) {
    point.element.hidden = !now.includes(point);
    find(`[data-scores="${point.id}"]`).hidden = !now.includes(point);
  }
  const minutes = picks.reduce((total, it) => total + it.minutes, 0);
  const work = Number(form.dataset.work);
  const left = work - minutes;
  put(find('#picked'), picks.length === 0 ? 'Nothing is picked: every point is shown.'
    : `${picks.length} of ${points.length} picked: ${minutes} of ${work} minutes${left < 0 ? `. That is ${-left} too many.` : '.'}`);
  find('#picked').classList.toggle('wrong', left < 0);
}

function showCap(sheet, id) {
  const { score } = sheet.points[id];
  const counts = counted(sheet, id);
  put(find(`#counts-${CSS.escape(id)}`), counts !== null && counts < Number(score)
    ? `Counts as ${counts}: the hints allow no more.` : '');
}

function showScores(sheet) {
  let talk = 0;
  for (const { id } of points) {
    const row = find(`[data-scores="${id}"]`);
    const scores = other && [counted(sheet, id), counted(other, id)];
    const both = scores?.every((it) => it !== null);
    // Who reached a point and who did not saw different interviews.
    const unlike = other && !both && told(sheet, id) !== told(other, id);
    const gap = both ? Math.abs(scores[0] - scores[1]) : 0;
    const apart = !row.hidden && (gap >= APART || unlike);
    talk += apart ? 1 : 0;
    row.classList.toggle('is-apart', Boolean(apart));
    put(find('.mine', row), told(sheet, id));
    put(find('.theirs', row), other ? told(other, id) : '–');
    put(find('.gap', row), apart ? `${both ? gap : 'unlike'}: talk` : both ? String(gap) : '–');
    find('select', row).disabled = !other;
  }
  for (const it of all('th.mine')) put(it, sheet.rater || 'You');
  for (const it of all('th.theirs')) put(it, other?.rater || 'Other');
  put(find('#apart'), !other ? '' : talk === 0 ? 'Nowhere two or more apart.'
    : `Talk about ${talk === 1 ? 'one point' : `${talk} points`}: two or more apart, or rated by one of you only.`);
  const heard = ({ evidence, note }) => [evidence.map((it) => it || '–').join(', '), note].filter(Boolean).join('. ');
  const notes = other ? inPlay(sheet).map(({ id }) => `${find(`[data-scores="${id}"] th`).textContent}: ${heard(other.points[id])}`) : [];
  put(find('#notes'), notes.length ? `What ${other.rater} saw and noted\n${notes.join('\n')}` : '');
}

function showSums(sheet) {
  for (const row of all('[data-sums]')) {
    const { sums } = row.dataset;
    const ids = inPlay(sheet).filter((it) => sums === '' || it.competency === sums).map((it) => it.id);
    row.hidden = ids.length === 0;
    put(find('.mine', row), sum(ids.map((id) => counted(sheet, id))));
    put(find('.theirs', row), other ? sum(ids.map((id) => counted(other, id))) : '–');
    put(find('.agreed', row), sum(ids.map((id) => agreed(sheet, id))));
  }
}

// What can be done.

function save() {
  const sheet = read();
  const name = ['score', sheet.candidate, sheet.rater].map((it) => it.trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')).filter(Boolean).join('-');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(sheet, null, 2)], { type: 'application/json' }));
  link.download = `${name}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  saved = JSON.stringify(sheet);
  say(`Saved as ${link.download}, where your browser puts downloads.`);
}

function open(sheet) {
  if (isUnsaved() && !confirm('What is entered here is not saved. Open the file instead?')) return;
  show(sheet);
  update();
  saved = JSON.stringify(read());
  say(`Opened the sheet of ${sheet.rater || 'nobody'} for ${sheet.candidate || 'nobody'}.`);
}

function add(sheet) {
  const mine = read();
  const unrated = inPlay(mine).filter(({ id }) => mine.points[id].score === '').length;
  if (unrated) throw new Error(`Rate on your own first: ${unrated} ${unrated === 1 ? 'point has' : 'points have'} no score yet.`);
  if (!mine.rater || mine.rater === sheet.rater) throw new Error(mine.rater ? `That sheet is of ${mine.rater} too: add the other rater’s.` : 'Enter your own name first.');
  if (mine.candidate !== sheet.candidate) throw new Error(`That sheet is for ${sheet.candidate || 'nobody'}, this one for ${mine.candidate || 'nobody'}.`);
  if (inPlay(mine).map((it) => it.id).join() !== inPlay(sheet).map((it) => it.id).join()) throw new Error('That sheet has other points picked: they must be the same.');
  other = { ...sheet, other: null };
  update();
  say(`Added the sheet of ${sheet.rater || 'the other rater'}.`);
}

const isUnsaved = () => JSON.stringify(read()) !== saved;

function onFile(input, use) {
  input.addEventListener('change', async () => {
    const [file] = input.files;
    if (!file) return;
    try { use(await sheetOf(file)); } catch (error) { say(error.message); }
    input.value = '';
  });
}

form.addEventListener('input', () => { say(''); update(); });
form.addEventListener('submit', (event) => event.preventDefault());
find('#save').addEventListener('click', save);
onFile(find('#open'), open);
onFile(find('#other'), add);
find('#print').addEventListener('click', () => print());
find('#rest').addEventListener('click', () => {
  const sheet = read();
  for (const { id } of inPlay(sheet)) if (sheet.points[id].score === '') find(`input[name="score-${id}"][value="${NOT_REACHED}"]`).checked = true;
  update();
});
for (const [id, checked] of [['none', false], ['all', true]]) {
  find(`#${id}`).addEventListener('click', () => {
    for (const point of points) field(`ask-${point.id}`).checked = checked;
    update();
  });
}
addEventListener('beforeunload', (event) => { if (isUnsaved()) event.preventDefault(); });

const today = new Date();
field('date').value = new Date(today - today.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
document.documentElement.classList.add('works');
update();
saved = JSON.stringify(read());
