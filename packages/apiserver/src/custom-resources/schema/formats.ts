import { isIP } from 'node:net';
import { parseAddress } from '@typernetes/cel';
import { isDateTime } from './date-time.ts';

const uuid = (version: string): RegExp =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, 'i');
const matches = (form: RegExp) => (text: string) => form.test(text);
/** Follows Go's parser: an IPv4-mapped IPv6 address counts as both. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');
const v4 = (text: string): boolean => isAddress(text) && text.includes('.');
const v6 = (text: string): boolean => isAddress(text) && text.includes(':');

function isCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  const found = parseAddress(address);
  return found !== undefined && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= found.bits;
}

function isUri(text: string): boolean {
  return text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:\S*$/.test(text);
}

const goDuration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const unit = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;

/** Go's format, or any number followed by a unit. */
function isDuration(text: string): boolean {
  if (goDuration.test(text)) return true;
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, name = '']) => unit.test(name));
}

const letter = String.raw`a-zA-Z0-9\p{S}\p{L}`;
/** A single label, or several of which the last has only letters, two at least. */
const hostname = new RegExp(
  `^(?:[${letter}](?:-?[${letter}]{0,62})?|(?:[${letter}](?:[-${letter}]{0,61}[${letter}])?\\.)+[a-zA-Z\\p{L}]{2,63})$`,
  'u',
);
const isHostname = (text: string): boolean =>
  hostname.test(text) &&
  Buffer.byteLength(text) <= 255 &&
  text.split('.').every((label) => Buffer.byteLength(label) <= 63);

const cardNumber =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

/** Checks the issuer and the check digit (Luhn); ignores other characters between the digits. */
function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '');
  const weighed = [...digits].reverse().map((digit, i) => Number(digit) * (i % 2 === 1 ? 2 : 1));
  return cardNumber.test(digits) && weighed.reduce((sum, one) => sum + (one > 9 ? one - 9 : one), 0) % 10 === 0;
}

const shade = String.raw`\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*`;

/** The formats that upstream checks, by name; others are ignored. */
export const stringFormats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['bsonobjectid', matches(/^[0-9a-f]{24}$/i)],
  ['uri', isUri],
  ['email', matches(/^[^\s@<>]+@[^\s@<>]+$/)],
  ['hostname', isHostname],
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
  ['creditcard', isCreditCard],
  ['ssn', matches(/^\d{3}[- ]\d{2}[- ]\d{4}$/)],
  ['hexcolor', matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', matches(new RegExp(`^rgb\\(${shade},${shade},${shade}\\)$`))],
  ['byte', matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/)],
  ['password', () => true],
  ['date', (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDateTime(`${text}T00:00:00Z`)],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['date-time', isDateTime],
  ['k8s-short-name', matches(/^(?=.{1,63}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/)],
  ['k8s-long-name', matches(/^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/)],
]);
