/** Something that takes its time, and of which nobody needs to be told: the pod just waits for it. */
export class PendingError extends Error {
  override readonly name = 'PendingError';
}
