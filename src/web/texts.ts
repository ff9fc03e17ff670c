/** Everything people read, by area: what a translation has to replace, and nothing else. Provider names and people's own words come as arguments. */
export { flowMessage, type LinkRefusal, refusalMessage } from './texts/attempts.js';
export { reasonText, type StatusFacts, statusText, troubleText } from './texts/connections.js';
export { eventText } from './texts/events.js';
export type { Message } from './texts/message.js';
export { noticeKind, noticeText } from './texts/notices.js';
export { consoleProblemText } from './texts/pages/console.js';
export { flowHint, flowOutcomeText } from './texts/pages/timeline.js';
export { pageTexts } from './texts/pages.js';
export { webMessage } from './texts/web-errors.js';
