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
#define ACCEPT "accept"
#define DECLINE "decline"
/// More questions at once than this nobody can answer.
#define QUESTIONS 16

struct question {
    struct ra_notifications *owner;
    uint32_t number;
    /// The desktop's number for it; 0 until it has said one.
    uint32_t id;
    bool in_use;
    /// It was taken away before the desktop had said its number.
    bool is_withdrawn;
    sd_bus_slot *reply;
};

struct ra_notifications {
    sd_bus *bus;
    struct question questions[QUESTIONS];
    bool was_answered;
    uint32_t answered;
    bool accepted;
};

static void forget(struct question *question) {
    question->reply = sd_bus_slot_unref(question->reply);
    question->in_use = false;
}

static struct question *with_id(struct ra_notifications *self, uint32_t id) {
    for (int i = 0; i < QUESTIONS; i++)
        if (id && self->questions[i].in_use && self->questions[i].id == id) return &self->questions[i];
    return NULL;
}

static void close_on_desktop(struct question *question) {
    sd_bus_call_method_async(question->owner->bus, NULL, NAME, PATH, NAME, "CloseNotification", NULL, NULL, "u", question->id);
}

static int shown(sd_bus_message *reply, void *data, sd_bus_error *error) {
    (void)error;
    struct question *question = data;
    // Who shows none answers with an error, or not at all.
    if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &question->id) < 0 || !question->id) {
        forget(question);
        return 0;
    }
    // A number that is given again is a new desktop's, and whoever has it from the one before is on no screen any more.
    for (int i = 0; i < QUESTIONS; i++) {
        struct question *other = &question->owner->questions[i];
        if (other != question && other->in_use && other->id == question->id) forget(other);
    }
    if (question->is_withdrawn) {
        close_on_desktop(question);
        forget(question);
    }
    return 0;
}

static int invoked(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)error;
    struct ra_notifications *self = data;
    uint32_t id = 0;
    const char *action = "";
    if (sd_bus_message_read(message, "us", &id, &action) < 0) return 0;
    struct question *question = with_id(self, id);
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
    struct question *question = with_id(data, id);
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
        || sd_bus_match_signal_async(self->bus, NULL, NAME, PATH, NAME, "NotificationClosed", closed, NULL, self) < 0) {
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
    *question = (struct question){.owner = self, .number = number, .in_use = true};
    // Urgency 2 (critical) and a time of 0: it stays until it is answered, or taken away when nobody calls any more.
    int status = sd_bus_call_method_async(
        self->bus, &question->reply, NAME, PATH, NAME, "Notify", shown, question, "susssasa{sv}i", "ra-connect", (uint32_t)0,
        "call-start", title, text, 4, ACCEPT, "Accept", DECLINE, "Decline", 2, "urgency", "y", (uint8_t)2, "category", "s",
        "call.incoming", (int32_t)0);
    if (status < 0) forget(question);
    return status < 0 ? -1 : 0;
}

void ra_notifications_withdraw(struct ra_notifications *self, uint32_t number) {
    for (int i = 0; i < QUESTIONS; i++) {
        struct question *question = &self->questions[i];
        if (!question->in_use || question->is_withdrawn || question->number != number) continue;
        if (!question->id) {
            question->is_withdrawn = true;
            continue;
        }
        close_on_desktop(question);
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
    for (int i = 0; i < QUESTIONS; i++) self->questions[i].reply = sd_bus_slot_unref(self->questions[i].reply);
    sd_bus_close_unref(self->bus);
    free(self);
}
