/** Milliseconds since the epoch as meta/v1 Time writes them: whole seconds in UTC. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
