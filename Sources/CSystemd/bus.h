// What this folder's files have in common: how a bus is opened whose address is given.
#pragma once

#include <systemd/sd-bus.h>

/// Opens the bus at an address, or with `usual` where none is given.
static inline int ra_bus_open(sd_bus **bus, const char *address, int (*usual)(sd_bus **)) {
    if (!address) return usual(bus);
    int status = sd_bus_new(bus);
    if (status < 0) return status;
    if ((status = sd_bus_set_address(*bus, address)) >= 0 && (status = sd_bus_set_bus_client(*bus, 1)) >= 0
        && (status = sd_bus_negotiate_fds(*bus, 1)) >= 0 && (status = sd_bus_start(*bus)) >= 0)
        return 0;
    *bus = sd_bus_unref(*bus);
    return status;
}
