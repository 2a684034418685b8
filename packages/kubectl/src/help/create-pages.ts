import type { HelpPage } from './page.ts';

export const createPages: Readonly<Record<string, HelpPage>> = {
  create: {
    text: 'Create objects from files or from standard input.',
    examples: [
      ['From a file', 'kubectl create -f pod.yaml'],
      ['From standard input', 'cat pod.json | kubectl create -f -'],
    ],
  },
  'create clusterrole': {
    text: 'Create a cluster role.',
    examples: [
      ['For reading pods', 'kubectl create clusterrole pod-reader --verb=get,list,watch --resource=pods'],
      ['For paths', 'kubectl create clusterrole logs --verb=get --non-resource-url=/logs/*'],
      ['Made of others', 'kubectl create clusterrole monitoring --aggregation-rule="example.com/monitoring=true"'],
    ],
  },
  'create clusterrolebinding': {
    text: 'Bind a cluster role to users, groups and service accounts.',
    examples: [
      [
        'To two users and a group',
        'kubectl create clusterrolebinding admins --clusterrole=cluster-admin --user=u1 --user=u2 --group=ops',
      ],
    ],
  },
  'create configmap': {
    text: 'Create a config map from files, folders and values. The key of a file is its name unless another is given.',
    examples: [
      ['From a folder', 'kubectl create configmap conf --from-file=path/to/bar'],
      ['With keys of our own', 'kubectl create configmap conf --from-file=key1=/path/to/file1.txt'],
      ['From values', 'kubectl create configmap conf --from-literal=key1=config1 --from-literal=key2=config2'],
      ['From a file of variables', 'kubectl create configmap conf --from-env-file=path/to/foo.env'],
    ],
  },
  'create cronjob': {
    text: 'Create a cron job.',
    examples: [
      ['Every minute, with a command', 'kubectl create cronjob tick --image=busybox --schedule="*/1 * * * *" -- date'],
    ],
  },
  'create deployment': {
    text: 'Create a deployment.',
    examples: [
      ['Of an image', 'kubectl create deployment web --image=nginx'],
      ['With three pods that serve on a port', 'kubectl create deployment web --image=nginx --replicas=3 --port=80'],
      ['With a command', 'kubectl create deployment job --image=busybox -- date'],
    ],
  },
  'create ingress': {
    text: 'Create an ingress.',
    examples: [
      ['A path of a host, with TLS', 'kubectl create ingress simple --rule="foo.com/bar=svc1:8080,tls=my-cert"'],
      [
        'Of a class, with a default',
        'kubectl create ingress catch-all --class=otheringress --default-backend=defaultsvc:http',
      ],
    ],
  },
  'create job': {
    text: 'Create a job.',
    examples: [
      ['With a command', 'kubectl create job once --image=busybox -- date'],
      ['As a cron job would', 'kubectl create job now --from=cronjob/tick'],
    ],
  },
  'create namespace': { text: 'Create a namespace.', examples: [['By name', 'kubectl create namespace shop']] },
  'create poddisruptionbudget': {
    text: 'Create a pod disruption budget.',
    examples: [['One pod at least', 'kubectl create poddisruptionbudget web --selector=app=web --min-available=1']],
  },
  'create priorityclass': {
    text: 'Create a priority class.',
    examples: [
      [
        'That is the default',
        'kubectl create priorityclass usual --value=1000 --global-default=true --description="what pods have"',
      ],
    ],
  },
  'create quota': {
    text: 'Create a resource quota.',
    examples: [['With limits', 'kubectl create quota small --hard=cpu=1,memory=1G,pods=2']],
  },
  'create role': {
    text: 'Create a role.',
    examples: [
      ['For reading pods', 'kubectl create role pod-reader --verb=get --verb=list --verb=watch --resource=pods'],
    ],
  },
  'create rolebinding': {
    text: 'Bind a role or cluster role to users, groups and service accounts of a namespace.',
    examples: [
      ['To a service account', 'kubectl create rolebinding viewers --clusterrole=view --serviceaccount=shop:web'],
    ],
  },
  'create secret': {
    text: 'Create a secret of one of three types: with the credentials of a registry, with values of any kind, or with a certificate and its key.',
  },
  'create secret docker-registry': {
    text: 'Create a secret that pods use to pull images from a registry.',
    examples: [
      [
        'With a password',
        'kubectl create secret docker-registry pull --docker-server=registry.example --docker-username=u --docker-password=p',
      ],
    ],
  },
  'create secret generic': {
    text: 'Create a secret from files, folders and values. The key of a file is its name unless another is given.',
    examples: [
      [
        'From files with keys of our own',
        'kubectl create secret generic keys --from-file=ssh-privatekey=path/to/id_rsa',
      ],
      ['From values', 'kubectl create secret generic keys --from-literal=key1=supersecret'],
    ],
  },
  'create secret tls': {
    text: 'Create a secret with a certificate and its key, which must belong together.',
    examples: [['From two files', 'kubectl create secret tls cert --cert=path/to/tls.crt --key=path/to/tls.key']],
  },
  'create service': { text: 'Create a service of one of the types.' },
  'create service clusterip': {
    text: 'Create a service with an address inside of the cluster.',
    examples: [
      ['For a port', 'kubectl create service clusterip web --tcp=5678:8080'],
      ['Without an address of its own', 'kubectl create service clusterip web --clusterip="None"'],
    ],
  },
  'create service externalname': {
    text: 'Create a service that stands for a name outside of the cluster.',
    examples: [['For a host', 'kubectl create service externalname db --external-name db.example']],
  },
  'create service loadbalancer': {
    text: 'Create a service behind a load balancer.',
    examples: [['For a port', 'kubectl create service loadbalancer web --tcp=5678:8080']],
  },
  'create service nodeport': {
    text: 'Create a service on a port of all nodes.',
    examples: [['For a port', 'kubectl create service nodeport web --tcp=5678:8080']],
  },
  'create serviceaccount': {
    text: 'Create a service account.',
    examples: [['By name', 'kubectl create serviceaccount web']],
  },
  'create token': {
    text: 'Ask for a token of a service account.',
    examples: [
      ['For the API server', 'kubectl create token web'],
      ['For ten minutes', 'kubectl create token web --duration 10m'],
      ['For somebody else', 'kubectl create token web --audience https://example.com'],
      ['That ends with a pod', 'kubectl create token web --bound-object-kind Pod --bound-object-name web-0'],
    ],
  },
};
