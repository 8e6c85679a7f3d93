// XCB and its extensions. The extensions' identities are mutable globals in C, which Swift does not let in.
#ifndef CXCB_SHIM_H
#define CXCB_SHIM_H

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xcb/damage.h>
#include <xcb/randr.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>
#include <xcb/xfixes.h>
#include <xcb/xinput.h>
#include <xcb/xtest.h>

// The first event number of an extension, -1 when the server does not have it.
static inline int cxcb_first_event(xcb_connection_t *connection, xcb_extension_t *extension) {
    const xcb_query_extension_reply_t *reply = xcb_get_extension_data(connection, extension);
    return reply != NULL && reply->present ? reply->first_event : -1;
}

static inline int cxcb_damage_first_event(xcb_connection_t *c) { return cxcb_first_event(c, &xcb_damage_id); }
static inline int cxcb_randr_first_event(xcb_connection_t *c) { return cxcb_first_event(c, &xcb_randr_id); }
static inline int cxcb_xfixes_first_event(xcb_connection_t *c) { return cxcb_first_event(c, &xcb_xfixes_id); }
static inline int cxcb_xtest_first_event(xcb_connection_t *c) { return cxcb_first_event(c, &xcb_test_id); }
static inline int cxcb_shm_first_event(xcb_connection_t *c) { return cxcb_first_event(c, &xcb_shm_id); }

// The major opcode of XInput, by which its events are known; -1 when the server does not have it.
static inline int cxcb_xinput_opcode(xcb_connection_t *connection) {
    const xcb_query_extension_reply_t *reply = xcb_get_extension_data(connection, &xcb_input_id);
    return reply != NULL && reply->present ? reply->major_opcode : -1;
}

// Asks for XInput 2's events of one kind of devices in one window. The mask's length is in the request behind a flexible end,
// which Swift has no word for.
static inline void cxcb_xinput_select(xcb_connection_t *connection, xcb_window_t window, uint16_t device, uint32_t mask) {
    struct {
        xcb_input_event_mask_t head;
        uint32_t mask;
    } wanted = {{device, 1}, mask};
    xcb_input_xi_select_events(connection, window, 1, &wanted.head);
}

// A file without a name, closed on exec. glibc declares memfd_create only for _GNU_SOURCE, which a module cannot set.
static inline int cxcb_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */); }

#endif
