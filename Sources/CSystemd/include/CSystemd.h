// Whether this computer is about to be suspended, and that it has woken, as systemd-logind says it (PrepareForSleep), and a
// lock by which it waits a moment for us (Inhibit, "delay"). By libsystemd's sd-bus, whose calls are variadic and whose objects
// belong to one thread: everything here is called on the one that waits, and nothing but `wait` waits.
#pragma once

struct ra_suspensions;

/// Begins to listen; null where there is no system bus.
///
/// `address` is the bus' own; null for the system's.
struct ra_suspensions *ra_suspensions_open(const char *address);

/// Waits until logind says something: 1 about to sleep, 0 awake; -1 when `stop` can be read or is closed, or the bus is gone.
int ra_suspensions_wait(struct ra_suspensions *self, int stop);

/// Asks that a suspension waits for `unlock`, for as long as logind allows (5 s, if nobody has changed that).
void ra_suspensions_lock(struct ra_suspensions *self, const char *who, const char *why);

/// Lets the suspension go on.
void ra_suspensions_unlock(struct ra_suspensions *self);

/// Gives everything back, the lock too. What has not been sent is not.
void ra_suspensions_close(struct ra_suspensions *self);
