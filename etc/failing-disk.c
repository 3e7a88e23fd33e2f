/* A disk that loses its power, for LD_PRELOAD: what fsync was not asked for may be lost.
 *
 *   cc -O2 -shared -fPIC -o failing-disk.so failing-disk.c -ldl -lpthread
 *   FAILING_DISK=/folder FAILING_DISK_SEED=7 FAILING_DISK_AFTER=500 \
 *     LD_PRELOAD=./failing-disk.so dure hub ...
 *
 * Below the folder every write goes through, and what it replaced is remembered until the file is
 * synced; so are creations and renames until their folder is. At a random moment, after between 1
 * and 2 * FAILING_DISK_AFTER calls (writes and syncs, so also between a write and its fsync), a
 * random part of what was remembered is undone in a random order: of a write all, the end from a
 * random byte on, or a 512-byte sector of it; of a file its length; of a rename the new name. Then
 * the process is killed with signal 9. What was synced before is left alone.
 *
 * With FAILING_DISK_LOG=file, one line says what was undone, and the file's length goes into the
 * random numbers, so that each start fails elsewhere. Without FAILING_DISK nothing happens.
 *
 * A model of a disk, not of every file system: a file whose bytes are synced keeps them whatever
 * its name; fsync of a file in a folder also keeps the file's newest name, as ext4 and xfs do
 * (FAILING_DISK_STRICT=1: only fsync of the folder does, as POSIX says). Memory maps are not seen,
 * so SQLite must not map its shared index below the folder (it does not in exclusive mode).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, LENGTH, CREATE, RENAME };

/* Something that is not on the disk yet. */
struct change {
  struct change *next; /* the one before */
  enum kind kind;
  dev_t device; /* of the file */
  ino_t inode;
  char *path;      /* CREATE, RENAME: the new name; else a name to reopen the file by */
  char *old_path;  /* RENAME: the name before */
  char *saved;     /* RENAME: a second name of what the new name meant before, or NULL */
  off_t offset;    /* WRITE: of the old bytes; LENGTH: the old length */
  size_t length;   /* WRITE: of the new bytes */
  size_t old_length; /* WRITE: how many of them replaced something */
  unsigned char *old;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct change *newest;
static const char *root;
static size_t root_length;
static uint64_t state;
static long left;
static int strict;
static unsigned long names;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);

static uint64_t next_random(void) { /* SplitMix64 */
  uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

static uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next_random() % bound; }

static void resolve(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_open = dlsym(RTLD_NEXT, "open");
  real_openat = dlsym(RTLD_NEXT, "openat");
}

__attribute__((constructor)) static void begin(void) {
  resolve();
  const char *folder = getenv("FAILING_DISK");
  const char *seed = getenv("FAILING_DISK_SEED");
  const char *after = getenv("FAILING_DISK_AFTER");
  strict = getenv("FAILING_DISK_STRICT") != NULL;
  if (folder == NULL || *folder == 0) return;
  char *whole = realpath(folder, NULL);
  if (whole == NULL) return;
  root_length = strlen(whole);
  state = seed == NULL ? 1 : strtoull(seed, NULL, 10);
  const char *log = getenv("FAILING_DISK_LOG");
  struct stat lines;
  if (log != NULL && stat(log, &lines) == 0) state ^= (uint64_t)lines.st_size * 0xd1342543de82ef95ULL;
  long most = after == NULL ? 1000 : strtol(after, NULL, 10);
  left = most <= 0 ? LONG_MAX : 1 + (long)below(2 * (uint64_t)most);
  root = whole;
}

static int is_below(const char *path) {
  return root != NULL && strncmp(path, root, root_length) == 0 &&
         (path[root_length] == '/' || path[root_length] == 0);
}

/* The name under which the file of a descriptor is known, if it lies below the folder. */
static int name_of(int fd, char *path) {
  if (root == NULL) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_below(path);
}

