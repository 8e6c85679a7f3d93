import Foundation
import Logging
import NetPrimitives
import Synchronization

// SIGHUP: the configuration is read again.
extension RelayServer {
    /// What is in use.
    public var configuration: ServeConfiguration { settings.withLock { $0 } }

    /// Takes over of a configuration what can change while the relay runs, and says what cannot; no allocation and no
    /// connection is dropped.
    ///
    /// - Throws: what is wrong with it, or what `read` throws; then nothing has changed.
    public func reload(_ read: @autoclosure () throws -> ServeConfiguration) throws {
        do {
            let change = try takeOver(try read())
            operation.change {
                $0.reloads.succeeded += 1
                $0.reloads.lastSucceeded = true
                $0.reloads.lastSuccess = .now
                $0.reloads.waiting = change.waiting
            }
            logger.info("reloaded", metadata: ["changed": .array(change.taken.map { .string($0) })])
            if !change.waiting.isEmpty {
                logger.warning("not changed before a restart", metadata: ["keys": .array(change.waiting.map { .string($0) })])
            }
        } catch {
            operation.change {
                $0.reloads.failed += 1
                $0.reloads.lastSucceeded = false
            }
            throw error
        }
    }

    /// Everything that can fail comes first.
    private func takeOver(_ wanted: ServeConfiguration) throws -> ConfigurationChange {
        try wanted.validate()
        let change = ConfigurationChange(from: configuration, to: wanted)
        let result = change.result
        // A pair that waits for a restart is read as well: a wrong one would end the relay there.
        let tlsWaits = change.waiting.contains(where: Setting.certificateKeys.contains)
        let loaded = try CertificateSource(tlsWaits ? wanted : result, state: state)?.load()
        let secrets = try opened.secrets(result)
        if let loaded, let certificate, !tlsWaits {
            try certificate.set(loaded)
            operation.change { $0.certificateEnd = loaded.expires }
            Self.tell(of: loaded, logger)
        }
        dataPlane.update(relay: Self.relayConfiguration(result, secrets: secrets), quotas: result.quotas)
        // After it: what is signed with a new secret has to be good already.
        signing.set(secrets)
        operation.change {
            $0.place?.realm = result.effectiveRealm
            $0.signsWithStateSecret = result.authSecrets.isEmpty
        }
        place.setBounds(result.meetings)
        contacts.reconfigure(result)
        dialBack.setServed(result.dialBack)
        routes.change {
            $0.name = result.effectiveRealm
            $0.realm = result.effectiveRealm
            $0.servesDialBack = result.dialBack
        }
        settings.withLock { $0 = result }
        fitConnections(result)
        return change
    }
}
