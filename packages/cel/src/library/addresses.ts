import { isGlobalUnicast } from '@typernetes/base';
import { boolType, intType, opaqueType, stringType } from '../types/type.ts';
import { type Address, addressText, maskedValue, parseAddress } from '../values/address.ts';
import { CelError, CelOpaque, type CelValue } from '../values/value.ts';
import { fn, type Library, method, readsFirst } from './overload.ts';

const ipType = opaqueType('net.IP');
const cidrType = opaqueType('net.CIDR');

class CelIp extends CelOpaque {
  readonly typeName = ipType.name;
  readonly address: Address;
  constructor(address: Address) {
    super();
    this.address = address;
  }
  equals(other: CelValue): boolean {
    return (
      other instanceof CelIp && other.address.bits === this.address.bits && other.address.value === this.address.value
    );
  }
  override toString(): string {
    return addressText(this.address);
  }
}

class CelCidr extends CelOpaque {
  readonly typeName = cidrType.name;
  readonly address: Address;
  readonly length: number;
  constructor(address: Address, length: number) {
    super();
    this.address = address;
    this.length = length;
  }
  equals(other: CelValue): boolean {
    return other instanceof CelCidr && other.toString() === this.toString();
  }
  override toString(): string {
    return `${addressText(this.address)}/${this.length}`;
  }
}

function ip(text: string): CelIp {
  const address = parseAddress(text);
  if (!address) throw new CelError(`IP Address '${text}' parse error during conversion from string`);
  return new CelIp(address);
}

function parseCidr(text: string): CelCidr | undefined {
  const found = /^(.+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = found && parseAddress(found[1] ?? '');
  const length = Number(found?.[2]);
  return address && length <= address.bits ? new CelCidr(address, length) : undefined;
}

function cidr(text: string): CelCidr {
  const found = parseCidr(text);
  if (!found)
    throw new CelError(
      `network address parse error during conversion from string: invalid CIDR ${JSON.stringify(text)}`,
    );
  return found;
}

const within = (range: CelCidr, address: Address): boolean =>
  range.address.bits === address.bits &&
  maskedValue(range.address, range.length) === maskedValue(address, range.length);

const inRange = (text: string): ((value: CelIp) => boolean) => {
  const range = cidr(text);
  return ({ address }) => within(range, address);
};

const v4Loopback = inRange('127.0.0.0/8');
const v4LinkLocal = inRange('169.254.0.0/16');
const v6LinkLocal = inRange('fe80::/10');
const v6Multicast = inRange('ff00::/8');
const v4LocalMulticast = inRange('224.0.0.0/24');

const isLoopback = (value: CelIp): boolean =>
  v4Loopback(value) || (value.address.bits === 128 && value.address.value === 1n);
const isUnspecified = ({ address }: CelIp): boolean => address.value === 0n;
const isLinkLocalUnicast = (value: CelIp): boolean => v4LinkLocal(value) || v6LinkLocal(value);
const isLinkLocalMulticast = (value: CelIp): boolean =>
  v4LocalMulticast(value) || (v6Multicast(value) && ((value.address.value >> 112n) & 15n) === 2n);
const family = ({ address }: CelIp): bigint => (address.bits === 32 ? 4n : 6n);

function masked(range: CelCidr): CelCidr {
  return new CelCidr({ ...range.address, value: maskedValue(range.address, range.length) }, range.length);
}

const covers = (range: CelCidr, other: CelCidr): boolean =>
  range.length <= other.length && within(range, other.address);

export const addresses: Library = [
  fn('ip', [stringType], ipType, ip, readsFirst),
  fn('isIP', [stringType], boolType, (text: string) => parseAddress(text) !== undefined, readsFirst),
  fn('ip.isCanonical', [stringType], boolType, (text: string) => addressText(ip(text).address) === text, readsFirst),
  fn('string', [ipType], stringType, (value: CelIp) => value.toString()),
  method('family', [ipType], intType, family),
  method('isUnspecified', [ipType], boolType, isUnspecified),
  method('isLoopback', [ipType], boolType, isLoopback),
  method('isLinkLocalMulticast', [ipType], boolType, isLinkLocalMulticast),
  method('isLinkLocalUnicast', [ipType], boolType, isLinkLocalUnicast),
  method('isGlobalUnicast', [ipType], boolType, ({ address }: CelIp) => isGlobalUnicast(address)),
  fn('cidr', [stringType], cidrType, cidr, readsFirst),
  fn('isCIDR', [stringType], boolType, (text: string) => parseCidr(text) !== undefined, readsFirst),
  fn('string', [cidrType], stringType, (value: CelCidr) => value.toString()),
  method('containsIP', [cidrType, ipType], boolType, (range: CelCidr, value: CelIp) => within(range, value.address)),
  method('containsIP', [cidrType, stringType], boolType, (range: CelCidr, text: string) =>
    within(range, ip(text).address),
  ),
  method('containsCIDR', [cidrType, cidrType], boolType, covers),
  method('containsCIDR', [cidrType, stringType], boolType, (range: CelCidr, text: string) => covers(range, cidr(text))),
  method('ip', [cidrType], ipType, (range: CelCidr) => new CelIp(range.address)),
  method('masked', [cidrType], cidrType, masked),
  method('prefixLength', [cidrType], intType, (range: CelCidr) => BigInt(range.length)),
];
