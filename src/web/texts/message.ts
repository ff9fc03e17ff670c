/** A page that says one thing: what happened, and what to do next. */
export interface Message {
  readonly title: string;
  readonly text: string;
}
