import USBTransport

/// A transfer on its way (Linux calls it a USB request block).
struct PendingURB: Sendable {
    let ticket: USBTicket
    let transfer: USBTransfer
    let completion: @Sendable (USBCompletion) -> Void
    /// The controller does not look at it before.
    let earliest: Duration
    var data: [UInt8] = []
    var sent = 0

    func end(_ status: USBStatus) {
        completion(USBCompletion(status: status, data: data, sent: sent))
    }
}

/// A transfer that is over, and when the host hears of it.
struct EndedURB: Sendable {
    var urb: PendingURB
    var status: USBStatus
    var time: Duration
}

extension VirtualPort.Link {
    mutating func enqueue(
        _ transfer: USBTransfer, ticket: USBTicket, completion: @escaping @Sendable (USBCompletion) -> Void,
        at now: Duration
    ) {
        let endpoint = transfer.endpoint
        // An endpoint with work in hand goes straight on to the next transfer; an idle one waits for the controller.
        let busy = !(waiting[endpoint] ?? []).isEmpty
        let urb = PendingURB(
            ticket: ticket, transfer: transfer, completion: completion,
            earliest: busy ? now : timing.boundary(from: now + .nanoseconds(1)))
        waiting[endpoint, default: []].append(urb)
        if !order.contains(endpoint) { order.append(endpoint) }
        switch transfer {
        case .controlIn, .controlOut: counters.controlTransfers += 1
        case .bulkOut: counters.outgoingTransfers += 1
        case .bulkIn, .interruptIn: counters.incomingTransfers += 1
        }
    }

    mutating func remove(_ ticket: USBTicket) -> PendingURB? {
        for (endpoint, urbs) in waiting {
            if let index = urbs.firstIndex(where: { $0.ticket == ticket }) {
                return waiting[endpoint]?.remove(at: index)
            }
        }
        return nil
    }

    /// The cable is out: the adapter has no power, and whatever it drove floats from this instant on.
    mutating func unplug(at now: Duration) -> [PendingURB] {
        if plugged {
            model.advance(to: now)
            model.reset(at: now)
        }
        plugged = false
        defer { waiting = [:] }
        return waiting.values.flatMap { $0 }.sorted { $0.ticket.number < $1.ticket.number }
    }

    /// Moves every packet that can go now; one at a time has the cable.
    mutating func serve(at now: Duration) -> [EndedURB] {
        model.advance(to: now)
        var ended: [EndedURB] = []
        guard plugged else { return ended }
        var start = 0
        while busFree <= now {
            var moved = false
            for step in order.indices {
                let position = (start + step) % order.count
                let endpoint = order[position]
                guard let urb = waiting[endpoint]?.first, urb.earliest <= now else { continue }
                guard let end = transact(urb, endpoint: endpoint, at: now) else { continue }
                moved = true
                start = position + 1
                switch end {
                case .goesOn: break
                case .over(let status):
                    guard let urb = waiting[endpoint]?.removeFirst() else { break }
                    ended.append(EndedURB(urb: urb, status: status, time: timing.boundary(from: busFree)))
                case .unplugged:
                    ended += unplug(at: now).map {
                        EndedURB(urb: $0, status: .disconnected, time: timing.boundary(from: busFree))
                    }
                    return ended
                }
                break
            }
            if !moved { break }
        }
        return ended
    }

    /// When to look again, unless a wake-up for that instant or before is on its way.
    mutating func nextAlarm(at now: Duration) -> Duration? {
        guard plugged else { return nil }
        var next: Duration?
        func take(_ time: Duration) { next = min(next ?? time, time) }
        for (endpoint, urbs) in waiting {
            guard let first = urbs.first else { continue }
            if first.earliest > now {
                take(first.earliest)
            } else if busFree > now {
                take(busFree)
            } else if let change = model.nextChange(endpoint: endpoint, after: now) {
                take(change)
            }
        }
        guard let next, alarm.map({ next < $0 }) ?? true else { return nil }
        alarm = next
        return next
    }

    private enum Step {
        case goesOn, unplugged
        case over(USBStatus)
    }

