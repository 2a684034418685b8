/** Descriptions of query parameters, in our own words, for readers of the documents. */
const descriptions: Readonly<Record<string, string>> = {
  allowWatchBookmarks: 'A watch may be sent bookmarks, which carry a revision alone.',
  command: 'What is executed: not by a shell. Said once for each word.',
  container: 'The container; may be left out of pods that have one, or whose annotation says which is meant.',
  continue: 'Goes on with a list after the page that has given this token; the other parameters stay the same.',
  dryRun: '"All": everything is done but for what would last.',
  fieldManager: 'Who owns the fields that are written: at most 128 printable characters; needed to apply.',
  fieldSelector: 'Narrows a list by values of fields; everything if not given.',
  fieldValidation:
    '"Ignore", "Warn" (if not given) or "Strict": what becomes of fields that are unknown or there twice.',
  follow: 'The log is followed as it grows.',
  force: 'Apply takes over fields that others own. Not for other patches.',
  gracePeriodSeconds: 'Seconds until the object is deleted; 0 for at once, its own if not given.',
  ignoreStoreReadErrorWithClusterBreakingPotential:
    'Deletes what the store cannot read, and forgets what belongs to it.',
  insecureSkipTLSVerifyBackend:
    "The kubelet's certificate is not checked: whoever answers may not be who it should be.",
  labelSelector: 'Narrows a list by labels; everything if not given.',
  limit: 'The most objects of an answer; the rest comes with the token that it gives.',
  limitBytes: 'The log ends after so many bytes.',
  orphanDependents: 'What propagationPolicy says; not to be given any more, nor together with it.',
  path: 'The path of the request that is handed on.',
  ports: 'The ports that are forwarded; needed over WebSockets.',
  pretty: '"true": the answer is indented for people to read.',
  previous: 'The log of the container before the last restart.',
  propagationPolicy: '"Orphan", "Background" or "Foreground": what becomes of what the object owns.',
  resourceVersion:
    'Which state is read; see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions.',
  resourceVersionMatch: '"Exact" or "NotOlderThan": how resourceVersion is meant.',
  sendInitialEvents:
    'A watch begins with what is there, and a bookmark after it; needs resourceVersionMatch "NotOlderThan".',
  shardSelector: 'Narrows a list or a watch to a share of the objects, by a hash.',
  sinceSeconds: 'The log of so many last seconds.',
  sinceTime: 'The log from this time on (RFC 3339).',
  stderr: "The container's errors are sent.",
  stdin: "What is sent goes to the container's input.",
  stdout: "The container's output is sent.",
  stream: '"All", "Stdout" or "Stderr": which of the log is shown.',
  tailLines: 'The last so many lines of the log.',
  timeoutSeconds: 'Ends a list or a watch after so many seconds, whatever happens.',
  timestamps: 'Each line of the log begins with its time.',
  tty: 'A terminal stands between.',
  watch: 'Changes are told from then on, in place of a list.',
};

/** `kind` is of the objects that the path is about. */
export function parameterDescription(name: string, place: 'path' | 'query', kind: string): string | undefined {
  if (place === 'query') return descriptions[name];
  if (name === 'name') return kind === '' ? 'The name of the object.' : `The name of the ${kind}.`;
  if (name === 'namespace') return 'The namespace of the objects.';
  return descriptions[name];
}
