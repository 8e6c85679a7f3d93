// libnatpmp (NAT-PMP, RFC 6886). The shims reach into an anonymous union that reads badly from Swift.
#pragma once
#include <natpmp.h>
#include <stdint.h>

/// The external address of a public address response, in host byte order.
static inline uint32_t ra_natpmp_address(const natpmpresp_t *response) {
    return ntohl(response->pnu.publicaddress.addr.s_addr);
}
static inline uint16_t ra_natpmp_external_port(const natpmpresp_t *response) {
    return response->pnu.newportmapping.mappedpublicport;
}
static inline uint32_t ra_natpmp_lifetime(const natpmpresp_t *response) {
    return response->pnu.newportmapping.lifetime;
}
static inline uint32_t ra_natpmp_gateway(const natpmp_t *client) { return ntohl(client->gateway); }
/// Until the library wants to send again; without end when it does not.
static inline int64_t ra_natpmp_milliseconds_to_retry(natpmp_t *client) {
    struct timeval left = {0, 0};
    if (getnatpmprequesttimeout(client, &left) != 0) return INT64_MAX;
    return (int64_t)left.tv_sec * 1000 + left.tv_usec / 1000;
}
