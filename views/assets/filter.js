// Narrows the list of providers while somebody types. Without scripts the same form asks the server.
for (const form of document.querySelectorAll('form[data-filter]')) {
  const list = document.getElementById(form.dataset.filter);
  const field = form.querySelector('input[type="search"]');
  const status = document.getElementById(`${form.dataset.filter}-found`);
  if (!list || !field || !status) continue;

  const items = [...list.querySelectorAll('[data-find]')];
  const groups = [...list.querySelectorAll('[data-group]')];
  const narrow = () => {
    const words = field.value.toLowerCase().trim().split(/\s+/);
    for (const item of items) item.hidden = !words.every((word) => item.dataset.find.includes(word));
    for (const group of groups) group.hidden = !group.querySelector('[data-find]:not([hidden])');
    const count = items.filter((item) => !item.hidden).length;
    const text = count === 0 ? status.dataset.none : count === 1 ? status.dataset.one : status.dataset.many;
    const told = text.replace('{n}', String(count)).replace('{words}', () => field.value.trim());
    status.textContent = words[0] === '' ? '' : told;
    // How many are left can be seen, but not why there is nothing.
    status.classList.toggle('visually-hidden', count > 0);
  };
  field.addEventListener('input', narrow);
  // The page may come back from the browser's memory with its field filled in.
  window.addEventListener('pageshow', narrow);
  // Everything is on the page already, so Enter need not ask the server.
  form.addEventListener('submit', (event) => event.preventDefault());
}
