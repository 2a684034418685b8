import { differencesOf } from './difference.ts';
import type { SharedFacts } from './facts.ts';
import { normalForm } from './normal-form.ts';
import { type Answers, type Pair, type Question, type Side, sides } from './pair.ts';
import type { Report } from './report.ts';

/** The way of a kind of work to both servers: what they answer is compared and told to the report. */
export class Comparison {
  readonly facts: SharedFacts;
  readonly #pair: Pair;
  readonly #report: Report;
  /** The case that is at work: `writes:17`. */
  at = '';

  constructor(pair: Pair, facts: SharedFacts, report: Report) {
    this.#pair = pair;
    this.facts = facts;
    this.#report = report;
  }

  /** Asks both and compares, only what `view` leaves of it where that is given. */
  async ask(
    question: Question | ((side: Side) => Question),
    view: (form: unknown) => unknown = (form) => form,
  ): Promise<Answers> {
    const answers = await this.quietly(question);
    const form = (side: Side): unknown => view(normalForm(answers[side], this.facts));
    this.compare(typeof question === 'function' ? question('ours') : question, answers, form);
    return answers;
  }

  /** Asks both, and tells only whether one takes what the other refuses. */
  async lightly(question: Question): Promise<Answers> {
    const answers = await this.quietly(question);
    const [isTaken, isTheirs] = sides.map((side) => answers[side].status < 300);
    if (isTaken !== isTheirs) this.compare(question, answers, (side) => normalForm(answers[side], this.facts));
    return answers;
  }

  /** Asks both, for what comes after. */
  quietly(question: Question | ((side: Side) => Question)): Promise<Answers> {
    this.#report.questions++;
    return this.#pair.ask(question);
  }

  compare(question: Question, answers: Answers, form: (side: Side) => unknown): void {
    const [ours, theirs] = sides.map((side) => form(side));
    const codes = [answers.ours.status, answers.theirs.status] as const;
    const head = { at: this.at, method: question.method, path: question.path, sent: sentText(question), codes };
    if (codes[0] !== codes[1]) {
      this.#report.add({ ...head, where: 'code', ours: essence(ours), theirs: essence(theirs) });
      return;
    }
    for (const difference of differencesOf(ours, theirs)) this.#report.add({ ...head, ...difference });
  }

  /** Tells what was found by other means. */
  differ(question: Question, where: string, found: { readonly ours: unknown; readonly theirs: unknown }): void {
    const head = { at: this.at, method: question.method, path: question.path, sent: sentText(question) };
    for (const difference of differencesOf(found.ours, found.theirs, where))
      this.#report.add({ ...head, codes: [200, 200], ...difference });
  }
}

/** Of an error its causes or its message, of an object that it is one. */
function essence(form: unknown): unknown {
  if (typeof form === 'string') return form;
  const { kind, message, details } = (form ?? {}) as Record<string, unknown>;
  if (kind !== 'Status') return `<${kind}>`;
  return (details as { causes?: unknown } | undefined)?.causes ?? message;
}

function sentText({ body, headers }: Question): string {
  const text = typeof body === 'string' ? body : body instanceof Uint8Array ? '<bytes>' : (JSON.stringify(body) ?? '');
  return headers ? `${JSON.stringify(headers)} ${text}` : text;
}
