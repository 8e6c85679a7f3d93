// What Swift cannot import of Linux's sockets: control messages, and the batches that carry them.
#ifndef RA_CLINUXNET_SHIM_H
#define RA_CLINUXNET_SHIM_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

// What the system's headers show to _GNU_SOURCE alone. Defining that here would give this module another
// view of fd_set than Swift's Glibc module has, which the importer refuses.
struct ra_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
extern int ra_recvmmsg(int fd, struct ra_mmsghdr *messages, unsigned int count, int flags, void *timeout) __asm__("recvmmsg");
struct ra_in6_pktinfo {
    struct in6_addr ipi6_addr;
    unsigned int ipi6_ifindex;
};

// An address in network byte order, whose family is 4, 6 or 0 for none. The port is in host order.
struct ra_address {
    uint8_t octets[16];
    uint16_t port;
    uint8_t family;
};

// One datagram of a batch: `data` has room for `capacity` bytes.
struct ra_datagram {
    uint8_t *data;
    uint32_t capacity;
    uint32_t length;
    struct ra_address remote;
    struct ra_address local;  // where it was sent to; the port is not filled in
};

#define RA_MAXIMUM_BATCH 32

// Room for one IP_PKTINFO or IPV6_PKTINFO.
union ra_control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct ra_in6_pktinfo))];
};

static inline socklen_t ra_to_sockaddr(const struct ra_address *address, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (address->family == 6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(address->port);
        memcpy(&in6->sin6_addr, address->octets, 16);
        return sizeof *in6;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    memcpy(&in->sin_addr, address->octets, 4);
    return sizeof *in;
}

static inline struct ra_address ra_from_sockaddr(const struct sockaddr_storage *storage) {
    struct ra_address address;
    memset(&address, 0, sizeof address);
    if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)storage;
        address.family = 6;
        address.port = ntohs(in6->sin6_port);
        memcpy(address.octets, &in6->sin6_addr, 16);
    } else if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)storage;
        address.family = 4;
        address.port = ntohs(in->sin_port);
        memcpy(address.octets, &in->sin_addr, 4);
    }
    return address;
}

static inline int ra_bind(int fd, struct ra_address address) {
    struct sockaddr_storage storage;
    socklen_t length = ra_to_sockaddr(&address, &storage);
    return bind(fd, (struct sockaddr *)&storage, length);
}

static inline struct ra_address ra_local_address(int fd) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    memset(&storage, 0, sizeof storage);
    getsockname(fd, (struct sockaddr *)&storage, &length);
    return ra_from_sockaddr(&storage);
}

static inline struct ra_address ra_local_of_control(struct msghdr *header) {
    struct ra_address local;
    memset(&local, 0, sizeof local);
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            local.family = 4;
            memcpy(local.octets, &info.ipi_spec_dst, 4);
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct ra_in6_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            local.family = 6;
            memcpy(local.octets, &info.ipi6_addr, 16);
        }
    }
    return local;
}

// Receives up to `count` (RA_MAXIMUM_BATCH at most) datagrams; -1 with errno when there is none.
static inline int ra_receive_batch(int fd, struct ra_datagram *datagrams, int count) {
    struct ra_mmsghdr messages[RA_MAXIMUM_BATCH];
    struct iovec vectors[RA_MAXIMUM_BATCH];
    struct sockaddr_storage names[RA_MAXIMUM_BATCH];
    union ra_control controls[RA_MAXIMUM_BATCH];
    if (count > RA_MAXIMUM_BATCH) count = RA_MAXIMUM_BATCH;
    for (int i = 0; i < count; i++) {
        vectors[i].iov_base = datagrams[i].data;
        vectors[i].iov_len = datagrams[i].capacity;
        memset(&messages[i], 0, sizeof messages[i]);
        messages[i].msg_hdr.msg_name = &names[i];
        messages[i].msg_hdr.msg_namelen = sizeof names[i];
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_control = &controls[i];
        messages[i].msg_hdr.msg_controllen = sizeof controls[i];
    }
    int received = ra_recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    // An error of an earlier datagram's is told once, and hides what has arrived.
    if (received < 0 && errno != EAGAIN) received = ra_recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    for (int i = 0; i < received; i++) {
        datagrams[i].length = messages[i].msg_len;
        datagrams[i].remote = ra_from_sockaddr(&names[i]);
        datagrams[i].local = ra_local_of_control(&messages[i].msg_hdr);
    }
    return received;
}

// Sends one datagram; from `local` when its family is not 0. -1 with errno when it was not taken.
static inline ssize_t ra_send(
    int fd, const uint8_t *data, size_t length, struct ra_address remote, struct ra_address local) {
    struct sockaddr_storage name;
    union ra_control control;
    struct iovec vector = {.iov_base = (void *)data, .iov_len = length};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_name = &name;
    message.msg_namelen = ra_to_sockaddr(&remote, &name);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    if (local.family != 0 && local.family == remote.family) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (local.family == 4) {
            struct in_pktinfo info;
            memset(&info, 0, sizeof info);
            memcpy(&info.ipi_spec_dst, local.octets, 4);
            header->cmsg_level = IPPROTO_IP;
            header->cmsg_type = IP_PKTINFO;
            header->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(header), &info, sizeof info);
            message.msg_controllen = CMSG_SPACE(sizeof info);
        } else {
            struct ra_in6_pktinfo info;
            memset(&info, 0, sizeof info);
            memcpy(&info.ipi6_addr, local.octets, 16);
            header->cmsg_level = IPPROTO_IPV6;
            header->cmsg_type = IPV6_PKTINFO;
            header->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(header), &info, sizeof info);
            message.msg_controllen = CMSG_SPACE(sizeof info);
        }
    }
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// A non-blocking UDP socket of a family (4 or 6, the latter without IPv4-mapped traffic); -1 with errno.
static inline int ra_udp_socket(int family) {
    int domain = family == 6 ? AF_INET6 : AF_INET;
    int fd = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0 && family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return fd;
}

