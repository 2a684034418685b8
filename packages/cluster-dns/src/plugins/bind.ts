import { isIP } from 'node:net';
import type { networkInterfaces } from 'node:os';
import { argumentsOf, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';

export interface BindSettings {
  /** Addresses of this machine, each once. */
  readonly addresses: readonly string[];
}

/** `bind ADDRESS|INTERFACE... { except ADDRESS|INTERFACE... }`; may occur several times. */
export function parseBind(lines: readonly Line[], interfaces: ReturnType<typeof networkInterfaces>): BindSettings {
  const addressesOf = (words: readonly string[]): string[] => {
    if (words.length === 0) throw new CorefileError('at least one address or interface name is expected');
    return words.flatMap((word) => {
      const found = interfaces[word];
      if (found) return found.map(({ address }) => address).filter((address) => !isLinkLocal(address));
      if (isIP(word) === 0)
        throw new CorefileError(`not a valid IP address or interface name: ${JSON.stringify(word)}`);
      return [word];
    });
  };
  const all = lines.flatMap((line) => {
    const addresses = addressesOf(argumentsOf(line));
    const except = line.block.flatMap((option) => {
      if (option.words[0].text !== 'except') throw unknownProperty(option);
      return addressesOf(argumentsOf(option));
    });
    return addresses.filter((address) => !except.includes(address));
  });
  return { addresses: [...new Set(all)] };
}

const isLinkLocal = (address: string): boolean => /^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address);
