import CUSRSCTP

/// Times and counts that suit a person who watches a screen: losses are noticed fast, outages are sat out.
private enum Timing {
    /// The first retransmission timeout; ICE found the path alive a moment ago (RFC 9260 says 1 s of a stranger).
    static let initialTimeout: UInt32 = 500
    /// RFC 9260 says 1 s, for delayed acknowledgements of 200 ms; ours are delayed 20 ms.
    static let minimumTimeout: UInt32 = 100
    /// After an outage data moves again within this time. RFC 9260 says 60 s.
    static let maximumTimeout: UInt32 = 2000
    static let acknowledgementDelay: UInt32 = 20
    /// With the maximum timeout between them: twenty minutes. When a peer is lost is the session's decision, and one whose
    /// computer is suspended is waited for a quarter of an hour.
    static let patience: UInt16 = 600
    /// Consent checks of ICE (RFC 7675) keep the path alive; this only notices an association that is gone.
    static let heartbeatInterval: UInt32 = 15_000
}

extension Stack.Socket {
    /// The number of streams to ask for: browsers ask for as many; each costs memory in usrsctp.
    static let streamCount: UInt16 = 1024

    /// usrsctp's own buffer holds what is in flight and a little more: the rest waits in `Outgoing`. 2 MiB in flight are
    /// 160 Mbit/s at a round trip of 100 ms.
    private static let bufferSize: Int32 = 2 << 20

    /// Sets every option; false at the first that usrsctp refuses. Called under the stack's lock.
    func configure(_ configuration: Configuration) -> Bool {
        usrsctp_set_non_blocking(pointer, 1) == 0
            // Closing frees at once, with an ABORT where needed: nothing lingers with nobody to carry its packets.
            && set(socketOption: SO_LINGER, linger(l_onoff: 1, l_linger: 0))
            && set(socketOption: SO_SNDBUF, Self.bufferSize)
            && set(socketOption: SO_RCVBUF, Self.bufferSize)
            && set(SCTP_NODELAY, Int32(1))
            && set(SCTP_EXPLICIT_EOR, Int32(1))
            && set(SCTP_RECVRCVINFO, Int32(1))
            && set(SCTP_FRAGMENT_INTERLEAVE, Int32(0))  // parts of one message come without another's between
            && set(
                SCTP_ENABLE_STREAM_RESET,
                sctp_assoc_value(assoc_id: sctp_assoc_t(SCTP_FUTURE_ASSOC), assoc_value: UInt32(SCTP_ENABLE_RESET_STREAM_REQ)))
            && set(
                SCTP_INITMSG,
                sctp_initmsg(
                    sinit_num_ostreams: Self.streamCount, sinit_max_instreams: Self.streamCount,
                    sinit_max_attempts: Timing.patience, sinit_max_init_timeo: UInt16(Timing.maximumTimeout)))
            && set(
                SCTP_RTOINFO,
                sctp_rtoinfo(
                    srto_assoc_id: sctp_assoc_t(SCTP_FUTURE_ASSOC), srto_initial: Timing.initialTimeout,
                    srto_max: Timing.maximumTimeout, srto_min: Timing.minimumTimeout))
            && setPatience()
            && set(
                SCTP_DELAYED_SACK,
                sctp_sack_info(
                    sack_assoc_id: sctp_assoc_t(SCTP_FUTURE_ASSOC), sack_delay: Timing.acknowledgementDelay, sack_freq: 2))
            && setPath(packetSize: configuration.maximumPacketSize)
            && [SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT, SCTP_STREAM_RESET_EVENT, SCTP_SENDER_DRY_EVENT].allSatisfy(subscribe)
    }

    private func setPatience() -> Bool {
        var parameters = sctp_assocparams()
        parameters.sasoc_assoc_id = sctp_assoc_t(SCTP_FUTURE_ASSOC)
        parameters.sasoc_asocmaxrxt = Timing.patience
        return set(SCTP_ASSOCINFO, parameters)
    }

    /// One path of a known size: no path MTU discovery.
    private func setPath(packetSize: Int) -> Bool {
        var parameters = sctp_paddrparams()
        parameters.spp_assoc_id = sctp_assoc_t(SCTP_FUTURE_ASSOC)
        parameters.spp_flags = UInt32(SPP_PMTUD_DISABLE | SPP_HB_ENABLE)
        parameters.spp_pathmtu = UInt32(packetSize - 12)  // usrsctp counts without the common header
        parameters.spp_hbinterval = Timing.heartbeatInterval
        parameters.spp_pathmaxrxt = Timing.patience
        return set(SCTP_PEER_ADDR_PARAMS, parameters)
    }

    private func subscribe(_ type: Int32) -> Bool {
        set(SCTP_EVENT, sctp_event(se_assoc_id: sctp_assoc_t(SCTP_FUTURE_ASSOC), se_type: UInt16(type), se_on: 1))
    }

    private func set<Value>(_ option: Int32, _ value: Value) -> Bool {
        withUnsafeBytes(of: value) { ra_sctp_set(pointer, option, $0.baseAddress, socklen_t($0.count)) } == 0
    }

    private func set<Value>(socketOption option: Int32, _ value: Value) -> Bool {
        withUnsafeBytes(of: value) { ra_sctp_set_socket(pointer, option, $0.baseAddress, socklen_t($0.count)) } == 0
    }
}
