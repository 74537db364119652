// Keys of the staff's pages. Every key only does what a button or link on the page does.
const field = 'input,textarea,select,[contenteditable]';
const off = () => localStorage.getItem('keys') === 'off';
const help = document.getElementById('help');

function press(target) {
  if (target.matches('textarea,input')) { target.scrollIntoView({block: 'center'}); target.focus(); return; }
  if (target.matches('summary')) {
    target.parentElement.open = true;
    (target.parentElement.querySelector('form ' + 'textarea,form select,form input:not([type=hidden])') ?? target).focus();
    return;
  }
  target.click();
}

function move(step) {
  const rows = [...document.querySelectorAll('[data-list] a.row')];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const from = at < 0 ? rows.findIndex((row) => row.hasAttribute('aria-current')) : at;
  const next = rows[Math.max(0, Math.min(rows.length - 1, from + step))] ?? rows[0];
  next.focus();
}

document.addEventListener('keydown', (event) => {
  // A field in a dialog that has just closed keeps the focus until the next frame.
  const inside = event.target instanceof Element && event.target.matches(field) && event.target.checkVisibility();
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    const form = event.target.form ?? event.target.closest?.('form');
    if (form) { event.preventDefault(); form.requestSubmit(form.querySelector('button.first') ?? undefined); }
    return;
  }
  if (inside || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
  if (event.key === '?') { event.preventDefault(); help?.showModal(); return; }
  if (off()) return;
  if (event.key === 'j' || event.key === 'k') { event.preventDefault(); move(event.key === 'j' ? 1 : -1); return; }
  if (event.key === 'o' && document.activeElement?.matches('a.row')) { event.preventDefault(); document.activeElement.click(); return; }
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].find((one) => !one.hidden && one.getClientRects().length);
  if (target) { event.preventDefault(); press(target); }
});

document.querySelector('[data-help]')?.addEventListener('click', () => help.showModal());
document.querySelector('[data-help]')?.removeAttribute('hidden');
const toggle = document.querySelector('[data-keys-off]');
if (toggle) {
  toggle.checked = off();
  toggle.addEventListener('change', () => localStorage.setItem('keys', toggle.checked ? 'off' : 'on'));
}
for (const secret of document.querySelectorAll('[data-hide-after]')) {
  setTimeout(() => { secret.textContent = '****'; }, Number(secret.dataset.hideAfter) * 1000);
}
