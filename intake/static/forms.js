// One press sends a form once, and the sentence about a mistake has the focus.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-once]')) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = '1';
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});
document.querySelector('[data-focus]')?.focus();
