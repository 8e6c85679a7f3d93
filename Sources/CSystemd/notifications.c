#define _GNU_SOURCE
#include "CSystemd.h"
#include "bus.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"
#define OWNERS                                                                                     \
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"                    \
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" NAME "'"
#define ACCEPT "accept"
#define DECLINE "decline"
/// More questions at once than this nobody can answer.
#define QUESTIONS 16

/// A name on a bus has no more bytes, with the 0 at its end.
#define LONGEST_NAME 256

/// One of a caller's. While `reply` is there the desktop has not answered; without it and without `id` nobody shows the question.
struct question {
    struct ra_notifications *owner;
    uint32_t number;
    /// The desktop's number for it; 0 until it has said one.
    uint32_t id;
    /// The unique name of the desktop that has given the number: nobody else's signals are about it.
    char desktop[LONGEST_NAME];
    /// How many desktops there had been when it was asked last.
    unsigned asked_at;
    bool in_use;
    /// It was taken away before the desktop had said its number.
    bool is_withdrawn;
    sd_bus_slot *reply;
    char *title, *text;
};

struct ra_notifications {
    sd_bus *bus;
    struct question questions[QUESTIONS];
    /// Desktops that have come since we listen, and the unique name of the last; empty before the first, and while there is none.
    unsigned desktops;
    char desktop[LONGEST_NAME];
    bool was_answered;
    uint32_t answered;
    bool accepted;
};

static void forget(struct question *question) {
    question->reply = sd_bus_slot_unref(question->reply);
    free(question->title);
    free(question->text);
    question->title = question->text = NULL;
    question->in_use = false;
}

static void keep(char *name, const char *other) {
    if (!other || strlen(other) >= LONGEST_NAME) other = "";
    strcpy(name, other);
}

/// What a desktop is asked for by a number that it has given is asked of that one, and not of one that has come after it.
static void close_on_desktop(struct question *question) {
    sd_bus_call_method_async(
        question->owner->bus, NULL, question->desktop, PATH, NAME, "CloseNotification", NULL, NULL, "u", question->id);
}

/// The question that a signal is about; null when it does not come from the desktop that shows it, since everybody on the bus may say
/// that a button was pressed.
static struct question *of_signal(struct ra_notifications *self, sd_bus_message *signal, uint32_t id) {
    const char *sender = sd_bus_message_get_sender(signal);
    for (int i = 0; i < QUESTIONS && id && sender; i++) {
        struct question *question = &self->questions[i];
        if (question->in_use && question->id == id && !strcmp(question->desktop, sender)) return question;
    }
    return NULL;
}

static int shown(sd_bus_message *reply, void *data, sd_bus_error *error);

static int ask(struct question *question) {
    question->id = 0;
    question->asked_at = question->owner->desktops;
    // Urgency 2 (critical) and a time of 0: it stays until it is answered, or taken away when nobody calls any more.
    return sd_bus_call_method_async(
        question->owner->bus, &question->reply, NAME, PATH, NAME, "Notify", shown, question, "susssasa{sv}i", "ra-connect",
        (uint32_t)0, "call-start", question->title, question->text, 4, ACCEPT, "Accept", DECLINE, "Decline", 2, "urgency", "y",
        (uint8_t)2, "category", "s", "call.incoming", (int32_t)0);
}

static int shown(sd_bus_message *reply, void *data, sd_bus_error *error) {
    (void)error;
    struct question *question = data;
    struct ra_notifications *self = question->owner;
    question->reply = sd_bus_slot_unref(question->reply);
    const char *sender = sd_bus_message_get_sender(reply);
    keep(question->desktop, sender);
    // Who shows none answers with an error, or not at all.
    bool is_shown = !sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "u", &question->id) >= 0
        && question->id && *question->desktop;
    if (!is_shown) question->id = 0;
    // Another desktop has come while this one was asked, and is not the one that has answered: it was started to be asked otherwise.
    bool is_late = question->asked_at != self->desktops && *self->desktop && strcmp(question->desktop, self->desktop);
    if (is_shown && (question->is_withdrawn || is_late)) close_on_desktop(question);
    if (question->is_withdrawn) {
        forget(question);
        return 0;
    }
    if (is_late && ask(question) < 0) forget(question);
    if (is_late || !is_shown) return 0;
    // A number that a desktop gives again is free again there: whoever had it is on no screen any more.
    for (int i = 0; i < QUESTIONS; i++) {
        struct question *other = &self->questions[i];
        if (other != question && other->in_use && other->id == question->id && !strcmp(other->desktop, question->desktop)) forget(other);
    }
    return 0;
}

