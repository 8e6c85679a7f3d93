// libminiupnpc (UPnP IGD). Swift imports its functions as they are; the shims hide one signature that changed with
// API version 18 and the char arrays inside structures, which Swift would import as tuples.
#pragma once
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/miniwget.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <string.h>

/// An Internet Gateway Device that was found. Owns memory: `ra_igd_free`.
struct ra_igd {
    struct UPNPUrls urls;
    struct IGDdatas data;
    char lan_address[64]; ///< Our own address, as used towards the device.
};

/// Picks the gateway among discovered devices; 1 when there is one, connected or not.
static inline int ra_igd_choose(struct UPNPDev *devices, struct ra_igd *igd) {
    memset(igd, 0, sizeof *igd);
#if MINIUPNPC_API_VERSION >= 18
    char wan_address[64];
    int found = UPNP_GetValidIGD(devices, &igd->urls, &igd->data, igd->lan_address, sizeof igd->lan_address,
                                 wan_address, sizeof wan_address);
    int unknown_device = 4;
#else
    int found = UPNP_GetValidIGD(devices, &igd->urls, &igd->data, igd->lan_address, sizeof igd->lan_address);
    int unknown_device = 3;
#endif
    return found > 0 && found < unknown_device && igd->urls.controlURL && igd->data.first.servicetype[0];
}

/// Reads the device description at a known URL; 1 when it describes a gateway.
static inline int ra_igd_open(const char *url, struct ra_igd *igd) {
    memset(igd, 0, sizeof *igd);
    return UPNP_GetIGDFromUrl(url, &igd->urls, &igd->data, igd->lan_address, sizeof igd->lan_address) == 1
        && igd->urls.controlURL && igd->data.first.servicetype[0];
}

static inline void ra_igd_free(struct ra_igd *igd) { FreeUPNPUrls(&igd->urls); }

/// The type of the connection service: WANIPConnection:1, WANIPConnection:2 or WANPPPConnection:1.
static inline const char *ra_igd_service(const struct ra_igd *igd) { return igd->data.first.servicetype; }
static inline const char *ra_igd_lan_address(const struct ra_igd *igd) { return igd->lan_address; }

/// The type of the IPv6 firewall's service, WANIPv6FirewallControl:1; NULL when there is none.
static inline const char *ra_igd_firewall(const struct ra_igd *igd) {
    return igd->data.IPv6FC.servicetype[0] ? igd->data.IPv6FC.servicetype : NULL;
}
