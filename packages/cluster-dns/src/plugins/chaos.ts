import { type Random, version } from '@typernetes/base';
import { argumentsOf } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { type Plugin, plainReply } from './query.ts';

export interface ChaosSettings {
  readonly version: string;
  readonly authors: readonly string[];
}

/** `chaos [VERSION] [AUTHORS...]` */
export function parseChaos([line]: readonly Line[]): ChaosSettings {
  const [own = `cluster-dns-${version}`, ...authors] = line ? argumentsOf(line) : [];
  return {
    version: trimmed(own),
    authors: authors.length > 0 ? [...new Set(authors.map(trimmed))].sort() : ['Typernetes'],
  };
}

/** A text of a record has 255 bytes at most. */
const trimmed = (text: string): string => Buffer.from(text).subarray(0, 255).toString();

/** Answers queries of the class CH for what the server is: `version.bind`, `hostname.bind`, `authors.bind`. */
export function chaosPlugin(
  settings: ChaosSettings,
  deps: { readonly random: Random; readonly hostName: string },
): Plugin {
  const textsOf = (name: string): readonly string[] | undefined => {
    switch (name) {
      case 'authors.bind':
        return shuffled(settings.authors, deps.random);
      case 'version.bind':
      case 'version.server':
        return [settings.version];
      case 'hostname.bind':
      case 'id.server':
        return [trimmed(deps.hostName)];
      default:
        return undefined;
    }
  };
  return (next) => async (query) => {
    if (query.question.class !== 'CH' || query.type !== 'TXT') return next(query);
    const texts = textsOf(query.name);
    if (!texts) return next(query);
    const { name } = query.question;
    return plainReply(query, 'chaos', {
      answers: texts.map((data) => ({ type: 'TXT', class: 'CH', name, ttl: 0, data: [data] })),
    });
  };
}

function shuffled(texts: readonly string[], random: Random): string[] {
  return texts
    .map((text) => ({ text, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text);
}
