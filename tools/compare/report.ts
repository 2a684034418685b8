import type { Difference } from './difference.ts';
import { expectationOf } from './expected.ts';
import { type Answers, type Question, sentText } from './pair.ts';

/** Collects differences, and reports each kind once, with its first case. */
export class Report {
  readonly #kinds = new Map<string, { first: Difference; count: number }>();
  readonly #expected = new Map<string, number>();
  /** Cases in which one server has taken what the other was expected to refuse: from then on they hold different objects. */
  readonly #parted = new Set<string>();
  questions = 0;
  readonly #show: ((line: string) => void) | undefined;

  /** `show` gets each request with both answers. */
  constructor({ show }: { readonly show?: ((line: string) => void) | undefined } = {}) {
    this.#show = show;
  }

  /** A request that both servers have answered. */
  asked(at: string, question: Question, { ours, theirs }: Answers): void {
    this.questions++;
    this.#show?.(`${at}: ${question.method} ${question.path} ${sentText(question)}`);
    for (const [side, { status, text }] of Object.entries({ ours, theirs }))
      this.#show?.(`    ${side} ${status} ${text}`);
  }

  add(difference: Difference): void {
    const expectation = expectationOf(difference);
    const reason = expectation?.reason ?? (this.#parted.has(difference.at) ? consequence : undefined);
    if (reason !== undefined) {
      this.#expected.set(reason, (this.#expected.get(reason) ?? 0) + 1);
      if (expectation?.parts || isParting(difference)) this.#parted.add(difference.at);
      return;
    }
    const kind = kindOf(difference);
    const known = this.#kinds.get(kind);
    if (known) known.count++;
    else this.#kinds.set(kind, { first: difference, count: 1 });
  }

  /** The number of unexpected kinds of differences. */
  get unexpected(): number {
    return this.#kinds.size;
  }

  *lines(): Iterable<string> {
    const kinds = [...this.#kinds].sort(([, a], [, b]) => b.count - a.count);
    for (const [kind, { first, count }] of kinds) {
      yield `${count} × ${kind}`;
      yield `    ${first.at}: ${first.method} ${first.path} ${first.sent.slice(0, 600)}`;
      yield `    ours   ${first.codes[0]} ${shown(first.ours)}`;
      yield `    theirs ${first.codes[1]} ${shown(first.theirs)}`;
    }
    for (const [reason, count] of [...this.#expected].sort()) yield `expected, ${count} ×: ${reason}`;
    yield `${this.questions} requests to both, ${this.#kinds.size} kinds of differences that nobody expects`;
  }
}

const consequence = 'what follows in a case after one of the above was taken by one server alone';

const isParting = ({ method, codes }: Difference): boolean => method !== 'GET' && codes[0] < 300 !== codes[1] < 300;

/** What differences of the same cause have in common, most likely: no names, no places in lists. */
function kindOf({ method, path, where, ours, theirs, codes }: Difference): string {
  const resource = (path.split('?')[0] ?? '')
    .replace(/^\/apis?\//, '')
    .replace(/namespaces\/[^/]+\/(?=.)/, '')
    .replace(/[-a-z]*\d[-\w.]*(?=\/|$)/g, (part) => (/^v\d/.test(part) ? part : '*'));
  const place = where.replaceAll(/\/\d+(?=\/|$)/g, '/*').replaceAll(/\/([kv]:[^/]*|f:[^/]*\d[^/]*)(?=\/|$)/g, '/*');
  const plain = (value: unknown): string =>
    shown(value)
      .replaceAll(/\[[^\]]*\]/g, '[]')
      .replaceAll(/\\?"[^"]*"/g, '""')
      .replaceAll(/\d+/g, '0')
      .slice(0, 100);
  const asked = codes.some((code) => code >= 300)
    ? `${method} ${resource} ${codes.join('/')}`
    : resource.replace(/\/\*$/, '');
  return `${asked} ${place}: ${plain(ours)} ≠ ${plain(theirs)}`;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 1500);
}
