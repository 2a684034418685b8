import { isTrueParameter } from '@typernetes/machinery';

const logSwitches = ['follow', 'insecureSkipTLSVerifyBackend', 'previous', 'timestamps'];
const logValues = ['limitBytes', 'sinceSeconds', 'sinceTime', 'stream', 'tailLines'];

/** The kubelet's query parameters for a client's log options. */
export function logQuery(query: URLSearchParams): URLSearchParams {
  const options = new URLSearchParams();
  for (const name of logSwitches) if (isTrueParameter(query.get(name))) options.set(name, 'true');
  for (const name of logValues) if (query.has(name)) options.set(name, query.get(name) ?? '');
  return options;
}

/** The same for exec and attach, where kubelets have other names. */
export function streamQuery(query: URLSearchParams): URLSearchParams {
  const options = new URLSearchParams();
  for (const [name, own] of Object.entries({ stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }))
    if (isTrueParameter(query.get(name))) options.set(own, '1');
  for (const part of query.getAll('command')) options.append('command', part);
  return options;
}
