import FactoryLink
import Imp003
import StationStore

extension UnitProcedure {
    /// Stage 7: the reservation is as it was, and the radio keeps to its channels.
    mutating func prove() async throws {
        try await proveReservation()
        try await boot()
        try await proveChannels()
    }

    private mutating func proveReservation() async throws {
        guard let before = reservationDigest else {
            throw Reason(.internalFault, "the reservation was never hashed")
        }
        let now = try await hashReservation()
        stageMeasurements.append(
            RecordedMeasurement(
                name: "reservation_sha256", value: .text(now.hex), unit: nil,
                limit: .equals(.text(before.hex)),
                outcome: now == before ? .passed : .failed))
        guard now == before else {
            throw Reason(
                .reservationChanged,
                "the system reservation's SHA-256 was \(before.hex) at stage protect and is \(now.hex) now. Something wrote below "
                    + "0x\(Int(context.plan.variant.module.profile.reservation).hex6): keep the unit for analysis"
            )
        }
    }

    /// Scans until enough access points were heard. Each scan leaks memory under Release 30 (K1), so their number
    /// is capped; one access point outside the set is enough to fail, however few were heard.
    private mutating func proveChannels() async throws {
        let allowed = context.plan.variant.channels
        let limits = context.plan.limits
        var heard: [String: NetworkSighting] = [:]
        var scans = 0
        while scans < limits.scans, heard.count < limits.accessPoints {
            try Task.checkCancellation()
            scans += 1
            do {
                for sighting in try await context.ask(ScanNetworks()).networks {
                    heard[sighting.bssid] = sighting
                }
            } catch {
                throw context.reason(for: error, otherwise: .scanFailed)
            }
        }
        let channels = ChannelSet(heard.values.compactMap { Channel(rawValue: Int($0.channel)) })
        let outside = heard.values.filter { sighting in
            guard let channel = Channel(rawValue: Int(sighting.channel)) else { return true }
            return !allowed.contains(channel)
        }.sorted { $0.channel < $1.channel }
        note("channels_heard", .text(channels.description))
        note("scans", .number(Double(scans)))
        stageMeasurements.append(
            RecordedMeasurement(
                name: "access_points", value: .number(Double(heard.count)), unit: nil,
                limit: .range(low: Double(limits.accessPoints), high: nil),
                outcome: heard.count >= limits.accessPoints ? .passed : .failed))
        stageMeasurements.append(
            RecordedMeasurement(
                name: "access_points_outside", value: .number(Double(outside.count)), unit: nil,
                limit: .range(low: nil, high: 0), outcome: outside.isEmpty ? .passed : .failed))
        if let first = outside.first {
            throw Reason(
                .channelOutside,
                "an access point on channel \(first.channel) (\(first.bssid)) was heard; region \(context.plan.variant.region.readBack) allows \(allowed)"
            )
        }
        guard heard.count >= limits.accessPoints else {
            throw Reason(
                .tooFewAccessPoints,
                "\(heard.count) access points heard in \(scans) scans; \(limits.accessPoints) are needed for the channel proof to count. Check the antenna"
            )
        }
    }
}
