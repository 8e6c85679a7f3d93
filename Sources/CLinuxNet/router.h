// What talking to a router takes: sockets that are bound to one address of ours and connected to the router, and one that
// hears what routers announce to everybody.
#ifndef RA_CLINUXNET_ROUTER_H
#define RA_CLINUXNET_ROUTER_H

#include "shim.h"

// What poll.h says. It is not included: Swift would then find its structure in two modules, or in one, by their order.
struct ra_watched {
    int fd;
    short events;
    short revents;
};
#define RA_READABLE 1
extern int ra_poll(struct ra_watched *watched, unsigned long count, int milliseconds) __asm__("poll");

// What net/if.h says. It is not included: the kernel's if.h has the same structures.
extern unsigned int if_nametoindex(const char *name);

static inline int ra_connect_scoped(int fd, struct ra_address router, uint32_t scope) {
    union ra_name name;
    socklen_t length = ra_write_name(&name, router);
    if (router.family == 6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, name.bytes, sizeof in6);
        in6.sin6_scope_id = scope;
        memcpy(name.bytes, &in6, sizeof in6);
    }
    return connect(fd, (struct sockaddr *)&name, length);
}

// A UDP socket that sends to one router and hears it alone; -1 with errno. Without an address of ours (family 0) the
// system takes the one that faces the router.
static inline int ra_router_socket(struct ra_address local, struct ra_address router, uint32_t scope) {
    int fd = ra_udp_socket(router.family);
    if (fd < 0) return -1;
    if ((local.family != 0 && ra_bind(fd, local) != 0) || ra_connect_scoped(fd, router, scope) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

// Hears what is sent to the multicast group of all hosts on a port, which several programs may hear; -1 with errno.
// `local` or, for IPv6, the interface's number says on which link.
static inline int ra_announcement_socket(struct ra_address local, uint32_t interface, uint16_t port) {
    int on = 1;
    int fd = ra_udp_socket(local.family);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct ra_address any = {0, 0, port, local.family};
    int joined = ra_bind(fd, any);
    if (joined == 0 && local.family == 4) {
        struct ip_mreq group;
        group.imr_multiaddr.s_addr = htonl(INADDR_ALLHOSTS_GROUP);
        group.imr_interface.s_addr = htonl((uint32_t)local.low);
        joined = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
    } else if (joined == 0) {
        struct ipv6_mreq group;
        memset(&group, 0, sizeof group);
        group.ipv6mr_multiaddr.s6_addr[0] = 0xff;
        group.ipv6mr_multiaddr.s6_addr[1] = 0x02;
        group.ipv6mr_multiaddr.s6_addr[15] = 0x01;
        group.ipv6mr_interface = interface;
        joined = setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group);
    }
    if (joined == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// Goes on while the machine is suspended.
static inline int64_t ra_boottime_nanoseconds(void) {
    struct timespec time = {0, 0};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void ra_close(int fd) { close(fd); }

static inline ssize_t ra_router_send(int fd, const uint8_t *data, size_t length) {
    return send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// One datagram and its sender; its own length, also when the room was smaller. -1: there is none, -2: nobody listens
// where the socket is connected to.
static inline ssize_t ra_receive_from(int fd, uint8_t *room, size_t capacity, struct ra_address *source) {
    union ra_name name;
    socklen_t length = sizeof name;
    memset(&name, 0, sizeof name);
    ssize_t count = recvfrom(fd, room, capacity, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&name, &length);
    *source = ra_read_name(&name);
    return count < 0 && errno == ECONNREFUSED ? -2 : count;
}

// What sys/timerfd.h says.
extern int ra_timerfd_create(int clock, int flags) __asm__("timerfd_create");
extern int ra_timerfd_settime(int fd, int flags, const struct itimerspec *next, struct itimerspec *last) __asm__("timerfd_settime");

// Can be read after so many milliseconds, those of a suspension included; -1 where the system has none left.
static inline int ra_boottime_timer(int milliseconds) {
    struct itimerspec time;
    memset(&time, 0, sizeof time);
    time.it_value.tv_sec = milliseconds / 1000;
    time.it_value.tv_nsec = milliseconds % 1000 * 1000000L;
    int fd = milliseconds > 0 ? ra_timerfd_create(CLOCK_BOOTTIME, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;  // the same bits
    if (fd >= 0 && ra_timerfd_settime(fd, 0, &time, NULL) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

#define RA_MAXIMUM_WATCHED 4

// Sleeps until one of the descriptors (-1: none) can be read, or for so many milliseconds. Bit i is set for the i-th.
// A sleep that is over while the machine is suspended ends as soon as it wakes; poll's own time stops meanwhile.
static inline uint32_t ra_wait_readable(const int *descriptors, int count, int milliseconds) {
    struct ra_watched watched[RA_MAXIMUM_WATCHED + 1];
    uint32_t ready = 0;
    if (count > RA_MAXIMUM_WATCHED) count = RA_MAXIMUM_WATCHED;
    for (int i = 0; i < count; i++) watched[i] = (struct ra_watched){descriptors[i], RA_READABLE, 0};
    int timer = ra_boottime_timer(milliseconds);
    watched[count] = (struct ra_watched){timer, RA_READABLE, 0};
    if (ra_poll(watched, (unsigned long)count + 1, timer < 0 ? milliseconds : -1) > 0)
        for (int i = 0; i < count; i++)
            if (watched[i].revents) ready |= 1u << i;
    if (timer >= 0) close(timer);
    return ready;
}

static inline uint32_t ra_interface_number(const char *name) { return if_nametoindex(name); }

extern int ra_flock(int fd, int operation) __asm__("flock");

// Locks a file for as long as it is open; not 0 when somebody else has done so.
static inline int ra_lock_file(int fd) { return ra_flock(fd, 2 | 4); }  // LOCK_EX | LOCK_NB

// 1: a port of ours can be had; 0: somebody has it; -1: the address is not ours now, or it cannot be known.
static inline int ra_try_port(struct ra_address address, int is_tcp) {
    int on = 1;
    int domain = address.family == 6 ? AF_INET6 : AF_INET;
    int fd = socket(domain, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    // A connection that has ended keeps its port for a minute; who listens there keeps it all the same.
    if (is_tcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int answer = ra_bind(fd, address) == 0 ? 1 : errno == EADDRINUSE ? 0 : -1;
    close(fd);
    return answer;
}

#endif
