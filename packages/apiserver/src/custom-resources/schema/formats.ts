import { parseAddress } from '@typernetes/cel';
import { isDateTime } from './date-time.ts';

const uuid = (version: string): RegExp =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, 'i');
const matches = (form: RegExp) => (text: string) => form.test(text);
const v4 = (text: string): boolean => parseAddress(text)?.bits === 32;
const v6 = (text: string): boolean => parseAddress(text)?.bits === 128;

function isCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  const found = parseAddress(address);
  return found !== undefined && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= found.bits;
}

function isUri(text: string): boolean {
  return text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:\S*$/.test(text);
}

function isDuration(text: string): boolean {
  return (
    /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text) ||
    /^\d+\s*(?:ns|us|ms|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hrs|hour|hours|d|day|days|w|wk|week|weeks)$/.test(
      text,
    )
  );
}

/** The formats that upstream checks, by name; others are ignored. */
export const stringFormats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['uri', isUri],
  ['email', matches(/^[^\s@<>]+@[^\s@<>]+$/)],
  ['hostname', matches(/^(?=.{1,255}$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62})(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}))*$/)],
  ['ipv4', v4],
  ['ipv6', v6],
  ['cidr', isCidr],
  ['mac', matches(/^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/i)],
  ['uuid', matches(uuid('[0-9a-f]'))],
  ['uuid3', matches(uuid('3'))],
  ['uuid4', matches(uuid('4'))],
  ['uuid5', matches(uuid('5'))],
  ['isbn', matches(/^(?:\d[- ]?){9}[\dXx]$|^(?:97[89][- ]?)(?:\d[- ]?){9}\d$/)],
  ['isbn10', matches(/^(?:\d[- ]?){9}[\dXx]$/)],
  ['isbn13', matches(/^(?:97[89][- ]?)(?:\d[- ]?){9}\d$/)],
  ['creditcard', matches(/^\d{13,19}$/)],
  ['ssn', matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', matches(/^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/)],
  ['byte', matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)],
  ['password', () => true],
  ['date', (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDateTime(`${text}T00:00:00Z`)],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['date-time', isDateTime],
  ['k8s-short-name', matches(/^(?=.{1,63}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/)],
  ['k8s-long-name', matches(/^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/)],
]);
