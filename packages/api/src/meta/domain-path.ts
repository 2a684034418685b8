import { invalidValue, regexProblem, requiredValue, subdomainProblems } from '@typernetes/machinery';
import type { Problems } from './field-checks.ts';

const pathSource = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const pathForm = new RegExp(`^${pathSource}$`);

/** Rules for a name with a domain prefix, such as `example.com/ingress-controller`. Upstream: IsDomainPrefixedPath. */
export function* domainPathProblems(text: string, at: string): Problems {
  if (!text) {
    yield requiredValue(at);
    return;
  }
  const slash = text.indexOf('/');
  const [domain, path] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash <= 0 || path === '') {
    yield invalidValue(at, text, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  for (const detail of subdomainProblems(domain)) yield invalidValue(at, domain, detail);
  if (!pathForm.test(path)) yield invalidValue(at, path, regexProblem('Invalid path', pathSource));
}
