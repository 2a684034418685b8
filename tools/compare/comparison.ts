import type { AuditSetting } from './audit-setting.ts';
import { differencesOf } from './difference.ts';
import type { SharedFacts } from './facts.ts';
import { normalForm } from './normal-form.ts';
import { type Answers, type Pair, type Question, type Side, sentText, sides } from './pair.ts';
import type { Report } from './report.ts';

/** Sends a kind of work to both servers, compares their answers and reports differences. */
export class Comparison {
  readonly facts: SharedFacts;
  readonly #pair: Pair;
  readonly #report: Report;
  /** The servers' audit logs, if they write any. */
  readonly audit: AuditSetting | undefined;
  /** The current case: `writes:17`. */
  at = '';

  constructor(pair: Pair, facts: SharedFacts, report: Report, audit?: AuditSetting) {
    this.audit = audit;
    this.#pair = pair;
    this.facts = facts;
    this.#report = report;
  }

  /** Sends the request to both and compares the answers; with `view`, only the part it selects. */
  async ask(
    question: Question | ((side: Side) => Question),
    view: (form: unknown) => unknown = (form) => form,
  ): Promise<Answers> {
    const answers = await this.quietly(question);
    const form = (side: Side): unknown => view(normalForm(answers[side], this.facts));
    this.compare(typeof question === 'function' ? question('ours') : question, answers, form);
    return answers;
  }

  /** Sends the request to both, and reports only if one accepts what the other rejects. */
  async lightly(question: Question): Promise<Answers> {
    const answers = await this.quietly(question);
    const [isTaken, isTheirs] = sides.map((side) => answers[side].status < 300);
    if (isTaken !== isTheirs) this.compare(question, answers, (side) => normalForm(answers[side], this.facts));
    return answers;
  }

  /** Sends the request to both without comparing, to prepare what follows. */
  async quietly(question: Question | ((side: Side) => Question)): Promise<Answers> {
    const answers = await this.#pair.ask(question);
    this.#report.asked(this.at, typeof question === 'function' ? question('ours') : question, answers);
    return answers;
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

  /** Reports a difference that was found in another way. */
  differ(question: Question, where: string, found: { readonly ours: unknown; readonly theirs: unknown }): void {
    const head = { at: this.at, method: question.method, path: question.path, sent: sentText(question) };
    for (const difference of differencesOf(found.ours, found.theirs, where))
      this.#report.add({ ...head, codes: [200, 200], ...difference });
  }
}

/** The causes or the message of an error; of an object, only that it is one. */
function essence(form: unknown): unknown {
  if (typeof form === 'string') return form;
  const { kind, message, details } = (form ?? {}) as Record<string, unknown>;
  if (kind !== 'Status') return `<${kind}>`;
  return (details as { causes?: unknown } | undefined)?.causes ?? message;
}
