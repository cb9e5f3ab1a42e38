/*
 * A disk that writes down what is done to it: preloaded (LD_PRELOAD) into a database server of many processes, for the files under $DISK_ROOT.
 * Each write, cut, name and sync is appended to $DISK_LOG in one system call: a write once it is made, a sync before it is. `disk-log.ts` makes of
 * the log what would be left after a power cut.
 *
 * A record: struct record, the path under the root, the second path of a rename, the bytes of a write. Paths are asked of the kernel, since
 * descriptors are opened, inherited and renamed under us.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum kind { WRITE = 1, TRUNCATE, RENAME, REMOVE, SYNC };
struct record { uint32_t kind, path, to, bytes; int64_t at; };

static int out(void) {
  static int fd = -1;
  if (fd < 0 && getenv("DISK_LOG")) fd = REAL(open)(getenv("DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  return fd;
}

static const char *under(const char *path) {
  const char *root = getenv("DISK_ROOT");
  size_t n = root ? strlen(root) : 0;
  return n && strncmp(path, root, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* Relative paths start in the data directory, which is the working directory of a server. */
static const char *named(const char *path, char *buffer) {
  char cwd[PATH_MAX / 2];
  if (path[0] == '/') snprintf(buffer, PATH_MAX, "%s", path);
  else { if (!getcwd(cwd, sizeof cwd)) return NULL; snprintf(buffer, PATH_MAX, "%s/%s", cwd, path[0] == '.' && path[1] == '/' ? path + 2 : path); }
  return under(buffer);
}

static const char *opened(int fd, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, buffer, PATH_MAX - 1);
  if (n < 0) return NULL;
  buffer[n] = 0;
  return under(buffer); /* of a file that was removed: a name that nothing else has */
}

static void note(enum kind kind, const char *path, const char *to, int64_t at, const void *bytes, size_t size) {
  if (!path || out() < 0) return;
  int saved = errno;
  struct record r = { kind, (uint32_t)strlen(path), to ? (uint32_t)strlen(to) : 0, (uint32_t)size, at };
  struct iovec v[] = { { &r, sizeof r }, { (void *)path, r.path }, { (void *)to, r.to }, { (void *)bytes, size } };
  if (REAL(writev)(out(), v, 4) != (ssize_t)(sizeof r + r.path + r.to + size)) abort();
  errno = saved;
}

#define MODE va_list args; va_start(args, flags); mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(args, mode_t) : 0; va_end(args)
static int made(int fd, int flags) {
  char path[PATH_MAX];
  if (fd >= 0 && (flags & O_TRUNC)) note(TRUNCATE, opened(fd, path), NULL, 0, NULL, 0);
  else if (fd >= 0 && (flags & O_CREAT)) note(WRITE, opened(fd, path), NULL, 0, NULL, 0);
  return fd;
}
int open(const char *path, int flags, ...) { MODE; return made(REAL(open)(path, flags, mode), flags); }
int open64(const char *path, int flags, ...) { MODE; return made(REAL(open64)(path, flags, mode), flags); }
int openat(int dir, const char *path, int flags, ...) { MODE; return made(REAL(openat)(dir, path, flags, mode), flags); }
int openat64(int dir, const char *path, int flags, ...) { MODE; return made(REAL(openat64)(dir, path, flags, mode), flags); }

static ssize_t wrote(int fd, off_t at, const void *bytes, ssize_t done) {
  char path[PATH_MAX];
  const char *name = done > 0 ? opened(fd, path) : NULL;
  if (name) note(WRITE, name, NULL, at >= 0 ? at : lseek(fd, 0, SEEK_CUR) - done, bytes, (size_t)done);
  return done;
}
ssize_t write(int fd, const void *b, size_t n) { return wrote(fd, -1, b, REAL(write)(fd, b, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return wrote(fd, at, b, REAL(pwrite)(fd, b, n, at)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t at) { return wrote(fd, at, b, REAL(pwrite64)(fd, b, n, at)); }
/* Short writes are legal: the first piece is enough. */
ssize_t writev(int fd, const struct iovec *v, int n) { char p[PATH_MAX]; return n > 0 && opened(fd, p) ? write(fd, v[0].iov_base, v[0].iov_len) : REAL(writev)(fd, v, n); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) { char p[PATH_MAX]; return n > 0 && opened(fd, p) ? pwrite(fd, v[0].iov_base, v[0].iov_len, at) : REAL(pwritev)(fd, v, n, at); }
ssize_t pwritev64(int fd, const struct iovec *v, int n, off_t at) { return pwritev(fd, v, n, at); }

static int cut(int fd, off_t size, int result) { char path[PATH_MAX]; if (result == 0) note(TRUNCATE, opened(fd, path), NULL, size, NULL, 0); return result; }
int ftruncate(int fd, off_t size) { return cut(fd, size, REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off_t size) { return cut(fd, size, REAL(ftruncate64)(fd, size)); }
int truncate(const char *path, off_t size) {
  char buffer[PATH_MAX];
  int result = REAL(truncate)(path, size);
  if (result == 0) note(TRUNCATE, named(path, buffer), NULL, size, NULL, 0);
  return result;
}
/* Not written down: the server is told that there is no such thing, and writes zeros instead. */
int posix_fallocate(int fd, off_t at, off_t size) { char p[PATH_MAX]; return opened(fd, p) ? EOPNOTSUPP : REAL(posix_fallocate)(fd, at, size); }
int posix_fallocate64(int fd, off_t at, off_t size) { return posix_fallocate(fd, at, size); }

int fsync(int fd) { char path[PATH_MAX]; note(SYNC, opened(fd, path), NULL, 0, NULL, 0); return REAL(fsync)(fd); }
int fdatasync(int fd) { char path[PATH_MAX]; note(SYNC, opened(fd, path), NULL, 0, NULL, 0); return REAL(fdatasync)(fd); }

int rename(const char *from, const char *to) {
  char a[PATH_MAX], b[PATH_MAX];
  int result = REAL(rename)(from, to);
  const char *second = named(to, b);
  if (result == 0 && second) note(RENAME, named(from, a), second, 0, NULL, 0);
  return result;
}
/* How PostgreSQL names a new segment: then the first name is unlinked. */
int link(const char *from, const char *to) {
  char a[PATH_MAX], b[PATH_MAX];
  int result = REAL(link)(from, to);
  const char *second = named(to, b);
  if (result == 0 && second) note(RENAME, named(from, a), second, 0, NULL, 0);
  return result;
}
int unlink(const char *path) {
  char buffer[PATH_MAX];
  int result = REAL(unlink)(path);
  if (result == 0) note(REMOVE, named(path, buffer), NULL, 0, NULL, 0);
  return result;
}
