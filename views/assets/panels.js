// Fills the panels that a slow provider kept from coming with the page, shows in place what people ask for, and lets them move through the
// days of a chart by pointer and keys. Without scripts the same links and forms open a page of their own.

/** Puts what an address answers in the place of a panel. */
async function fill(panel, address, options) {
  panel.setAttribute('aria-busy', 'true');
  let fresh;
  try {
    const response = await fetch(address, { ...options, headers: { Accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    fresh = page.getElementById(panel.id);
  } catch {
    // The network is away; the link or button still stands there.
  }
  panel.removeAttribute('aria-busy');
  if (!fresh) return false;
  const hadFocus = panel.contains(document.activeElement);
  const shown = document.adoptNode(fresh);
  panel.replaceWith(shown);
  enliven(shown);
  if (hadFocus) {
    const heading = shown.querySelector('h2');
    heading.tabIndex = -1;
    heading.focus();
  }
  return true;
}

function enliven(panel) {
  const again = panel.querySelector('a[data-again]');
  again?.addEventListener('click', (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    again.focus();
    fill(panel, panel.dataset.panel).then((done) => done || location.assign(again.href));
  });
  const form = panel.querySelector('form[data-show]');
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    // It costs money each time, so a second click must not ask twice.
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    const body = new URLSearchParams(new FormData(form));
    // Not sent again by itself when it fails: the page is opened anew instead, with its button.
    fill(panel, form.action, { method: 'POST', body }).then((done) => done || location.reload());
  });
  const plot = panel.querySelector('[data-plot]');
  if (plot) watch(plot, panel.querySelector('output'));
}

/** Tells what is under the pointer, or at the place the arrow keys have led to. */
function watch(plot, told) {
  const columns = [...plot.querySelectorAll('.column')];
  // From here on the text beside the chart tells it, so no second one pops up.
  const details = columns.map((column) => {
    const title = column.querySelector('title');
    title.remove();
    return title.textContent;
  });
  let at = -1;
  const tell = (index) => {
    columns[at]?.classList.remove('on');
    at = index;
    columns[at]?.classList.add('on');
    told.textContent = details[at] ?? '';
  };
  plot.tabIndex = 0;
  plot.setAttribute('role', 'group');
  plot.setAttribute('aria-label', plot.dataset.label);
  plot.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = plot.getBoundingClientRect();
    const index = Math.floor(((clientX - left) / width) * columns.length);
    if (index !== at) tell(Math.max(0, Math.min(columns.length - 1, index)));
  });
  plot.addEventListener('pointerleave', () => tell(-1));
  plot.addEventListener('blur', () => tell(-1));
  plot.addEventListener('keydown', (event) => {
    const last = columns.length - 1;
    const here = at < 0 ? last + 1 : at;
    const keys = { ArrowLeft: Math.max(0, here - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last };
    if (event.key === 'Escape') tell(-1);
    if (!(event.key in keys)) return;
    event.preventDefault();
    tell(keys[event.key]);
  });
}

for (const panel of document.querySelectorAll('[data-panel]')) {
  enliven(panel);
  if (panel.dataset.state === 'waiting') fill(panel, panel.dataset.panel);
}
