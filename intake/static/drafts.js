// Keeps what is typed: a second after the last key, and when the page goes. Nothing is kept in the browser.
// Only typing sends anything, so that a page left alone does not keep its session.
const form = document.querySelector('form[data-draft]');
const state = document.querySelector('[data-draft-state]');
const MOST_OUTLIVING = 60_000; // bytes: browsers let no more than 64 KiB outlive a page
let timer, flight, wanted = false, sent = false;

const tell = (sentence) => { state.textContent = sentence; };

function warn(said) {
  const note = document.querySelector('[data-draft-note]');
  note.replaceChildren(said.said + ' ');
  if (said.other) {
    const link = document.createElement('a');
    link.href = said.other;
    link.target = '_blank';
    link.textContent = said.look;
    note.append(link);
  }
  note.hidden = false;
}

// One save at a time; only one that must outlive the page takes the place of the one that is under way.
async function save(leaving) {
  clearTimeout(timer);
  timer = undefined;
  if (flight && !leaving) { wanted = true; return; }
  wanted = false;
  flight?.stop.abort();
  const mine = flight = {stop: new AbortController(), leaving};
  const typed = new FormData(form);
  for (const name of [...typed.keys()]) if (typed.get(name) instanceof File) typed.delete(name); // a draft holds words
  const body = new URLSearchParams(typed);
  try {
    const answer = await fetch(form.dataset.draft, {
      method: 'POST', body, credentials: 'same-origin', signal: mine.stop.signal,
      keepalive: leaving && body.toString().length <= MOST_OUTLIVING,
      headers: {Accept: 'application/json'},
    });
    if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
    const said = await answer.json();
    form.elements.key.value = said.key;
    form.elements.version.value = said.version;
    if (answer.status === 409) warn(said);
    else tell(said.said);
  } catch { if (!mine.stop.signal.aborted) tell(form.dataset.unsaved); }
  if (flight !== mine) return;
  flight = undefined;
  if (wanted) save(false);
}

// What is under way may be lost with the page, unless it was sent to outlive it.
function goes() {
  if (!sent && (timer || wanted || (flight && !flight.leaving))) save(true);
}

if (form) {
  form.addEventListener('input', () => { sent = false; clearTimeout(timer); timer = setTimeout(save, 1000, false); });
  form.addEventListener('submit', () => { // the form itself carries it all
    clearTimeout(timer);
    timer = undefined;
    wanted = false;
    sent = true;
    flight?.stop.abort();
  });
  addEventListener('pageshow', () => { sent = false; });
  addEventListener('pagehide', goes);
  document.addEventListener('visibilitychange', () => { if (document.hidden) goes(); });
}