/* An absolute path without symbolic links in its folder; the file itself need not be there. */
static int absolute(int folder, const char *path, char *whole) {
  if (root == NULL) return 0;
  char joined[2 * PATH_MAX];
  if (path[0] == '/') {
    snprintf(joined, sizeof joined, "%s", path);
  } else if (folder == AT_FDCWD) {
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == NULL) return 0;
    snprintf(joined, sizeof joined, "%s/%s", here, path);
  } else {
    char base[PATH_MAX];
    if (!name_of(folder, base)) return 0;
    snprintf(joined, sizeof joined, "%s/%s", base, path);
  }
  char *slash = strrchr(joined, '/');
  if (slash == NULL || slash == joined) return 0;
  *slash = 0;
  char parent[PATH_MAX];
  if (realpath(joined, parent) == NULL) return 0;
  if (strlen(parent) + strlen(slash + 1) + 2 > PATH_MAX) return 0;
  sprintf(whole, "%s/%s", parent, slash + 1);
  return is_below(whole);
}

static struct change *remember(enum kind kind, const char *path, const struct stat *file) {
  struct change *change = calloc(1, sizeof *change);
  if (change == NULL) abort();
  change->kind = kind;
  change->path = strdup(path);
  if (file != NULL) {
    change->device = file->st_dev;
    change->inode = file->st_ino;
  }
  change->next = newest;
  newest = change;
  return change;
}

static void forget(struct change *change) {
  if (change->saved != NULL) syscall(SYS_unlinkat, AT_FDCWD, change->saved, 0);
  free(change->path);
  free(change->old_path);
  free(change->saved);
  free(change->old);
  free(change);
}

static void undo_write(struct change *change, int fd) {
  size_t from = 0, to = change->length;
  switch (below(4)) {
    case 0: /* the end was cut off */
      from = below(change->length);
      break;
    case 1: /* one sector did not come */
      from = below(change->length) / 512 * 512;
      to = from + 512 < change->length ? from + 512 : change->length;
      break;
    default:
      break;
  }
  static const unsigned char zeros[4096];
  for (size_t at = from; at < to;) {
    size_t count = to - at;
    const unsigned char *bytes = zeros;
    if (at < change->old_length) {
      bytes = change->old + at;
      if (count > change->old_length - at) count = change->old_length - at;
    } else if (count > sizeof zeros) {
      count = sizeof zeros;
    }
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, count, change->offset + (off_t)at);
    if (done <= 0) return;
    at += (size_t)done;
  }
}

static void undo(struct change *change) {
  if (change->kind == CREATE) {
    syscall(SYS_unlinkat, AT_FDCWD, change->path, 0);
    return;
  }
  if (change->kind == RENAME) {
    syscall(SYS_renameat, AT_FDCWD, change->path, AT_FDCWD, change->old_path);
    if (change->saved != NULL)
      syscall(SYS_renameat, AT_FDCWD, change->saved, AT_FDCWD, change->path);
    return;
  }
  struct stat now;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, change->path, O_RDWR, 0);
  if (fd < 0) return;
  if (fstat(fd, &now) == 0 && now.st_ino == change->inode && now.st_dev == change->device) {
    if (change->kind == LENGTH)
      syscall(SYS_ftruncate, fd, change->offset);
    else
      undo_write(change, fd);
  }
  close(fd);
}

