// What the system's buses tell and take, by libsystemd's sd-bus, whose calls are variadic and whose objects belong to one thread:
// everything here is called on the one that waits, and nothing but the two `wait` waits.
#pragma once

#include <stdint.h>

// Whether this computer is about to be suspended, and that it has woken, as systemd-logind says it (PrepareForSleep), and a lock
// by which it waits a moment for us (Inhibit, "delay").
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

// Questions on the desktop, each with two buttons: the Desktop Notifications Specification 1.2, on the session's bus. Only the desktop
// that shows a question says what became of it, whoever else sends its signals. One that comes in its place shows what waits.
struct ra_notifications;

/// Null where there is no session bus. Whether anybody shows notifications there turns out later: who does not answer, shows nothing.
///
/// `address` is the bus' own; null for the session's.
struct ra_notifications *ra_notifications_open(const char *address);

/// Shows a question until it is answered or withdrawn. `number` is the caller's, and not in use.
///
/// Returns 0, or -1 when there are too many.
int ra_notifications_show(struct ra_notifications *self, uint32_t number, const char *title, const char *text);

/// Takes a question away; nothing is heard of it any more.
void ra_notifications_withdraw(struct ra_notifications *self, uint32_t number);

/// Waits until a question is answered: 1, with its number, and whether it was accepted. 0 when `wake` can be read or is closed,
/// -1 when the bus is gone. A question that was put away without an answer is over as well, and nothing is said.
int ra_notifications_wait(struct ra_notifications *self, int wake, uint32_t *number, int *accepted);

/// Takes all questions away, and gives everything back.
void ra_notifications_close(struct ra_notifications *self);
