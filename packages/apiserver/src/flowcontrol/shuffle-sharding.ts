import { createHash } from 'node:crypto';

/** A 64-bit hash of a flow: its schema and flow distinguisher. */
export function flowHash(schema: string, distinguisher: string): bigint {
  return createHash('sha256').update(`${schema}\u0000${distinguisher}`).digest().readBigUInt64LE(0);
}

/** `handSize` distinct numbers below `deckSize`, determined by the hash: two flows rarely share all their queues. */
export function dealHand(hash: bigint, { deckSize, handSize }: { deckSize: number; handSize: number }): number[] {
  const hand: number[] = [];
  let rest = hash;
  for (let i = 0; i < Math.min(handSize, deckSize); i++) {
    const left = BigInt(deckSize - i);
    let card = Number(rest % left);
    rest /= left;
    // The card-th of those not dealt yet.
    for (const dealt of [...hand].sort((a, b) => a - b)) if (dealt <= card) card++;
    hand.push(card);
  }
  return hand;
}