/* The power fails: holding the lock, so that nothing else is written any more. */
static void fail(void) {
  size_t count = 0, undone = 0;
  for (struct change *c = newest; c != NULL; c = c->next) count++;
  struct change **all = calloc(count + 1, sizeof *all);
  size_t i = 0;
  for (struct change *c = newest; c != NULL; c = c->next) all[i++] = c;
  /* Writes in any order; names from the newest back, so that each finds what it made. */
  for (size_t k = count; k > 1; k--) {
    size_t other = below(k);
    if (all[k - 1]->kind <= LENGTH && all[other]->kind <= LENGTH) {
      struct change *kept = all[k - 1];
      all[k - 1] = all[other];
      all[other] = kept;
    }
  }
  uint64_t often = below(5); /* from nothing lost to everything lost */
  for (size_t k = 0; k < count; k++)
    if (below(4) < often && all[k]->kind <= LENGTH) undone++, undo(all[k]);
  int names_go = below(4) < often;
  for (size_t k = 0; k < count && names_go; k++)
    if (all[k]->kind > LENGTH) undone++, undo(all[k]);
  for (size_t k = 0; k < count; k++)
    if (all[k]->saved != NULL) syscall(SYS_unlinkat, AT_FDCWD, all[k]->saved, 0);
  const char *log = getenv("FAILING_DISK_LOG");
  if (log != NULL) {
    char line[200];
    int length = snprintf(line, sizeof line, "undid %zu of %zu changes\n", undone, count);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd >= 0) syscall(SYS_write, fd, line, (size_t)length);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void tick(void) {
  if (--left <= 0) fail();
}

/* Before `length` bytes are written at `offset`. */
static void before_write(int fd, const char *path, off_t offset, size_t length) {
  struct stat file;
  if (length == 0 || fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return;
  struct change *change = remember(WRITE, path, &file);
  change->offset = offset;
  change->length = length;
  if (offset < file.st_size) {
    size_t there = (size_t)(file.st_size - offset);
    change->old_length = there < length ? there : length;
    change->old = malloc(change->old_length);
    int reading = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    ssize_t got = reading < 0 ? -1
                              : (ssize_t)syscall(SYS_pread64, reading, change->old,
                                                 change->old_length, offset);
    if (reading >= 0) close(reading);
    if (got < 0) got = 0;
    change->old_length = (size_t)got;
  }
  if (offset + (off_t)length > file.st_size) {
    struct change *longer = remember(LENGTH, path, &file);
    longer->offset = file.st_size;
  }
}

static ssize_t at_position(int fd, const char *path, const void *bytes, size_t length) {
  off_t offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
  before_write(fd, path, offset, length);
  ssize_t done = real_write(fd, bytes, length);
  return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  char path[PATH_MAX];
  if (real_write == NULL) resolve();
  if (!name_of(fd, path)) return real_write(fd, bytes, length);
  pthread_mutex_lock(&lock);
  ssize_t done = at_position(fd, path, bytes, length);
  int problem = errno;
  tick();
  pthread_mutex_unlock(&lock);
  errno = problem;
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  char path[PATH_MAX];
  if (real_pwrite == NULL) resolve();
  if (!name_of(fd, path)) return real_pwrite(fd, bytes, length, offset);
  pthread_mutex_lock(&lock);
  before_write(fd, path, offset, length);
  ssize_t done = real_pwrite(fd, bytes, length, offset);
  int problem = errno;
  tick();
  pthread_mutex_unlock(&lock);
  errno = problem;
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return pwrite(fd, bytes, length, (off_t)offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  if (real_writev == NULL) resolve();
  if (!name_of(fd, path)) return real_writev(fd, parts, count);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
    if (done < 0) return sum > 0 ? sum : done;
    sum += done;
    if ((size_t)done < parts[i].iov_len) break;
  }
  return sum;
}

int ftruncate(int fd, off_t length) {
  char path[PATH_MAX];
  struct stat file;
  if (real_ftruncate == NULL) resolve();
  if (!name_of(fd, path) || fstat(fd, &file) != 0) return real_ftruncate(fd, length);
  pthread_mutex_lock(&lock);
  if (length < file.st_size) before_write(fd, path, length, (size_t)(file.st_size - length));
  struct change *change = remember(LENGTH, path, &file);
  change->offset = file.st_size;
  int done = real_ftruncate(fd, length);
  int problem = errno;
  tick();
  pthread_mutex_unlock(&lock);
  errno = problem;
  return done;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, (off_t)length); }

static int is_in(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && path[length] == '/' &&
         strchr(path + length + 1, '/') == NULL;
}

static void synced(int fd, const char *path) {
  struct stat file;
  if (fstat(fd, &file) != 0) return;
  int folder = S_ISDIR(file.st_mode);
  struct change **at = &newest;
  while (*at != NULL) {
    struct change *change = *at;
    int kept = folder ? change->kind > LENGTH && is_in(change->path, path)
                      : change->inode == file.st_ino && change->device == file.st_dev &&
                            (change->kind <= LENGTH || !strict);
    if (kept) {
      *at = change->next;
      forget(change);
    } else {
      at = &change->next;
    }
  }
}

static int sync_with(int fd, int (*real)(int)) {
  char path[PATH_MAX];
  if (!name_of(fd, path)) return real(fd);
  pthread_mutex_lock(&lock);
  tick(); /* the power may fail just before */
  int done = real(fd);
  int problem = errno;
  if (done == 0) synced(fd, path);
  tick(); /* or just after */
  pthread_mutex_unlock(&lock);
  errno = problem;
  return done;
}

int fsync(int fd) {
  if (real_fsync == NULL) resolve();
  return sync_with(fd, real_fsync);
}

int fdatasync(int fd) {
  if (real_fdatasync == NULL) resolve();
  return sync_with(fd, real_fdatasync);
}

/* A second name keeps what a name meant until the disk knows better. */
static char *keep(const char *path) {
  char name[PATH_MAX + 64];
  snprintf(name, sizeof name, "%s/.failing-disk-%d-%lu", root, (int)getpid(), ++names);
  return syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0) == 0 ? strdup(name) : NULL;
}

