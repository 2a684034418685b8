const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Go's zero time: what upstream writes where there is none. */
const noTime = '0001-01-01T00:00:00Z';

/** `Mon, 02 Jan 2006 15:04:05 +0000`: RFC 1123 with a numeric zone, in UTC. */
export function longTime(time: string | null | undefined): string {
  const at = new Date(time ?? noTime);
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${days[at.getUTCDay()]}, ${two(at.getUTCDate())} ${months[at.getUTCMonth()]} ${String(at.getUTCFullYear()).padStart(4, '0')}`;
  return `${date} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
