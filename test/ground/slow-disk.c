/* Preloaded, it makes each fsync and fdatasync of a program wait SLOW_US microseconds first (0 when absent), as the disk of a busy hospital VM does. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_first(void) {
  const char *text = getenv("SLOW_US");
  long us = text ? strtol(text, NULL, 10) : 0;
  struct timespec left = {us / 1000000, us % 1000000 * 1000};
  while (us > 0 && nanosleep(&left, &left) == -1 && errno == EINTR) continue;
}

int fsync(int fd) {
  wait_first();
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  wait_first();
  return (int)syscall(SYS_fdatasync, fd);
}
