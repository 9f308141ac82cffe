import FactoryLink
import Fixturing
import SerialNOR
import StationConfig
import StationStore

/// What every stage of a run needs: the slot, the plan, the record, and who is being told.
struct UnitContext: Sendable {
    let slot: String
    let slotNumber: Int
    let arrival: UnitArrival
    let plan: BlessingPlan
    let fixture: any Fixture
    let link: LinkClient
    let store: StationStore
    let settings: LineSettings
    let tokens: NVRAMTokens
    let slotsInUse: SlotsInUse
    let tell: LineEventSink
    var run: RunID?

    var startedRun: RunID {
        get throws {
            guard let run else { throw Reason(.internalFault, "a stage ran before the run was recorded") }
            return run
        }
    }

    func event(_ kind: LineEvent.Kind) {
        tell(LineEvent(slot: slot, kind))
    }

    /// Writes a record and waits until it is durable, cancelled or not.
    @discardableResult
    func write(_ record: Record) async throws -> Receipt {
        try await recording { try await store.append(record) }
    }

    /// Writes records, in order, into one commit if possible, and waits until all are durable.
    func write(_ records: [Record]) async throws {
        let tickets = records.map { store.enqueue($0) }
        try await recording {
            for ticket in tickets { _ = try await ticket.receipt }
        }
    }

    func recording<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws
        -> Value
    {
        let outcome: Result<Value, any Error> = await shielded {
            do { return .success(try await body()) } catch { return .failure(error) }
        }
        do {
            return try outcome.get()
        } catch let error as StoreError {
            if case .refused(let refusal) = error { throw Reason(ReasonCode(refusal), "\(refusal)") }
            if case .invalid(let fault) = error { throw Reason(.recordRefused, "\(fault)") }
            // Anything else means that the record itself can't be kept: no unit may be touched any more.
            throw RecordFailure(error: error)
        }
    }

    /// One request to the factory firmware within the station's ordinary limit or the request's own patience,
    /// whichever is longer.
    func ask<Request: FactoryRequest>(_ request: Request, within limit: Duration? = nil) async throws
        -> Request.Answer
    {
        try await link.ask(request, within: limit ?? max(plan.limits.link, Request.patience))
    }

    /// The reason that stands for an error, for the record.
    func reason(for error: any Error, otherwise code: ReasonCode) -> Reason {
        switch error {
        case let reason as Reason: return reason
        case let error as FixtureError: return Reason(error)
        case let error as ByteStreamError: return Reason(.fixtureLost, "\(error)")
        case SPIBusError.disconnected(let text): return Reason(.fixtureLost, text)
        case let error as LinkError: return Reason(error, otherwise: code)
        case is CancellationError:
            return Reason(
                settings.control.isAborting ? .stoppedByOperator : .stationStopped,
                "stopped before it was finished")
        default: return Reason(code, "\(error)")
        }
    }
}

/// The database can't keep the record any more: the line must stop, whatever the unit is doing.
struct RecordFailure: Error {
    let error: StoreError
}

extension Reason {
    init(_ error: FixtureError) {
        switch error {
        case .disconnected(let text): self.init(.fixtureLost, text)
        case .overcurrent(let milliamperes):
            self.init(.overcurrent, "the supply tripped at \(Int(milliamperes.rounded())) mA")
        case .busNotIsolated: self.init(.internalFault, "the flash bus was used while the module was running")
        case .unknownName(let name, let available):
            self.init(
                .testUnknown,
                "the fixture has no \(name); it has \(available.joined(separator: ", ")). Correct the plan or the fixture"
            )
        }
    }

    /// - Parameter code: what a failure answered by the unit itself means at this place.
    init(_ error: LinkError, otherwise code: ReasonCode) {
        switch error {
        case .silent: self.init(.silent, "\(error)")
        case .babbling, .echo: self.init(.babbling, "\(error)")
        case .versionMismatch: self.init(.linkVersion, "\(error)")
        case .sessionChanged: self.init(.restarted, "\(error)")
        case .closed: self.init(.fixtureLost, "\(error)")
        case .cancelled: self.init(.stationStopped, "\(error)")
        case .noAnswer: self.init(.linkLost, "\(error)")
        case .remote(_, let remote): self.init(code, "the unit says: \(remote.message) (\(remote.code))")
        default: self.init(code, "\(error)")
        }
    }
}

extension ReasonCode {
    /// What a refusal by the record means for the unit in the slot.
    init(_ refusal: Refusal) {
        switch refusal {
        case .alreadyBlessed: self = .alreadyBlessed
        case .quarantined: self = .inQuarantine
        case .orderFull, .orderClosed: self = .orderFull
        case .serialsExhausted, .noSerialRange, .noSerialsGranted: self = .serialsExhausted
        case .serialTaken, .serialOutsideRange, .serialNotGranted: self = .serialConflict
        case .macTaken, .macChanged, .deviceBusy, .runHasOtherDevice: self = .identityConflict
        default: self = .recordRefused
        }
    }
}
