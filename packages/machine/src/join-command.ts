/**
 * The join commands in the output of `kubeadm init`, each on one line: the one for workers and, if there is one, the one for control planes.
 * Throws if there is none.
 */
export function joinCommands(initOutput: string): { worker: string; controlPlane: string | undefined } {
  const commands = [...initOutput.matchAll(/^\s*(kubeadm join (?:[^\n]*\\\n)*[^\n]*)$/gm)].map(([, command = '']) =>
    command.replace(/\s*\\\n\s*/g, ' ').trim(),
  );
  const worker = commands.find((command) => !command.includes('--control-plane'));
  if (!worker) throw new Error('Cannot find the join command in the output of kubeadm init');
  return { worker, controlPlane: commands.find((command) => command.includes('--control-plane')) };
}
