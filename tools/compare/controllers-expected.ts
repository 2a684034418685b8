interface Expected {
  /** Matches lines, or a part of them. */
  readonly what: RegExp;
  /** The replacement of the match; without it the line is dropped. */
  readonly instead?: string;
  readonly why: string;
}

/** What v1.36 does differently from v1.20; applied to the lines of both sides. */
const expected: readonly Expected[] = [
  {
    what: /^namespace \S+ \.(apiVersion|kind|metadata\.labels\.kubernetes\.io\/metadata\.name) /,
    why: 'the label since v1.21',
  },
  { what: /^v1\/serviceaccounts \S+ \.secrets/, why: 'no secrets with tokens since v1.24' },
  { what: /"-----BEGIN.*"/, instead: 'CA', why: 'each side has its own' },
  { what: /^v1\/configmaps \S+ \.metadata\.annotations\.kubernetes\.io\/description/, why: 'since v1.21' },
  { what: /^v1\/persistentvolumes \S+ \.status\.lastPhaseTransitionTime/, why: 'since v1.28' },
  {
    what: /^v1\/pods \S+ (\.metadata\.generation|\.metadata\.labels\.apps\.kubernetes\.io\/pod-index|\.metadata\.labels\.batch\.kubernetes\.io)/,
    why: 'since v1.33, v1.28 and v1.27',
  },
  { what: /^v1\/pods \S+ \.metadata\.finalizers\[\] = "batch\.kubernetes\.io\/job-tracking"/, why: 'since v1.23' },
  {
    what: /^batch\/v1\/jobs \S+ (\.metadata\.generation|\.spec\.(completionMode|manualSelector|podReplacementPolicy|suspend)|.*batch\.kubernetes\.io)/,
    why: 'since v1.21 to v1.29',
  },
  {
    what: /^batch\/v1\/jobs \S+ (\.metadata\.labels\.(controller-uid|job-name|kind)|\.spec\.selector)/,
    why: 'labels of the template stay there since v1.26',
  },
  { what: /^batch\/v1\/jobs \S+ \.status\.(ready|terminating|uncountedTerminatedPods)/, why: 'since v1.22 to v1.28' },
  {
    what: /^apps\/v1\/statefulsets \S+ (\.spec\.persistentVolumeClaimRetentionPolicy|\.status\.availableReplicas)/,
    why: 'since v1.23 and v1.22',
  },
  { what: /^apps\/v1\/\w+ \S+ \.status\.terminatingReplicas/, why: 'since v1.33' },
  {
    what: /^v1\/pods \S+ \.metadata\.labels\.topology\.kubernetes\.io/,
    why: 'pods bear the place of their node since v1.35',
  },
  {
    what: /(Scaled (?:up|down) replica set \S+) from \d+ to/,
    instead: '$1 to',
    why: 'both sizes are told since v1.27',
  },
  {
    what: /^batch\/v1\/jobs \S+ \.status\.conditions\[(Complete|SuccessCriteriaMet|FailureTarget)\](\.(message|reason) |(?<=[MT]\w+\]))/,
    why: 'since v1.31',
  },
  { what: /^apps\/v1\/daemonsets \S+ \.spec\.updateStrategy\.rollingUpdate\.maxSurge = 0/, why: 'since v1.22' },
  {
    what: /^v1\/services \S+ \.spec\.(internalTrafficPolicy|ipFamilies|ipFamilyPolicy|allocateLoadBalancerNodePorts)/,
    why: 'since v1.20 to v1.22',
  },
  { what: /^v1\/endpoints \S+ \.metadata\.labels\.endpoints\.kubernetes\.io\/managed-by/, why: 'since v1.33' },
  {
    what: /^discovery\/endpointslices \S+ (\.metadata\.generation|\.endpoints\[\]\.(conditions\.(serving|terminating)|topology|zone|nodeName|deprecatedTopology))/,
    why: 'since v1.21; labels count for the generation as well',
  },
  { what: /^policy\/poddisruptionbudgets \S+ \.status\.conditions/, why: 'since v1.21' },
  { what: /^autoscaling\/v1\/horizontalpodautoscalers \S+ \.status\.observedGeneration/, why: 'since v1.26' },
  { what: /^event \w+ \S+ Warning FailedCreate: Error creating/, why: 'how often it was tried again' },
  {
    what: /^(event Pod .* TaintManagerEviction: .*) x\d+$/,
    instead: '$1',
    why: 'the original tells it again of pods that are ending',
  },
  { what: /^event Endpoints \S+ Warning FailedToUpdateEndpoint/, why: 'two writes that met' },
  { what: /^event PodDisruptionBudget \S+ Normal NoPods/, why: 'in passing' },
  {
    what: /^event StatefulSet .*(RecreatingFailedPod|please try again)/,
    why: 'not told any more since v1.28; that a name is taken already is no failure any more',
  },
  {
    what: /^batch\/v1\/jobs \S+ \.status\.startTime/,
    why: 'written at once since v1.21, also where nothing is to run',
  },
  {
    what: /^discovery\/endpointslices free-\S+ \.endpoints\[\]\.conditions\.ready/,
    why: 'addresses that are not ready are mirrored as such since v1.23',
  },
  {
    what: /^event Deployment \S+ Normal ScalingReplicaSet/,
    why: 'in how many steps depends on when pods become ready',
  },
  {
    what: /^apps\/v1\/replicasets \S+ \.(metadata\.generation|status\.observedGeneration)/,
    why: 'in how many steps depends on when pods become ready',
  },
  {
    what: /^(event (?:PodDisruptionBudget|HorizontalPodAutoscaler) .*) x\d+$/,
    instead: '$1',
    why: 'once for each look',
  },
  { what: / = (\[\]|\{\})$/, why: 'empty lists are told or left out' },
  { what: /^(event PersistentVolumeClaim .*) x\d+$/, instead: '$1', why: 'the original is made to look every second' },
];

export function forgiven(line: string): string {
  let text = line;
  for (const { what, instead } of expected) {
    if (instead === undefined && what.test(text)) return '';
    if (instead !== undefined) text = text.replace(what, instead);
  }
  return text;
}
