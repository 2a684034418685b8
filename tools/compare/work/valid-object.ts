import { without } from '../field-path.ts';
import type { Answers, Question } from '../pair.ts';
import type { Json } from '../samples.ts';

/** Sends a request to both servers: `Comparison.ask` or `quietly`. */
export type Ask = (question: Question) => Promise<Answers>;

/** Sends an object, and sends it again without the fields found invalid, until both accept it. */
export async function sendUntilTaken(
  ask: Ask,
  object: Json,
  question: (body: Json) => Question,
): Promise<{ object: Json; answers: Answers } | undefined> {
  let current = object;
  for (let round = 0; round < 12; round++) {
    const answers = await ask(question(current));
    const { ours, theirs } = answers;
    if (ours.status < 300 && theirs.status < 300) return { object: current, answers };
    const found = ours.status >= 300 ? ours : theirs;
    const causes = causesOf(found.text);
    if (causes.length === 0) return undefined;
    let next: Json | undefined = current;
    for (const { field, reason } of causes.toReversed())
      next = (next && without(next, field, reason === 'FieldValueRequired' ? 1 : 0)) ?? next;
    if (next === undefined || JSON.stringify(next) === JSON.stringify(current)) return undefined;
    current = next;
  }
  return undefined;
}

function causesOf(text: string): readonly { field: string; reason: string }[] {
  try {
    return JSON.parse(text).details?.causes ?? [];
  } catch {
    return [];
  }
}
