// Preloaded into a process, moves the clock that it sees by as many seconds as a file says, at once when the file changes. Timeouts go by another
// clock, as they do on a machine whose clock is set.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *shift;
static int (*system_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    system_gettime = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    const char *file = getenv("TIDERACE_TEST_CLOCK");
    int fd = file ? open(file, O_RDONLY) : -1;
    if (fd < 0) {
        return;
    }
    void *mapped = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) {
        shift = mapped;
    }
    close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    if (!system_gettime) {
        begin();
    }
    int result = system_gettime(clock, at);
    if (shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        at->tv_sec += *shift;
    }
    return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) {
        *at = now.tv_sec;
    }
    return now.tv_sec;
}
