import ArgumentParser
import Foundation
import Plant
import StationStore

/// Where the plant database is; shared by every command that talks to it.
struct PlantOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The plant database: a libpq URI or connection string without a password (default: $BLESSING_PLANT, else libpq's own environment).",
            valueName: "uri"))
    var plant: String?

    @Option(help: ArgumentHelp("A service of ~/.pg_service.conf instead.", valueName: "name"))
    var service: String?

    @Option(help: ArgumentHelp("Give up after so many seconds of silence.", valueName: "s"))
    var patience: Double = 60

    func validate() throws {
        guard plant == nil || service == nil else {
            throw ValidationError("Say either --plant or --service.")
        }
        guard (1...3600).contains(patience) else {
            throw ValidationError("--patience must be 1 to 3600, found \(patience).")
        }
        if let service, !service.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) {
            throw ValidationError("A service's name has letters, digits, '-', '_' and '.', found \(service).")
        }
    }

    /// Whether a plant was named at all.
    var isGiven: Bool {
        if plant != nil || service != nil { return true }
        let environment = ProcessInfo.processInfo.environment
        return environment["BLESSING_PLANT"].map { !$0.isEmpty } ?? false
            || ["PGSERVICE", "PGHOST", "PGDATABASE"].contains { environment[$0] != nil }
    }

    var address: PlantAddress {
        get throws {
            if let service { return try PlantAddress("service=\(service)") }
            if let plant { return try PlantAddress(plant, isInSight: true) }
            let environment = ProcessInfo.processInfo.environment
            if let text = environment["BLESSING_PLANT"], !text.isEmpty { return try PlantAddress(text) }
            guard isGiven else {
                throw StationFailure(
                    .badInput,
                    "Where is the plant database? Give --plant or --service, or set BLESSING_PLANT; docs/plant.md tells how."
                )
            }
            return try PlantAddress("")
        }
    }

    var silence: PlantPatience { PlantPatience(connecting: min(10, patience), silence: patience) }

    func database() throws -> PlantDatabase {
        PlantDatabase(try address, patience: silence)
    }
}

extension PlantError {
    /// Which of the documented endings this is.
    var exit: StationExit {
        switch self {
        case .unreachable, .lost, .silent, .overtaken, .full, .readOnly: .unavailable
        case .turnedAway, .insecure, .schemaMissing, .schemaNewer, .schemaOlder, .passwordInSight,
            .badAddress, .unknown:
            .badInput
        case .evidence: .evidence
        case .nothingSigned: .refused
        case .refused(let state, _):
            ["57", "53", "40", "08"].contains(state.prefix(2)) ? .unavailable : .badInput
        case .unreadable: .internalFault
        }
    }
}
