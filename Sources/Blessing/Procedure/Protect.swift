import ContentAddress
import Imp003
import SerialNOR
import StationStore

extension UnitProcedure {
    /// Stage 2: what the system's part of the flash holds now, before anything of ours is written.
    mutating func protect() async throws {
        let digest = try await hashReservation()
        reservationDigest = digest
        note("reservation_sha256", .text(digest.hex))
    }

    /// The reservation's SHA-256, read by the fixture's own wires.
    mutating func hashReservation() async throws -> SHA256Digest {
        let flash = try await holdForFlash()
        let end = Int(context.plan.variant.module.profile.reservation)
        do {
            return try await flash.hash(0..<end)
        } catch let error as FlashFailure {
            throw Reason(.reservationUnreadable, "\(error)")
        }
    }
}