/// The desktop is gone, or another has come: what the old one shows counts no more, and the new one is asked for all that waits.
static int owner_changed(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)error;
    struct ra_notifications *self = data;
    const char *name = "", *before = "", *now = "", *sender = sd_bus_message_get_sender(message);
    // Only the bus itself knows.
    if (!sender || strcmp(sender, "org.freedesktop.DBus")) return 0;
    if (sd_bus_message_read(message, "sss", &name, &before, &now) < 0 || strcmp(name, NAME)) return 0;
    keep(self->desktop, now);
    if (*self->desktop) self->desktops++;
    for (int i = 0; i < QUESTIONS; i++) {
        struct question *question = &self->questions[i];
        // What is on its way is answered, or the bus says that it is not.
        if (!question->in_use || question->reply) continue;
        if (question->id && !strcmp(question->desktop, now)) continue;
        if (question->id) close_on_desktop(question);
        question->id = 0;
        if (*self->desktop && ask(question) < 0) forget(question);
    }
    return 0;
}

static int invoked(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)error;
    struct ra_notifications *self = data;
    uint32_t id = 0;
    const char *action = "";
    if (sd_bus_message_read(message, "us", &id, &action) < 0) return 0;
    struct question *question = of_signal(self, message, id);
    // A click beside the buttons is no answer.
    if (!question || (strcmp(action, ACCEPT) && strcmp(action, DECLINE))) return 0;
    self->was_answered = true;
    self->answered = question->number;
    self->accepted = !strcmp(action, ACCEPT);
    close_on_desktop(question);
    forget(question);
    return 0;
}

static int closed(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)error;
    uint32_t id = 0, reason = 0;
    if (sd_bus_message_read(message, "uu", &id, &reason) < 0) return 0;
    struct question *question = of_signal(data, message, id);
    if (question) forget(question);
    return 0;
}

struct ra_notifications *ra_notifications_open(const char *address) {
    struct ra_notifications *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (ra_bus_open(&self->bus, address, sd_bus_open_user) < 0) {
        free(self);
        return NULL;
    }
    if (sd_bus_match_signal_async(self->bus, NULL, NAME, PATH, NAME, "ActionInvoked", invoked, NULL, self) < 0
        || sd_bus_match_signal_async(self->bus, NULL, NAME, PATH, NAME, "NotificationClosed", closed, NULL, self) < 0
        || sd_bus_add_match_async(self->bus, NULL, OWNERS, owner_changed, NULL, self) < 0) {
        ra_notifications_close(self);
        return NULL;
    }
    return self;
}

int ra_notifications_show(struct ra_notifications *self, uint32_t number, const char *title, const char *text) {
    struct question *question = NULL;
    for (int i = 0; i < QUESTIONS && !question; i++)
        if (!self->questions[i].in_use) question = &self->questions[i];
    if (!question) return -1;
    *question = (struct question){.owner = self, .number = number, .in_use = true, .title = strdup(title), .text = strdup(text)};
    if (question->title && question->text && ask(question) >= 0) return 0;
    forget(question);
    return -1;
}

void ra_notifications_withdraw(struct ra_notifications *self, uint32_t number) {
    for (int i = 0; i < QUESTIONS; i++) {
        struct question *question = &self->questions[i];
        if (!question->in_use || question->is_withdrawn || question->number != number) continue;
        if (question->reply) {
            question->is_withdrawn = true;
            continue;
        }
        if (question->id) close_on_desktop(question);
        forget(question);
    }
}

int ra_notifications_wait(struct ra_notifications *self, int wake, uint32_t *number, int *accepted) {
    for (;;) {
        int status = sd_bus_process(self->bus, NULL);
        if (status < 0) return -1;
        if (self->was_answered) {
            self->was_answered = false;
            *number = self->answered;
            *accepted = self->accepted;
            return 1;
        }
        if (status > 0) continue;  // there may be more
        int events = sd_bus_get_events(self->bus);
        uint64_t until = UINT64_MAX;
        if (events < 0 || sd_bus_get_timeout(self->bus, &until) < 0) return -1;
        struct pollfd sources[] = {{sd_bus_get_fd(self->bus), (short)events, 0}, {wake, POLLIN, 0}};
        // A bus or a desktop that does not answer is given up by sd-bus, which has to be called for that.
        if (poll(sources, 2, until == UINT64_MAX ? -1 : 1000) < 0 && errno != EINTR) return -1;
        if (sources[1].revents) return 0;
    }
}

void ra_notifications_close(struct ra_notifications *self) {
    for (int i = 0; i < QUESTIONS; i++)
        if (self->questions[i].in_use) ra_notifications_withdraw(self, self->questions[i].number);
    // What is taken away is said before the connection ends; a bus that takes nothing is not waited for.
    for (int i = 0; i < QUESTIONS && sd_bus_process(self->bus, NULL) > 0; i++) {}
    for (int i = 0; i < QUESTIONS; i++) forget(&self->questions[i]);
    sd_bus_close_unref(self->bus);
    free(self);
}
