import type { IpAddress } from '@typernetes/base';

export {
  type IpAddress as Address,
  ipAddressText as addressText,
  parseIpAddress as parseAddress,
} from '@typernetes/base';

/** Keeps the first `length` bits and clears the rest. */
export function maskedValue({ bits, value }: IpAddress, length: number): bigint {
  const host = BigInt(bits - length);
  return (value >> host) << host;
}