    /// One transaction. Nil: the endpoint has nothing or no room (NAK), which costs no time worth counting.
    private mutating func transact(_ urb: PendingURB, endpoint: UInt8, at now: Duration) -> Step? {
        switch urb.transfer {
        case .controlOut(let setup, let data): return control(setup, data: data, at: now)
        case .controlIn(let setup): return control(setup, data: [], at: now)
        case .bulkOut(_, let bytes): return outgoing(bytes, from: urb.sent, endpoint: endpoint, at: now)
        case .bulkIn(_, let length), .interruptIn(_, let length):
            return incoming(length, had: urb.data.count, endpoint: endpoint, at: now)
        }
    }

    private mutating func occupy(_ count: Int, at now: Duration) {
        busFree = max(busFree, now) + timing.transaction(count)
    }

    /// The fault that is due with the next packet of this endpoint; counts the packet.
    private mutating func countPacket(_ endpoint: UInt8) -> BusFault.Kind? {
        packets[endpoint, default: 0] += 1
        let number = packets[endpoint]
        guard let index = faults.firstIndex(where: { $0.endpoint == endpoint && $0.packet == number }) else {
            return nil
        }
        return faults.remove(at: index).kind
    }

    private mutating func control(_ setup: USBSetup, data: [UInt8], at now: Duration) -> Step {
        let fault = countPacket(0)
        if fault == .unplug { return .unplugged }
        var setup = setup
        if !setup.isInput { setup.length = UInt16(truncatingIfNeeded: data.count) }
        // Setup, data and status stage.
        occupy(8, at: now)
        occupy(max(data.count, setup.isInput ? Int(setup.length) : 0), at: now)
        occupy(0, at: now)
        if fault == .stall { return .over(.stalled) }
        let answer = requests.answer(setup, model: model) ?? model.control(setup, data: data, at: now)
        switch answer {
        case .stall: return .over(.stalled)
        case .accepted:
            waiting[0]?[0].sent = data.count
        case .data(var bytes):
            if case .shorten(let count)? = fault { bytes = Array(bytes.prefix(count)) }
            waiting[0]?[0].data = Array(bytes.prefix(Int(setup.length)))
            counters.incomingBytes += bytes.count
        }
        return .over(.completed)
    }

    private mutating func outgoing(_ bytes: [UInt8], from start: Int, endpoint: UInt8, at now: Duration)
        -> Step?
    {
        if requests.halted.contains(endpoint) { return .over(.stalled) }
        let end = min(start + (packetSizes[endpoint] ?? 512), bytes.count)
        switch model.accept(bytes[start..<end], endpoint: endpoint, at: now) {
        case .nak: return nil
        case .stall:
            occupy(0, at: now)
            return .over(.stalled)
        case .ack: break
        }
        occupy(end - start, at: now)
        counters.outgoingBytes += end - start
        waiting[endpoint]?[0].sent = end
        switch countPacket(endpoint) {
        case .unplug: return .unplugged
        case .stall:
            requests.halt(endpoint)
            return .over(.stalled)
        default: return end == bytes.count ? .over(.completed) : .goesOn
        }
    }

    private mutating func incoming(_ length: Int, had: Int, endpoint: UInt8, at now: Duration) -> Step? {
        if requests.halted.contains(endpoint) { return .over(.stalled) }
        guard var packet = model.offer(endpoint: endpoint, at: now) else { return nil }
        let size = packetSizes[endpoint] ?? 512
        occupy(packet.count, at: now)
        switch countPacket(endpoint) {
        case .unplug: return .unplugged
        case .stall:
            requests.halt(endpoint)
            return .over(.stalled)
        case .babble: return .over(.overflow)
        case .shorten(let count): packet = Array(packet.prefix(count))
        case .flipBit: if let last = packet.indices.last { packet[last] ^= 1 }
        case .insert(let bytes): packet = Array((packet + bytes).prefix(size))
        case nil: break
        }
        counters.incomingBytes += packet.count
        waiting[endpoint]?[0].data.append(contentsOf: packet)
        if had + packet.count > length { return .over(.overflow) }
        // A packet shorter than the endpoint's ends the transfer, as does the last byte asked for.
        return packet.count < size || had + packet.count == length ? .over(.completed) : .goesOn
    }
}

extension USBTransfer {
    /// The endpoint's address; 0 for control.
    var endpoint: UInt8 {
        switch self {
        case .controlOut, .controlIn: 0
        case .bulkOut(let endpoint, _), .bulkIn(let endpoint, _), .interruptIn(let endpoint, _): endpoint
        }
    }
}
