// Copy buttons. Without scripts there are none, and a click selects the whole text.
for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = document.getElementById(button.dataset.copy);
  // Only where the address is trusted (https, or this machine) may a page write to the clipboard.
  button.hidden = !source || !navigator.clipboard;
  const [text, name] = [button.textContent, button.ariaLabel];
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = button.dataset.done;
    button.ariaLabel = button.dataset.done;
    setTimeout(() => {
      button.textContent = text;
      button.ariaLabel = name;
    }, 2000);
  });
}
