import { messageOf } from '@typernetes/base';
import { pattern } from '@typernetes/cel';
import type { FlagSpecs, ParsedFlags } from '@typernetes/process';
import type { BrowserRules } from '../handlers/browser-headers.ts';

export const browserFlags = {
  'cors-allowed-origins': {
    type: 'list',
    default: [],
    help: 'Pages of which origins may read answers: regular expressions, which must hold from the start (^ or //) to the end ($ or :) of the host.',
  },
  'strict-transport-security-directives': {
    type: 'list',
    default: [],
    help: 'Directives of the header Strict-Transport-Security: max-age=SECONDS, includeSubDomains, preload.',
  },
} as const satisfies FlagSpecs;

export interface BrowserConfig {
  readonly origins: readonly string[];
  readonly strictTransport: readonly string[];
}

export function completeBrowsers(flags: ParsedFlags<typeof browserFlags>): BrowserConfig {
  return {
    origins: flags['cors-allowed-origins'],
    strictTransport: flags['strict-transport-security-directives'],
  };
}

/** In upstream's words. */
export function browserProblems({ origins, strictTransport }: BrowserConfig): string[] {
  const problems = origins.flatMap((origin) => {
    const why = originProblem(origin);
    return why === undefined ? [] : [`--cors-allowed-origins has an invalid regular expression: ${origin}: ${why}`];
  });
  if (!strictTransport.every((one) => /^(max-age=\d+|includeSubDomains|preload)$/.test(one.trim()))) {
    problems.push(
      '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information',
    );
  }
  return problems;
}

/** A pattern that matches only part of a host name matches other hosts as well. */
function originProblem(origin: string): string | undefined {
  try {
    pattern(origin);
  } catch (error) {
    return messageOf(error);
  }
  const isPinned = /\^|\/\//.test(origin) && /[$:]/.test(origin);
  return isPinned ? undefined : 'regular expression does not pin to start/end of host in the origin header';
}

/** Undefined if no headers for browsers are configured. */
export function browserRules({ origins, strictTransport }: BrowserConfig): BrowserRules | undefined {
  if (origins.length === 0 && strictTransport.length === 0) return undefined;
  const patterns = origins.map((origin) => pattern(origin));
  return {
    allowsOrigin: (origin) => patterns.some((one) => one.matcher(origin).find()),
    strictTransport: strictTransport.map((one) => one.trim()),
  };
}
