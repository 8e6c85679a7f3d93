#define _GNU_SOURCE
#include "CSystemd.h"
#include "bus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define LOGIND "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define MANAGER LOGIND ".Manager"

struct ra_suspensions {
    sd_bus *bus;
    /// The lock; -1 while we hold none.
    int lock;
    /// Whether a lock that comes now is still wanted.
    bool wants_lock;
    /// What logind has said last: 1 about to sleep, 0 awake, -1 nothing new.
    int said;
};

static int noted(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)error;
    struct ra_suspensions *self = data;
    int sleeps = 0;
    if (sd_bus_message_read(message, "b", &sleeps) >= 0) self->said = sleeps != 0;
    return 0;
}

static int locked(sd_bus_message *reply, void *data, sd_bus_error *error) {
    (void)error;
    struct ra_suspensions *self = data;
    int lock = -1;
    if (!self->wants_lock || self->lock >= 0) return 0;
    if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "h", &lock) < 0) return 0;
    // The descriptor is the message's.
    self->lock = fcntl(lock, F_DUPFD_CLOEXEC, 3);
    return 0;
}

void ra_suspensions_unlock(struct ra_suspensions *self) {
    self->wants_lock = false;
    if (self->lock >= 0) close(self->lock);
    self->lock = -1;
}

void ra_suspensions_lock(struct ra_suspensions *self, const char *who, const char *why) {
    if (self->wants_lock) return;
    self->wants_lock = true;
    // Without logind the answer is an error, and there is no lock.
    sd_bus_call_method_async(
        self->bus, NULL, LOGIND, PATH, MANAGER, "Inhibit", locked, self, "ssss", "sleep", who, why, "delay");
}

void ra_suspensions_close(struct ra_suspensions *self) {
    ra_suspensions_unlock(self);
    sd_bus_close_unref(self->bus);  // without a flush, which waits for a bus that does not answer
    free(self);
}

struct ra_suspensions *ra_suspensions_open(const char *address) {
    struct ra_suspensions *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    self->lock = self->said = -1;
    if (ra_bus_open(&self->bus, address, sd_bus_open_system) < 0) {
        free(self);
        return NULL;
    }
    if (sd_bus_match_signal_async(self->bus, NULL, LOGIND, PATH, MANAGER, "PrepareForSleep", noted, NULL, self) < 0) {
        ra_suspensions_close(self);
        return NULL;
    }
    return self;
}

int ra_suspensions_wait(struct ra_suspensions *self, int stop) {
    for (;;) {
        int status = sd_bus_process(self->bus, NULL);
        if (status < 0) return -1;
        if (self->said >= 0) {
            int said = self->said;
            self->said = -1;
            return said;
        }
        if (status > 0) continue;  // there may be more
        int events = sd_bus_get_events(self->bus);
        uint64_t until = UINT64_MAX;
        if (events < 0 || sd_bus_get_timeout(self->bus, &until) < 0) return -1;
        struct pollfd sources[] = {{sd_bus_get_fd(self->bus), (short)events, 0}, {stop, POLLIN, 0}};
        // A bus or a logind that does not answer is given up by sd-bus, which has to be called for that.
        if (poll(sources, 2, until == UINT64_MAX ? -1 : 1000) < 0 && errno != EINTR) return -1;
        if (sources[1].revents) return -1;
    }
}
