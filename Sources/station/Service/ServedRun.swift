import Foundation
import StationConfig
import StationService
import Synchronization

/// `station run` while a service holds the slots: the order is opened there, and its units are told here.
struct ServedRun {
    let service: LocalService
    let order: String
    let json: Bool

    private struct Order: Decodable {
        var id: String
        var quantity: Int
        var blessed: Int
        var failedRuns: Int
        var inWork: Int
        var isSettled: Bool?
    }

    func run() async throws {
        let path = "/api/v1/orders/\(order)"
        let before = try Self.order(try await service.ask("GET", path))
        if before.blessed >= before.quantity {
            throw StationFailure(
                .refused,
                "Work order \(order) is full: \(before.blessed) of \(before.quantity) units are blessed.")
        }
        if !json { Terminal.note("The service at \(service.address.address) works on \(order).") }
        let (service, order, json) = (service, order, json)
        let failed = Mutex(false)
        let told = Mutex(0)
        let last = Mutex(before)
        try await service.events { word, data in
            switch word {
            case "snapshot" where told.withLock({ $0 }) == 0:
                // The order is opened when the stream is there, so that no unit of it is missed.
                _ = try await service.ask("POST", path + "/open", ["mode": "automatic"])
            case "unit":
                let unit = try JSONDecoder().decode(UnitNews.self, from: data)
                guard unit.order == order else { return false }
                Self.tell(unit, data, json)
                told.withLock { $0 += 1 }
                if unit.outcome != "passed" { failed.withLock { $0 = true } }
            case "order", "snapshot": break
            default: return false
            }
            let now = try Self.order(try await service.ask("GET", path))
            last.withLock { $0 = now }
            let runs = now.blessed + now.failedRuns - before.blessed - before.failedRuns
            // The answer may be ahead of the stream: what it counts is still to be told.
            return now.isSettled == true && now.inWork == 0
                && (word == "snapshot" || told.withLock { $0 } >= runs)
        }
        let end = last.withLock { $0 }
        if json {
            JSONOutput.line(
                .object([
                    "event": .text("end"), "order": .text(order), "quantity": .integer(Int64(end.quantity)),
                    "blessed": .integer(Int64(end.blessed)), "service": .text(service.address.address),
                ]))
        } else {
            Terminal.line(Ink.strong("\(order): \(end.blessed) of \(end.quantity) blessed."))
        }
        if end.blessed < end.quantity, failed.withLock({ $0 }) { throw StationFailure(.unitFailed) }
    }

    private static func order(_ data: Data) throws -> Order {
        try JSONDecoder().decode(Order.self, from: data)
    }

    private static func tell(_ unit: UnitNews, _ data: Data, _ json: Bool) {
        if json {
            var members: [String: CanonicalJSON] = [
                "event": .text("unit"), "slot": .text(unit.slot), "outcome": .text(unit.outcome),
            ]
            if let run = unit.run { members["run"] = .integer(run) }
            if let device = unit.unit { members["device"] = .text(device) }
            if let serial = unit.serial { members["serial"] = .text(serial) }
            if let code = unit.reasonCode { members["code"] = .text(code) }
            return JSONOutput.line(.object(members))
        }
        let word = unit.outcome == "passed" ? Ink.good("PASS") : Ink.bad(unit.outcome.uppercased())
        let device = (unit.unit ?? "unit unknown").padded(to: 16)
        let serial = (unit.serial ?? "–").padded(to: 10)
        Terminal.line(
            "\(unit.slot)  \(device)  \(serial)  \(word)" + (unit.reasonCode.map { "  \($0)" } ?? ""))
    }
}