int rename(const char *from, const char *to) {
  char old_path[PATH_MAX], new_path[PATH_MAX];
  struct stat file;
  if (real_rename == NULL) resolve();
  if (!absolute(AT_FDCWD, from, old_path) || !absolute(AT_FDCWD, to, new_path) ||
      lstat(old_path, &file) != 0 || !S_ISREG(file.st_mode))
    return real_rename(from, to);
  pthread_mutex_lock(&lock);
  char *saved = keep(new_path);
  int done = real_rename(from, to);
  int problem = errno;
  if (done == 0) {
    struct change *change = remember(RENAME, new_path, &file);
    change->old_path = strdup(old_path);
    change->saved = saved;
    for (struct change *c = change->next; c != NULL; c = c->next)
      if (c->kind <= LENGTH && c->inode == file.st_ino && c->device == file.st_dev) {
        free(c->path);
        c->path = strdup(new_path);
      }
  } else if (saved != NULL) {
    syscall(SYS_unlinkat, AT_FDCWD, saved, 0);
    free(saved);
  }
  tick();
  pthread_mutex_unlock(&lock);
  errno = problem;
  return done;
}

/* What a removed name meant is no longer anyone's: changes of it are forgotten. */
int unlink(const char *path) {
  char whole[PATH_MAX];
  if (real_unlink == NULL) resolve();
  if (!absolute(AT_FDCWD, path, whole)) return real_unlink(path);
  pthread_mutex_lock(&lock);
  int done = real_unlink(path);
  int problem = errno;
  if (done == 0) {
    struct change **at = &newest;
    while (*at != NULL) {
      struct change *change = *at;
      if (strcmp(change->path, whole) == 0 && change->saved == NULL) {
        *at = change->next;
        forget(change);
      } else {
        at = &change->next;
      }
    }
  }
  tick();
  pthread_mutex_unlock(&lock);
  errno = problem;
  return done;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
  char whole[PATH_MAX];
  struct stat file;
  if (real_openat == NULL) resolve();
  if (root == NULL || !(flags & (O_CREAT | O_TRUNC)) || !absolute(folder, path, whole))
    return real_openat(folder, path, flags, mode);
  pthread_mutex_lock(&lock);
  int there = lstat(whole, &file) == 0;
  if (there && (flags & O_TRUNC) && S_ISREG(file.st_mode) && file.st_size > 0) {
    int old = (int)syscall(SYS_openat, AT_FDCWD, whole, O_RDWR, 0);
    if (old >= 0) {
      before_write(old, whole, 0, (size_t)file.st_size);
      remember(LENGTH, whole, &file)->offset = file.st_size;
      close(old);
    }
  }
  int fd = real_openat(folder, path, flags, mode);
  int problem = errno;
  if (fd >= 0 && !there && fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
    remember(CREATE, whole, &file);
    tick();
  }
  pthread_mutex_unlock(&lock);
  errno = problem;
  return fd;
}

static mode_t mode_of(int flags, va_list more) {
  return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(more, int) : 0;
}

#define WITH_MODE(call)                  \
  va_list more;                          \
  va_start(more, flags);                 \
  mode_t mode = mode_of(flags, more);    \
  va_end(more);                          \
  return call

int open(const char *path, int flags, ...) { WITH_MODE(opened(AT_FDCWD, path, flags, mode)); }

int open64(const char *path, int flags, ...) {
  WITH_MODE(opened(AT_FDCWD, path, flags | O_LARGEFILE, mode));
}

int openat(int folder, const char *path, int flags, ...) {
  WITH_MODE(opened(folder, path, flags, mode));
}

int openat64(int folder, const char *path, int flags, ...) {
  WITH_MODE(opened(folder, path, flags | O_LARGEFILE, mode));
}
