import Ledger
import StationStore
import TimeAndChance

/// Reads and checks the next batch of a ledger while the plant still stores the one before it: the two keep a processor
/// each busy.
struct SendingAhead: Sendable {
    let reader: StationReader
    let identity: StationIdentity
    let options: PlantPusher.Options
    let clock: any WallClock
    /// The size of the ledger up to which it is sent.
    let end: Int64

    /// The batch behind a tree; nil when nothing is left to send.
    /// - Throws: ``PlantError/evidence(_:)`` when what was signed is not what lies there; `StoreError`.
    func batch(after tree: GrowingTree) async throws -> Arrival? {
        guard tree.size < end,
            let stretch = try await reader.signedStretch(
                from: tree.size, mostEntries: options.mostEntries, mostBytes: options.mostBytes)
        else { return nil }
        let signer: VerifierKey
        if let later = try await reader.logKey(forSize: stretch.checkpoint.size) {
            signer = later
        } else {
            do throws(KeyError) { signer = try VerifierKey(text: identity.verifierKey) } catch {
                throw StoreError.tampered(path: identity.name, detail: "its key can't be read: \(error)")
            }
        }
        return try Arrival(
            stretch, after: tree, station: identity.name, verifier: signer, now: clock.utcMilliseconds())
    }
}
