import Blessing
import HTTPTypes
import StationConfig
import StationPages
import StationStore

extension Sources {
    /// The line: slots, orders at the desk, live events.
    var lineRoutes: [Route] {
        [
            Route(.get, "/api/v1/line", "getLine", .needs(.watchLine)) { _ in .json(board.snapshot()) },
            Route(.get, "/api/v1/slots", "listSlots", .needs(.watchLine)) { _ in
                .json(Listing(items: board.snapshot().slots))
            },
            Route(.get, "/api/v1/slots/{slot}", "getSlot", .needs(.watchLine)) { exchange in
                .json(try await slot(exchange).state)
            },
            Route(
                .post, "/api/v1/slots/{slot}/start", "startSlot", .needs(.startWork), .acts, act: .slotStarted
            ) {
                try await start($0)
            },
            Route(
                .post, "/api/v1/slots/{slot}/abort", "abortSlot", .needs(.abortWork), .acts, act: .slotAborted
            ) { exchange in
                let slot = try await slot(exchange)
                var fields = try exchange.fields()
                let reason = try fields.text("reason", longest: 500) ?? "no reason given"
                try fields.finish()
                let run = try await desk.abort(slot.name, reason: reason, by: exchange.person)
                return .json(
                    SlotAct(slot: slot.name, order: nil, run: run?.rawValue, phase: nil), status: .accepted)
            },
            Route(
                .post, "/api/v1/slots/{slot}/clear", "clearSlot", .needs(.startWork), .acts, act: .slotCleared
            ) { exchange in
                let slot = try await slot(exchange)
                try exchange.fields().finish()
                try await desk.clear(slot.name, by: exchange.person)
                return .json(try await self.slot(exchange).state)
            },
            Route(
                .post, "/api/v1/slots/{slot}/pause", "pauseSlot", .needs(.abortWork), .acts, act: .slotPaused
            ) { exchange in
                let slot = try await slot(exchange)
                try exchange.fields().finish()
                try await desk.pause(slot.name, by: exchange.person)
                return .json(try await self.slot(exchange).state)
            },
            Route(
                .post, "/api/v1/slots/{slot}/resume", "resumeSlot", .needs(.abortWork), .acts,
                act: .slotResumed
            ) { exchange in
                let slot = try await slot(exchange)
                try exchange.fields().finish()
                try await desk.resume(slot.name, by: exchange.person)
                return .json(try await self.slot(exchange).state)
            },
            Route(.get, "/api/v1/events", "streamEvents", .needs(.watchLine)) { exchange in
                let place = exchange.headers[.lastEventID].flatMap { hub.place(of: $0) }
                return Answer(
                    headers: [
                        .contentType: "text/event-stream", .cacheControl: "no-store",
                        // A proxy that gathers the stream would show the line as it was a minute ago.
                        .xAccelBuffering: "no",
                    ], body: .stream(EventStream(hub: hub, board: board, place: place).body))
            },
        ]
    }

    /// A slot by its name or its number.
    private func slot(_ exchange: Exchange) async throws(Problem) -> (name: String, state: SlotState) {
        let wanted = exchange.parameter("slot")
        let slots = board.snapshot().slots
        guard
            let found = slots.first(where: { $0.name == wanted })
                ?? slots.first(where: { String($0.slot) == wanted })
        else {
            throw Problem(
                .notFound,
                "There is no slot “\(wanted.shown)” here. There are \(slots.map(\.name).joined(separator: ", "))."
            )
        }
        return (found.name, found)
    }

    private func start(_ exchange: Exchange) async throws -> Answer {
        let slot = try await slot(exchange)
        var fields = try exchange.fields()
        let serial = try fields.text("serial")
        let order = try fields.text("order")
        try fields.finish()
        if await desk.recordTrouble != nil { try await desk.tryRecord() }
        let chosen: String
        do {
            chosen = try await desk.start(slot.name, code: serial, order: order, by: exchange.person)
        } catch DeskRefusal.goldenShut(let name, let decision) {
            // The one refusal that an operator meets every day, so it is said in the operator's language.
            throw Problem(.slotOut, decision.sentence(slot: name, language: exchange.language))
        }
        let run = await desk.run(in: slot.name)
        return .json(
            SlotAct(
                slot: slot.name, order: chosen, run: run?.rawValue,
                phase: board.slot(slot.name)?.phase.rawValue),
            status: .accepted)
    }
}

/// A list that comes whole.
struct Listing<Item: Encodable & Sendable>: Encodable, Sendable {
    var items: [Item]
}

/// What became of an act on a slot.
struct SlotAct: Codable, Sendable {
    var slot: String
    var order: String?
    /// Known once the unit's run has begun; the events tell it at the latest.
    var run: Int64?
    var phase: String?
}

extension Exchange {
    /// Who acts, for the record.
    var person: DeskPerson { DeskPerson(id: caller?.id ?? "guest", place: remote) }
}
