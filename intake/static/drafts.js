// Keeps what is typed: a second after the last key, and when the page goes. Nothing is kept in the browser.
// Only typing sends anything, so that a page left alone does not keep its session.
const form = document.querySelector('form[data-draft]');
const state = document.querySelector('[data-draft-state]');
let timer, sending, wanted = false;

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

async function save() {
  clearTimeout(timer);
  timer = undefined;
  if (sending) { wanted = true; return; }
  sending = true;
  const typed = new FormData(form);
  for (const name of [...typed.keys()]) if (typed.get(name) instanceof File) typed.delete(name); // a draft holds words
  try {
    const answer = await fetch(form.dataset.draft, {
      method: 'POST', body: new URLSearchParams(typed), credentials: 'same-origin', keepalive: true,
      headers: {Accept: 'application/json'},
    });
    if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
    const said = await answer.json();
    form.elements.key.value = said.key;
    form.elements.version.value = said.version;
    if (answer.status === 409) warn(said);
    else tell(said.said);
  } catch { tell(form.dataset.unsaved); }
  sending = false;
  if (wanted) { wanted = false; save(); }
}

if (form) {
  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(save, 1000); });
  form.addEventListener('submit', () => { clearTimeout(timer); timer = undefined; wanted = false; });
  addEventListener('pagehide', () => { if (timer) save(); });
  document.addEventListener('visibilitychange', () => { if (document.hidden && timer) save(); });
}
