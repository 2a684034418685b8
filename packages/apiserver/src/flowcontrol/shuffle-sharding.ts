import { createHash } from 'node:crypto';

/** 64 bits that stand for a flow: a schema and what it tells its requests apart by. */
export function flowHash(schema: string, distinguisher: string): bigint {
  return createHash('sha256').update(`${schema}\u0000${distinguisher}`).digest().readBigUInt64LE(0);
}

/** `handSize` different numbers below `deckSize`, always the same ones for a hash: two flows rarely share all their queues. */
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