// Asks for the address that each datagram was sent to.
static inline int ra_want_packet_info(int fd, int family) {
    int on = 1;
    return family == 6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                       : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

// Collects what becomes of sent datagrams in the socket's error queue, and sends without the DF bit. OMIT sends
// fragments of the interface's MTU over IPv4, believes no ICMP about smaller ones, and yet reports it; over IPv6 only
// the sender can fragment, so there the path's MTU counts.
static inline int ra_report_errors(int fd, int family) {
    int on = 1, omit = IP_PMTUDISC_OMIT, want = IPV6_PMTUDISC_WANT;
    if (family == 6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on) |
               setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &want, sizeof want);
    return setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) |
           setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
}

// Sends one datagram whole or not at all, from a socket that `ra_report_errors` was called for.
static inline ssize_t ra_send_unfragmented(int fd, const uint8_t *data, size_t length, struct ra_address remote) {
    int level = remote.family == 6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int option = remote.family == 6 ? IPV6_DONTFRAG : IP_MTU_DISCOVER;
    int whole = remote.family == 6 ? 1 : IP_PMTUDISC_PROBE;
    int usual = remote.family == 6 ? 0 : IP_PMTUDISC_OMIT;
    struct ra_address anywhere;
    memset(&anywhere, 0, sizeof anywhere);
    if (setsockopt(fd, level, option, &whole, sizeof whole) != 0) return -1;
    ssize_t sent = ra_send(fd, data, length, remote, anywhere);
    // Any error but these may be an earlier datagram's, which this one shall not suffer for.
    if (sent < 0 && errno != EMSGSIZE && errno != EAGAIN) sent = ra_send(fd, data, length, remote, anywhere);
    setsockopt(fd, level, option, &usual, sizeof usual);
    return sent;
}

// What became of an earlier datagram: an ICMP message, or this host's own refusal to send what is too long.
struct ra_error {
    struct ra_address remote;  // where it was sent to
    uint32_t mtu;
    uint8_t type;
    uint8_t code;
};

// Room for one IP_RECVERR or IPV6_RECVERR: the error, and who told it.
union ra_error_control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6))];
};

// Takes one entry from a socket's error queue: 1 with the error, 0 for an entry that is not ICMP's, -1 for none.
static inline int ra_receive_error(int fd, struct ra_error *error) {
    struct sockaddr_storage name;
    union ra_error_control control;
    uint8_t nothing;
    struct iovec vector = {.iov_base = &nothing, .iov_len = 0};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(&name, 0, sizeof name);
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        int is4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR;
        int is6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR;
        if (!is4 && !is6) continue;
        struct sock_extended_err cause;
        memcpy(&cause, CMSG_DATA(header), sizeof cause);
        error->remote = ra_from_sockaddr(&name);
        error->mtu = cause.ee_info;
        error->type = cause.ee_type;
        error->code = cause.ee_code;
        if (cause.ee_origin == SO_EE_ORIGIN_LOCAL && cause.ee_errno == EMSGSIZE) {
            // The first link is too narrow: what a router would say of a later one.
            error->type = is6 ? 2 : 3;
            error->code = is6 ? 0 : 4;
            return 1;
        }
        return cause.ee_origin == (is6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP);
    }
    return 0;
}

static inline int ra_reuse_port(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

// Best effort: beyond the system's limit where we may, else up to it.
static inline void ra_buffer_sizes(int fd, int bytes) {
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

// A non-blocking TCP socket that listens at an address which nobody else has; -1 with errno.
//
// SO_REUSEPORT comes after the bind: our own connections may then leave from the same port, and yet the bind failed
// if anybody was there.
static inline int ra_tcp_listener(struct ra_address address, int backlog) {
    int on = 1;
    int fd = socket(address.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (address.family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ra_bind(fd, address) != 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        listen(fd, backlog) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

// A stream socket for names in the file system; -1 with errno.
static inline int ra_unix_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

static inline int ra_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int ra_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline void ra_eventfd_signal(int fd) { eventfd_write(fd, 1); }
static inline void ra_eventfd_clear(int fd) {
    eventfd_t count;
    eventfd_read(fd, &count);
}

// Watches a descriptor for input; `tag` comes back with the event.
static inline int ra_epoll_add(int epoll, int fd, uint64_t tag) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.u64 = tag;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

#define RA_MAXIMUM_EVENTS 128
// Set in a tag when the descriptor has an error.
#define RA_EVENT_ERROR_BIT 63

// Waits up to `milliseconds` (-1: for ever) and writes the tags of what is ready.
static inline int ra_epoll_wait(int epoll, uint64_t *tags, int milliseconds) {
    struct epoll_event events[RA_MAXIMUM_EVENTS];
    int count = epoll_wait(epoll, events, RA_MAXIMUM_EVENTS, milliseconds);
    for (int i = 0; i < count; i++)
        tags[i] = events[i].data.u64 | (uint64_t)((events[i].events & EPOLLERR) != 0) << RA_EVENT_ERROR_BIT;
    return count;
}

#endif
