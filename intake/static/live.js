// Keeps a page fresh: hears that something changed, reads the page again and swaps the parts marked data-live.
// Nothing moves under the hand: fields in use stay, rows keep their places, new rows wait behind one line.
const body = document.body;
const tell = body.dataset;
let lastGood = new Date(0);
const began = new Date();
let source, latest, waiting, lostTimer, note;
let stale = false;

const typing = (part) => [...part.querySelectorAll('input,textarea,select')].some((field) =>
  field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked
    : field.tagName === 'SELECT' ? [...field.options].some((option) => option.selected !== option.defaultSelected && field.value !== '')
      : field.value !== field.defaultValue);
const inUse = (part) => part.contains(document.activeElement) && document.activeElement.matches('input,textarea,select');

function swap(old, fresh) {
  if (old.innerHTML === fresh.innerHTML || inUse(old) || typing(old)) return false;
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const name = focus && (focus.id ? '#' + CSS.escape(focus.id) : focus.getAttribute('href') && `[href="${CSS.escape(focus.getAttribute('href'))}"]`);
  const open = [...old.querySelectorAll('details[open][id]')].map((one) => one.id);
  old.innerHTML = fresh.innerHTML;
  open.forEach((id) => { const one = document.getElementById(id); if (one) one.open = true; });
  if (name) old.querySelector(name)?.focus({preventScroll: true});
  return true;
}

function flash(part, kind) {
  part.classList.add(kind);
  setTimeout(() => part.classList.remove(kind), 2000);
}

function mergeList(old, fresh) {
  const rows = new Map([...fresh.querySelectorAll('[data-id]')].map((row) => [row.dataset.id, row]));
  const mine = [...old.querySelectorAll('[data-id]')];
  if (!mine.length && rows.size) { old.innerHTML = fresh.innerHTML; return; }
  for (const row of mine) {
    const now = rows.get(row.dataset.id);
    rows.delete(row.dataset.id);
    row.classList.toggle('gone', !now);
    if (now && swap(row, now)) flash(row, 'changed');
  }
  const news = document.querySelector('[data-news]');
  if (!news) return;
  news.hidden = !rows.size;
  if (rows.size) news.textContent = news.dataset.news.replace('{n}', rows.size);
}

function showNew(event) {
  event.preventDefault();
  const list = document.querySelector('[data-list]');
  list.innerHTML = latest.querySelector('[data-list]').innerHTML;
  document.querySelector('[data-news]').hidden = true;
  (list.querySelector('[aria-current] a, a[aria-current]') ?? list.querySelector('a'))?.focus();
}

// What a form's answer shows has an address of its own, which is told: the form's can only be posted to.
const leave = () => { if (tell.read) location.replace(tell.read); else location.reload(); };

async function refresh() {
  clearTimeout(waiting);
  waiting = undefined;
  if (document.hidden) { stale = true; return; }
  stale = false;
  let answer;
  try {
    answer = await fetch(tell.read ?? location.href, {credentials: 'same-origin', headers: {'X-Refresh': '1'}});
  } catch { return; }
  if (answer.redirected || answer.status === 401) { if (!typing(body)) leave(); return; }
  if (!answer.ok) return;
  latest = new DOMParser().parseFromString(await answer.text(), 'text/html');
  lastGood = new Date();
  if (latest.body.dataset.seq) body.dataset.seq = latest.body.dataset.seq;
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = latest.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh && swap(part, fresh)) flash(part, 'fresh');
  }
  const list = document.querySelector('[data-list]');
  const fresh = latest.querySelector('[data-list]');
  if (list && fresh) mergeList(list, fresh);
  document.dispatchEvent(new Event('refreshed'));
}

// At once, but not more often than once a second: a city's queue may change many times in one.
function soon() {
  waiting ??= setTimeout(refresh, Math.max(60, lastGood.getTime() + 1000 - Date.now()));
}

function heard(event) {
  found();
  if (String(JSON.parse(event.data).seq) !== tell.seq) soon();
}

function lost() {
  if (!note) {
    note = document.createElement('p');
    note.className = 'lost note';
    note.setAttribute('role', 'status');
    body.append(note);
  }
  note.textContent = tell.lost + (lastGood.getTime() ? lastGood : began).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'});
  document.querySelector('.live')?.classList.add('lost');
}

function found() {
  clearTimeout(lostTimer);
  lostTimer = undefined;
  note?.remove();
  note = undefined;
  document.querySelector('.live')?.classList.remove('lost');
}

function connect() {
  source = new EventSource(tell.stream, {withCredentials: true});
  source.addEventListener('status', heard);
  source.addEventListener('queue', () => { found(); soon(); });
  source.addEventListener('end', () => { source.close(); soon(); setTimeout(connect, 5000); });
  source.onopen = () => { if (lostTimer || tell.catchUp) soon(); found(); };
  source.onerror = () => {
    lostTimer ??= setTimeout(lost, 5000);
    if (source.readyState === EventSource.CLOSED) { setTimeout(connect, 5000); soon(); }
  };
}

if (tell.stream) {
  connect();
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', (event) => { if (event.persisted) { connect(); soon(); } });
}
document.addEventListener('visibilitychange', () => { if (stale && !document.hidden) refresh(); });
document.querySelector('[data-news]')?.addEventListener('click', showNew);
if (tell.every) setInterval(soon, Number(tell.every) * 1000);
