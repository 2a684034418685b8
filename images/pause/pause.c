/*
 * The first process of every pod. It holds the pod's namespaces open by existing, adopts and reaps orphans when containers
 * share its PID namespace, and ends at once on SIGTERM or SIGINT. With -v it says what it is and ends: a pod that completes.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static void reap(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, NULL, WNOHANG) > 0)
    ;
}

static int handle(int signal_number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  return sigaction(signal_number, &action, NULL);
}

int main(int count, char **arguments) {
  static const char name[] = "pause of Typernetes\n";
  if (count > 1 && strcmp(arguments[1], "-v") == 0) return write(STDOUT_FILENO, name, sizeof name - 1) < 0;
  if (handle(SIGINT, stop, 0) < 0 || handle(SIGTERM, stop, 0) < 0) return 1;
  if (handle(SIGCHLD, reap, SA_NOCLDSTOP) < 0) return 1;
  for (;;) pause();
}
