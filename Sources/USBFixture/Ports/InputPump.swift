import Synchronization
import TimeAndChance
import USBTransport

/// Keeps reads in flight on an endpoint and collects what they bring.
///
/// No task of its own: each completion submits the next read. Whoever wants bytes waits for a number of them.
final class InputPump: Sendable {
    /// What the first bytes of each packet are.
    enum Framing: Sendable {
        /// Data only.
        case plain
        /// Two status bytes start each packet (FTDI).
        case statusBytes
        /// Notifications of the communications class: nothing is kept, the line's state is counted.
        case notifications
    }

    /// Counts of what the line suffered, and the newest status bytes.
    struct Status: Sendable, Equatable {
        var conditions = LineConditions()
        var modem: UInt8 = 0
    }

    private struct State {
        var bytes: [UInt8] = []
        var head = 0
        var flying: Set<USBTicket> = []
        /// Reads whose completion may come before their ticket is known.
        var submitting = 0
        var wanted = 0
        var failure: USBError?
        var status = Status()
        var waiter: Waiter?
        var closed = false
    }

    /// Somebody who waits for bytes; let go once.
    private final class Waiter: Sendable {
        private let continuation = Mutex<CheckedContinuation<Void, Never>?>(nil)
        private let released = Mutex(false)
        let count: Int

        init(count: Int) { self.count = count }

        func wait() async {
            await withCheckedContinuation { new in
                let late = released.withLock { released -> Bool in
                    if released { return true }
                    continuation.withLock { $0 = new }
                    return false
                }
                if late { new.resume() }
            }
        }

        func release() {
            let waiting = released.withLock { released -> CheckedContinuation<Void, Never>? in
                released = true
                return continuation.withLock { continuation in
                    defer { continuation = nil }
                    return continuation
                }
            }
            waiting?.resume()
        }
    }

    private let device: any USBDevice
    private let endpoint: USBEndpointInfo
    private let framing: Framing
    private let length: Int
    /// More than this is not kept: reads stop until somebody takes some.
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter length: bytes of one read, a multiple of the packet size.
    init(_ device: any USBDevice, endpoint: USBEndpointInfo, framing: Framing, length: Int, limit: Int) {
        self.device = device
        self.endpoint = endpoint
        self.framing = framing
        self.length = length
        self.limit = limit
    }

    /// Keeps `count` reads in flight from now on; 0 lets those in flight end by themselves.
    func keep(_ count: Int) {
        state.withLock { $0.wanted = count }
        refill()
    }

    private func refill() {
        while true {
            let more = state.withLock { state -> Bool in
                guard state.failure == nil, !state.closed,
                    state.flying.count + state.submitting < state.wanted,
                    state.bytes.count - state.head < limit
                else { return false }
                state.submitting += 1
                return true
            }
            guard more else { return }
            let slot = Slot()
            let ticket = device.submit(
                endpoint.kind == .interrupt
                    ? .interruptIn(endpoint: endpoint.address, length: length)
                    : .bulkIn(endpoint: endpoint.address, length: length)
            ) { [weak self] completion in
                self?.arrived(completion, slot)
            }
            let cancelNow = state.withLock { state -> Bool in
                state.submitting -= 1
                if slot.start(ticket) { state.flying.insert(ticket) }
                return state.closed
            }
            if cancelNow { device.cancel(ticket) }
        }
    }

    /// Marries a completion with a ticket, whichever is known first.
    private final class Slot: Sendable {
        private let state = Mutex<(ticket: USBTicket?, over: Bool)>((nil, false))

        /// - Returns: false when the transfer is over already.
        func start(_ ticket: USBTicket) -> Bool {
            state.withLock { state in
                state.ticket = ticket
                return !state.over
            }
        }

        func finish() -> USBTicket? {
            state.withLock { state in
                state.over = true
                return state.ticket
            }
        }
    }

    private func arrived(_ completion: USBCompletion, _ slot: Slot) {
        let waiter = state.withLock { state -> Waiter? in
            if let ticket = slot.finish() { state.flying.remove(ticket) }
            take(completion.data, into: &state)
            switch completion.status {
            case .completed, .cancelled: break
            case .stalled: state.failure = .stalled(device: device.info.label, what: words)
            case .overflow: state.failure = .babble(device: device.info.label, what: words)
            case .disconnected: state.failure = .disconnected(device: device.info.label)
            case .failed(let reason):
                state.failure = .failed(device: device.info.label, what: words, reason: reason)
            }
            if state.closed, state.failure == nil { state.failure = .cancelled(device: device.info.label) }
            guard let waiter = state.waiter,
                state.failure != nil || state.bytes.count - state.head >= waiter.count
            else {
                return nil
            }
            state.waiter = nil
            return waiter
        }
        // A cancelled read is not replaced: whoever cancelled it wants silence.
        if completion.status == .completed { refill() }
        waiter?.release()
    }

