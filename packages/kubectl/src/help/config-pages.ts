import type { HelpPage } from './page.ts';

export const configPages: Readonly<Record<string, HelpPage>> = {
  config: {
    text: 'Change kubeconfig files.\n\nThe file of --kubeconfig is used alone if given; else those of $KUBECONFIG, merged, where what is in a file is changed there; else ~/.kube/config.',
  },
  'config current-context': {
    text: 'Show the name of the current context.',
    examples: [['Of the kubeconfig', 'kubectl config current-context']],
  },
  'config delete-cluster': {
    text: 'Remove a cluster from the kubeconfig.',
    examples: [['By name', 'kubectl config delete-cluster minikube']],
  },
  'config delete-context': {
    text: 'Remove a context from the kubeconfig.',
    examples: [['By name', 'kubectl config delete-context minikube']],
  },
  'config delete-user': {
    text: 'Remove a user from the kubeconfig.',
    examples: [['By name', 'kubectl config delete-user minikube']],
  },
  'config get-clusters': {
    text: 'List the clusters of the kubeconfig.',
    examples: [['All', 'kubectl config get-clusters']],
  },
  'config get-contexts': {
    text: 'List contexts of the kubeconfig.',
    examples: [
      ['All', 'kubectl config get-contexts'],
      ['One', 'kubectl config get-contexts my-context'],
    ],
  },
  'config get-users': { text: 'List the users of the kubeconfig.', examples: [['All', 'kubectl config get-users']] },
  'config rename-context': {
    text: 'Give a context of the kubeconfig another name.',
    examples: [['From old to new', 'kubectl config rename-context old-name new-name']],
  },
  'config set': {
    text: 'Set one value of the kubeconfig.\n\nPROPERTY_NAME is a path with dots through it; a value of binary data is given with --set-raw-bytes.',
    examples: [['The server of a cluster', 'kubectl config set clusters.my-cluster.server https://1.2.3.4']],
  },
  'config set-cluster': {
    text: 'Add a cluster to the kubeconfig, or change fields of one.',
    examples: [
      ['Only its server', 'kubectl config set-cluster e2e --server=https://1.2.3.4'],
      ['With its CA inside', 'kubectl config set-cluster e2e --embed-certs --certificate-authority=ca.crt'],
    ],
  },
  'config set-context': {
    text: 'Add a context to the kubeconfig, or change fields of one.',
    examples: [
      ['The namespace of the current one', 'kubectl config set-context --current --namespace=shop'],
      ['Its user', 'kubectl config set-context gce --user=cluster-admin'],
    ],
  },
  'config set-credentials': {
    text: 'Add a user to the kubeconfig, or change fields of one: a client certificate, a token, a name with its password, or a program that yields credentials.',
    examples: [
      ['A client key', 'kubectl config set-credentials admin --client-key=~/.kube/admin.key'],
      [
        'A program',
        'kubectl config set-credentials admin --exec-command=/usr/bin/token --exec-api-version=client.authentication.k8s.io/v1',
      ],
    ],
  },
  'config unset': {
    text: 'Remove one value from the kubeconfig.',
    examples: [['The current context', 'kubectl config unset current-context']],
  },
  'config use-context': {
    text: 'Make a context the current one.',
    examples: [['By name', 'kubectl config use-context minikube']],
  },
  'config view': {
    text: 'Show the kubeconfig, all files of it as one; secrets are left out unless --raw asks for them.',
    examples: [
      ['Merged', 'kubectl config view'],
      ['Only what the current context needs', 'kubectl config view --minify'],
    ],
  },
};
