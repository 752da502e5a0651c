/*
 * A disk that does as it is told, for one directory: loaded before libc (LD_PRELOAD).
 *
 *   DISK_DIRECTORY   below it fdatasync and fsync fail, and statfs tells what is asked for
 *   DISK_ORDERS      a file, read at each call: "sync EIO" fails the next sync, and the file goes;
 *                    "sync ENOSPC" fails each; "free N" says that N bytes are free, of 64 MiB
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#define BLOCK 4096
#define TOTAL_BYTES (64L * 1024 * 1024)

static int ordered(char *orders, size_t length) {
  const char *path = getenv("DISK_ORDERS");
  FILE *file = path ? fopen(path, "r") : NULL;
  if (!file) return 0;
  size_t count = fread(orders, 1, length - 1, file);
  orders[count] = 0;
  fclose(file);
  return 1;
}

static int ours(const char *path) {
  const char *directory = getenv("DISK_DIRECTORY");
  return directory && strncmp(path, directory, strlen(directory)) == 0;
}

static int refused(int descriptor) {
  char link[64], path[4096], orders[256];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (count < 0) return 0;
  path[count] = 0;
  if (!ours(path) || !ordered(orders, sizeof orders)) return 0;
  if (strstr(orders, "sync ENOSPC")) return ENOSPC;
  if (!strstr(orders, "sync EIO")) return 0;
  unlink(getenv("DISK_ORDERS"));
  return EIO;
}

static int synced(const char *name, int descriptor) {
  int (*real)(int) = dlsym(RTLD_NEXT, name);
  int code = refused(descriptor);
  if (code == 0) return real(descriptor);
  errno = code;
  return -1;
}

int fdatasync(int descriptor) { return synced("fdatasync", descriptor); }

int fsync(int descriptor) { return synced("fsync", descriptor); }

static void tell(const char *path, struct statfs *found) {
  char orders[256];
  if (!ours(path) || !ordered(orders, sizeof orders)) return;
  const char *order = strstr(orders, "free ");
  if (!order) return;
  found->f_bsize = BLOCK;
  found->f_blocks = TOTAL_BYTES / BLOCK;
  found->f_bfree = found->f_bavail = atol(order + 5) / BLOCK;
}

int statfs(const char *path, struct statfs *found) {
  int (*real)(const char *, struct statfs *) = dlsym(RTLD_NEXT, "statfs");
  int result = real(path, found);
  if (result == 0) tell(path, found);
  return result;
}

int statfs64(const char *path, struct statfs64 *found) {
  return statfs(path, (struct statfs *)found); /* The same on a 64-bit system. */
}