    private var words: String { "a read from endpoint \(endpoint.address & 0x7F)" }

    private func take(_ data: [UInt8], into state: inout State) {
        switch framing {
        case .plain: state.bytes += data
        case .notifications:
            // SERIAL_STATE: header of eight bytes, then bits 2 break, 4 framing, 5 parity, 6 overrun.
            guard data.count >= 9, data[0] == 0xA1, data[1] == 0x20 else { return }
            let bits = data[8]
            let line =
                (bits & 0x04 != 0 ? 0x10 : 0) | (bits & 0x10 != 0 ? 0x08 : 0) | (bits & 0x20 != 0 ? 0x04 : 0)
            state.status.conditions.count(lineStatus: UInt8(line | (bits & 0x40 != 0 ? 0x02 : 0)))
        case .statusBytes:
            var offset = 0
            while offset + 2 <= data.count {
                let end = min(offset + endpoint.packetSize, data.count)
                state.status.modem = data[offset]
                state.status.conditions.count(lineStatus: data[offset + 1])
                state.bytes += data[(offset + 2)..<end]
                offset = end
            }
        }
    }

    /// An outgoing transfer failed: nobody needs to wait for an answer.
    func fail(_ error: USBError) {
        let waiter = state.withLock { state -> Waiter? in
            if state.failure == nil { state.failure = error }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.release()
    }

    /// Forgets a failure and everything collected; reads may start again.
    func restart() {
        state.withLock { state in
            state.failure = nil
            state.bytes.removeAll()
            state.head = 0
        }
    }

    var count: Int { state.withLock { $0.bytes.count - $0.head } }
    var status: Status { state.withLock { $0.status } }
    var failure: USBError? { state.withLock { $0.failure } }

    /// Takes up to `count` bytes that are there.
    func take(_ count: Int) -> [UInt8] {
        let bytes = state.withLock { state -> [UInt8] in
            let end = min(state.head + count, state.bytes.count)
            let taken = Array(state.bytes[state.head..<end])
            state.head = end
            if state.head == state.bytes.count {
                state.bytes.removeAll(keepingCapacity: true)
                state.head = 0
            } else if state.head > 65536 {
                state.bytes.removeFirst(state.head)
                state.head = 0
            }
            return taken
        }
        refill()
        return bytes
    }

    /// Waits until `count` bytes are there.
    /// - Returns: false when the time is over before.
    /// - Throws: `USBError` once the endpoint has failed and too few bytes came before.
    func wait(for count: Int, timeout: Duration, on time: any TimeSource) async throws -> Bool {
        let waiter = Waiter(count: count)
        let ready = state.withLock { state -> Bool in
            if state.bytes.count - state.head >= count || state.failure != nil { return true }
            state.waiter = waiter
            return false
        }
        if !ready, timeout > .zero {
            await withTaskCancellationHandler {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do { try await time.sleep(for: timeout) } catch { return }
                        waiter.release()
                    }
                    await waiter.wait()
                    group.cancelAll()
                }
            } onCancel: {
                waiter.release()
            }
        }
        let (enough, failure) = state.withLock { state -> (Bool, USBError?) in
            if state.waiter === waiter { state.waiter = nil }
            return (state.bytes.count - state.head >= count, state.failure)
        }
        if enough { return true }
        if let failure { throw failure }
        try Task.checkCancellation()
        return false
    }

    /// Cancels what is in flight and submits no more.
    func close() {
        let (tickets, waiter) = state.withLock { state -> (Set<USBTicket>, Waiter?) in
            state.closed = true
            if state.failure == nil { state.failure = .cancelled(device: device.info.label) }
            defer { state.waiter = nil }
            return (state.flying, state.waiter)
        }
        for ticket in tickets { device.cancel(ticket) }
        waiter?.release()
    }

    deinit {
        for ticket in state.withLock({ $0.flying }) { device.cancel(ticket) }
    }
}
