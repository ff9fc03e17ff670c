/** The one style sheet of the sandbox's pages: quiet, readable, light or dark as the person's system is. */
export const styleSheet = `
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --text: #1c2330; --quiet: #566074; --line: #d9dde4;
  --accent: #1f5fbf; --on-accent: #fff; --notice: #fff4d6; --on-notice: #5c4300; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --card: #1d2128; --text: #e8ebf0; --quiet: #a3adbd;
  --line: #363d49; --accent: #8ab4f8; --on-accent: #0d1b33; --notice: #3b3116; --on-notice: #f7dfa0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { width: min(34rem, 100% - 2rem); margin: 6vh auto; padding: clamp(1.25rem, 5vw, 2rem); background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.3; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
a { color: var(--accent); }
code { font: .9em ui-monospace, monospace; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { padding: .4rem .5rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; }
.notice { margin: 0 0 1.5rem; padding: .5rem .75rem; border-radius: 8px; background: var(--notice); color: var(--on-notice); }
.quiet { color: var(--quiet); }
.pin { font: 600 1.6rem ui-monospace, monospace; letter-spacing: .08em; user-select: all; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button { padding: .6rem 1.4rem; border: 1px solid var(--line); border-radius: 8px; background: transparent;
  color: var(--text); font: inherit; cursor: pointer; }
button.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;
