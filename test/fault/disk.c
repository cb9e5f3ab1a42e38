/*
 * A disk that can be slow, full, failing, or lose power: preloaded (LD_PRELOAD) into an engine, for the files under $DISK_ROOT.
 *
 *   DISK_SYNC_MS=50        every fsync takes so long
 *   DISK_FULL=FILE         while FILE exists, no write succeeds (ENOSPC)
 *   DISK_SYNC_FAILS=FILE   while FILE exists, no fsync succeeds (EIO)
 *   DISK_SHADOW=DIR        keeps in DIR what would be left after a power cut: a write gets there when its file is synced
 *   DISK_CUT=sync:N        the power goes just before the N-th fsync (write:N: just after the N-th write): of the writes that were not
 *                          synced each sector of 512 bytes reaches the shadow or not, by $DISK_SEED; then the process is killed
 *   DISK_LIES=N            from the N-th fsync on nothing is synced, and success is said: what the law must not survive
 *
 * Names follow ext4 and xfs: a sync makes durable the name of its file and every rename and removal before it; without one, chance decides.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))
#define MAX_FD 4096
#define SECTOR 512

enum kind { WRITE, TRUNCATE, RENAME, REMOVE };
struct op { struct op *next; enum kind kind; char *path, *to; off_t at; size_t size; char *bytes; };

static struct op *first, **last = &first;
static char *paths[MAX_FD];
static ino_t inodes[MAX_FD];
static long syncs, writes;
static unsigned seed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }
static const char *setting(const char *name) { const char *v = getenv(name); return v && *v ? v : NULL; }
static int exists(const char *name) { const char *f = setting(name); struct stat s; return f && stat(f, &s) == 0; }
static unsigned dice(void) { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed >> 8; }

/* Path relative to the root, or NULL for files that are none of our business. */
static char *inside(const char *path) {
  const char *root = setting("DISK_ROOT");
  char full[PATH_MAX];
  if (!root || !path) return NULL;
  if (path[0] == '/') snprintf(full, sizeof full, "%s", path);
  else { char cwd[PATH_MAX / 2]; if (!getcwd(cwd, sizeof cwd)) return NULL; snprintf(full, sizeof full, "%s/%s", cwd, path); }
  size_t n = strlen(root);
  if (strncmp(full, root, n) != 0 || (full[n] != '/' && full[n] != 0)) return NULL;
  return strdup(full[n] ? full + n + 1 : "");
}

static const char *shadowed(const char *path, char *buffer) { snprintf(buffer, PATH_MAX, "%s/%s", setting("DISK_SHADOW"), path); return buffer; }

static void apply(struct op *op, int torn) {
  char a[PATH_MAX], b[PATH_MAX];
  shadowed(op->path, a);
  if (op->kind == RENAME) { if (!torn || dice() % 2) REAL(rename)(a, shadowed(op->to, b)); return; }
  if (op->kind == REMOVE) { if (!torn || dice() % 2) REAL(unlink)(a); return; }
  int fd = REAL(open)(a, O_WRONLY | O_CREAT, 0600);
  if (fd < 0) return;
  if (op->kind == TRUNCATE) { if (!torn || dice() % 2) REAL(ftruncate)(fd, op->at); }
  else for (size_t done = 0; done < op->size;) {
    size_t part = SECTOR - (size_t)((op->at + (off_t)done) % SECTOR);
    if (part > op->size - done) part = op->size - done;
    if (!torn || dice() % 2) REAL(pwrite)(fd, op->bytes + done, part, op->at + (off_t)done);
    done += part;
  }
  REAL(close)(fd);
}

static void forget(struct op *op) { free(op->path); free(op->to); free(op->bytes); free(op); }

static void remember(enum kind kind, const char *path, const char *to, off_t at, size_t size, const void *bytes) {
  if (!setting("DISK_SHADOW")) return;
  struct op *op = calloc(1, sizeof *op);
  *op = (struct op){ .kind = kind, .path = strdup(path), .to = to ? strdup(to) : NULL, .at = at, .size = size };
  if (size) { op->bytes = malloc(size); memcpy(op->bytes, bytes, size); }
  *last = op;
  last = &op->next;
}

/* What waits for this file, and every name. */
static void flush(const char *path) {
  for (struct op **at = &first; *at;) {
    struct op *op = *at;
    int isName = op->kind == RENAME || op->kind == REMOVE;
    if (isName || strcmp(op->path, path) == 0) { apply(op, 0); *at = op->next; forget(op); }
    else at = &op->next;
  }
  for (last = &first; *last; last = &(*last)->next) {}
}

