/** What is wrong with a page, as a list of sentences: for people who see it, hear it, zoom it, and for the network. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HtmlValidate } from 'html-validate';
import type { BrowserContext, Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const html = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    // How the templates are indented is nobody's concern in the page.
    'no-trailing-whitespace': 'off',
    // `role="search"` on the form itself: the element <search> is too young for the browsers and readers that people use.
    'prefer-native-element': ['error', { exclude: ['search'] }],
  },
});

/** @param source a page as the server sent it */
export async function htmlProblems(source: string): Promise<readonly string[]> {
  const report = await html.validateString(source);
  return report.results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `HTML line ${line}, ${ruleId}: ${message}`),
  );
}

/** @param rules axe's rules to run; all of them unless told */
export async function accessibilityProblems(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // Through the debugger, which our content policy does not stop as it would stop a script element.
  await page.evaluate(axeSource);
  const options = rules ? { runOnly: { type: 'rule', values: rules } } : {};
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  return found.violations.map(({ id, help, nodes }) => `axe ${id}: ${help}: ${nodes[0]?.html.slice(0, 200)}`);
}

interface AxeResults {
  readonly violations: readonly { id: string; help: string; nodes: readonly { html: string }[] }[];
}

/** Nothing sticks out to the side, so nobody has to scroll in two directions. */
export async function overflowProblems(page: Page): Promise<readonly string[]> {
  const wide = (await page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .slice(-1)
      .map((element) => element.outerHTML.slice(0, 160));
  })()`)) as readonly string[];
  const { width } = page.viewportSize() ?? { width: 0 };
  return wide.map((element) => `sticks out at ${width} px: ${element}`);
}

/** Watches what pages of a context ask the network for. @returns addresses that are not the app's own */
export function foreignRequestsOf(context: BrowserContext, ...own: readonly string[]): readonly string[] {
  const foreign: string[] = [];
  context.on('request', (request) => {
    const url = request.url();
    if (!own.some((origin) => url.startsWith(`${origin}/`))) foreign.push(url);
  });
  return foreign;
}

/** Must be called before the page is opened. */
export async function watchLayout(context: BrowserContext): Promise<void> {
  await context.addInitScript(`
    globalThis.layoutShifts = [];
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const moved = sources.map(({ node }) => (node?.nodeType === 1 ? node.outerHTML : (node?.textContent ?? '')));
        globalThis.layoutShifts.push(...moved);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  `);
}

export async function layoutProblems(page: Page): Promise<readonly string[]> {
  const moved = (await page.evaluate('globalThis.layoutShifts')) as readonly string[];
  return moved.map((element) => `moved while the page loaded: ${element.slice(0, 160)}`);
}
