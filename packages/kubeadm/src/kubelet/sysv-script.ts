/** Marks the script as kubeadm's. */
export const writtenByKubeadm = '# Written by kubeadm.';

/**
 * The supervisor for machines without systemd, installed as /etc/init.d/kubelet: a shell loop in its own session that restarts the
 * kubelet a second after it ends. /run/kubelet.pid contains the loop's pid; ending the loop ends the kubelet.
 */
export const sysvScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          kubelet
# Required-Start:    $local_fs $network
# Required-Stop:     $local_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: kubelet: The Kubernetes Node Agent
### END INIT INFO
${writtenByKubeadm} Usage: /etc/init.d/kubelet {start|stop|restart|shutdown|status}
# "stop" leaves the pods running; "shutdown" is for a machine that goes down: its pods get the time that the kubelet's configuration gives them.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PIDFILE=/run/kubelet.pid
LOGFILE=/var/log/kubelet.log

running() {
  [ -s "$PIDFILE" ] && kill -0 "$(cat "$PIDFILE")" 2>/dev/null
}

# By now another loop may have written its own.
forget() {
  [ "$(cat "$PIDFILE" 2>/dev/null)" = "$1" ] && rm -f "$PIDFILE"
}

supervise() {
  child=
  trap 'trap - TERM; [ -n "$child" ] && kill -TERM "$child" 2>/dev/null && wait "$child"; forget $$; exit 0' TERM
  trap 'trap - TERM PWR; [ -n "$child" ] && kill -PWR "$child" 2>/dev/null && wait "$child"; forget $$; exit 0' PWR
  echo $$ >"$PIDFILE"
  while :; do
    KUBELET_KUBEADM_ARGS= KUBELET_EXTRA_ARGS=
    [ -r /var/lib/kubelet/kubeadm-flags.env ] && . /var/lib/kubelet/kubeadm-flags.env
    [ -r /etc/default/kubelet ] && . /etc/default/kubelet
    kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \\
      --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS &
    child=$!
    wait "$child"
    echo "kubelet ended with status $?, starting it again"
    child=
    sleep 1
  done
}

start() {
  running && return 0
  rm -f "$PIDFILE"
  mkdir -p /run /var/log
  setsid "$0" supervise </dev/null >>"$LOGFILE" 2>&1 &
  # A machine that has much else to do takes its time to start a shell.
  for _ in $(seq 400); do
    running && return 0
    sleep 0.05
  done
  echo "cannot start the kubelet: see $LOGFILE" >&2
  return 1
}

stop() {
  running || return 0
  pid=$(cat "$PIDFILE")
  kill -TERM "$pid"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.25
  done
  kill -s KILL -- "-$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  forget "$pid"
  return 0
}

shutdown() {
  running || return 0
  pid=$(cat "$PIDFILE")
  kill -PWR "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case "$1" in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop && start ;;
  status) if running; then echo "kubelet is running"; else echo "kubelet is not running"; exit 3; fi ;;
  shutdown) shutdown ;;
  supervise) supervise ;;
  *) echo "Usage: $0 {start|stop|restart|shutdown|status}" >&2; exit 2 ;;
esac
`;