static void cut(const char *what, long count) {
  const char *when = setting("DISK_CUT");
  size_t n = strlen(what);
  if (!when || strncmp(when, what, n) != 0 || atol(when + n) != count) return;
  seed = (unsigned)atoi(setting("DISK_SEED") ? setting("DISK_SEED") : "1") * 2654435761u | 1;
  /* Everything, nothing, or any of it. */
  int mode = (int)(dice() % 4);
  for (struct op *op = first; op && mode != 0; op = op->next) apply(op, mode != 1);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Node closes some files past us (a bare system call), and the number may be a socket by now: the inode tells. */
static char *pathOf(int fd) {
  struct stat s;
  return fd >= 0 && fd < MAX_FD && paths[fd] && fstat(fd, &s) == 0 && s.st_ino == inodes[fd] ? paths[fd] : NULL;
}

static int opened(int fd, const char *path, int flags) {
  char *name = fd >= 0 && fd < MAX_FD ? inside(path) : NULL;
  if (fd >= 0 && fd < MAX_FD) { struct stat s; pthread_mutex_lock(&lock); free(paths[fd]); paths[fd] = name; inodes[fd] = fstat(fd, &s) == 0 ? s.st_ino : 0; if (name && (flags & O_TRUNC)) remember(TRUNCATE, name, NULL, 0, 0, NULL); pthread_mutex_unlock(&lock); }
  return fd;
}

#define MODE va_list args; va_start(args, flags); mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(args, mode_t) : 0; va_end(args)
int open(const char *path, int flags, ...) { MODE; return opened(REAL(open)(path, flags, mode), path, flags); }
int open64(const char *path, int flags, ...) { MODE; return opened(REAL(open64)(path, flags, mode), path, flags); }
int openat(int dir, const char *path, int flags, ...) { MODE; return opened(REAL(openat)(dir, path, flags, mode), path, flags); }
int openat64(int dir, const char *path, int flags, ...) { MODE; return opened(REAL(openat64)(dir, path, flags, mode), path, flags); }

int close(int fd) {
  if (fd >= 0 && fd < MAX_FD && paths[fd]) { pthread_mutex_lock(&lock); free(paths[fd]); paths[fd] = NULL; pthread_mutex_unlock(&lock); }
  return REAL(close)(fd);
}

/* One write: refused when the disk is full, remembered otherwise. `at` < 0: where the file stands. */
static ssize_t wrote(int fd, off_t at, const void *bytes, ssize_t done) {
  if (done > 0 && pathOf(fd)) {
    pthread_mutex_lock(&lock);
    remember(WRITE, paths[fd], NULL, at < 0 ? lseek(fd, 0, SEEK_CUR) - done : at, (size_t)done, bytes);
    cut("write:", ++writes);
    pthread_mutex_unlock(&lock);
  }
  return done;
}
static int refused(int fd) { if (!pathOf(fd) || !exists("DISK_FULL")) return 0; errno = ENOSPC; return 1; }

ssize_t write(int fd, const void *b, size_t n) { return refused(fd) ? -1 : wrote(fd, -1, b, REAL(write)(fd, b, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return refused(fd) ? -1 : wrote(fd, at, b, REAL(pwrite)(fd, b, n, at)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t at) { return refused(fd) ? -1 : wrote(fd, at, b, REAL(pwrite64)(fd, b, n, at)); }
/* Short writes are legal: the first piece is enough. */
ssize_t writev(int fd, const struct iovec *v, int n) { return pathOf(fd) && n > 0 ? write(fd, v[0].iov_base, v[0].iov_len) : REAL(writev)(fd, v, n); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) { return pathOf(fd) && n > 0 ? pwrite(fd, v[0].iov_base, v[0].iov_len, at) : REAL(pwritev)(fd, v, n, at); }

static int truncated(int fd, off_t size, int result) {
  if (result == 0 && pathOf(fd)) { pthread_mutex_lock(&lock); remember(TRUNCATE, paths[fd], NULL, size, 0, NULL); pthread_mutex_unlock(&lock); }
  return result;
}
int ftruncate(int fd, off_t size) { return truncated(fd, size, REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off_t size) { return truncated(fd, size, REAL(ftruncate64)(fd, size)); }

static int synced(int fd, int (*sync)(int)) {
  if (!pathOf(fd)) return sync(fd);
  const char *slow = setting("DISK_SYNC_MS"), *lies = setting("DISK_LIES");
  if (slow) { struct timespec t = { atol(slow) / 1000, atol(slow) % 1000 * 1000000 }; nanosleep(&t, NULL); }
  if (exists("DISK_SYNC_FAILS")) { errno = EIO; return -1; }
  pthread_mutex_lock(&lock);
  cut("sync:", ++syncs);
  int isLie = lies && syncs >= atol(lies);
  int result = isLie ? 0 : sync(fd);
  if (result == 0 && !isLie && setting("DISK_SHADOW")) flush(paths[fd]);
  pthread_mutex_unlock(&lock);
  return result;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int rename(const char *from, const char *to) {
  int result = REAL(rename)(from, to);
  char *a = inside(from), *b = inside(to);
  if (result == 0 && a && b) { pthread_mutex_lock(&lock); remember(RENAME, a, b, 0, 0, NULL); pthread_mutex_unlock(&lock); }
  free(a); free(b);
  return result;
}
int unlink(const char *path) {
  int result = REAL(unlink)(path);
  char *a = inside(path);
  if (result == 0 && a) { pthread_mutex_lock(&lock); remember(REMOVE, a, NULL, 0, 0, NULL); pthread_mutex_unlock(&lock); }
  free(a);
  return result;
}
