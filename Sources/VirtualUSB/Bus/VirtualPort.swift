import Synchronization
import USBTransport

/// A device plugged into a port: takes transfers as a host controller does, cuts them into packets, gives each packet
/// its time on the cable and each completion its moment.
///
/// In front of it sits a program in the same process (`VirtualUSBHost`), or another machine (`USBIPServer`,
/// `USBRedirServer`); behind it a `DeviceModel`.
public final class VirtualPort: Sendable {
    /// What went over the cable so far.
    public struct Counters: Sendable, Equatable {
        public var outgoingTransfers = 0
        public var incomingTransfers = 0
        public var controlTransfers = 0
        public var outgoingBytes = 0
        public var incomingBytes = 0
    }

    struct Link: ~Copyable {
        var model: any DeviceModel
        var requests = StandardRequests()
        var timing: BusTiming
        var faults: [BusFault]
        var packets: [UInt8: Int] = [:]
        var packetSizes: [UInt8: Int] = [:]
        var waiting: [UInt8: [PendingURB]] = [:]
        var order: [UInt8] = []
        var busFree = Duration.zero
        /// The instant for which a wake-up is scheduled.
        var alarm: Duration?
        var plugged = true
        var counters = Counters()
        var lastTicket: UInt64 = 0
        var watchers: [UInt64: @Sendable () -> Void] = [:]
    }

    let link: Mutex<Link>
    private let scheduler: any EventScheduler
    /// Descriptors as the model has them, for those who list devices.
    public let deviceDescriptor: [UInt8]
    public let configurationDescriptor: [UInt8]
    public let speed: USBSpeed

    /// - Parameter slowness: added to every packet.
    public init(
        _ model: sending any DeviceModel, scheduler: any EventScheduler, faults: [BusFault] = [],
        slowness: Duration = .zero
    ) {
        deviceDescriptor = model.deviceDescriptor
        configurationDescriptor = model.configurationDescriptor
        speed = model.speed
        self.scheduler = scheduler
        var timing = BusTiming(model.speed)
        timing.slowness = slowness
        var sizes: [UInt8: Int] = [:]
        for interface in (try? USBDescriptors.interfaces(in: model.configurationDescriptor)) ?? [] {
            for endpoint in interface.endpoints { sizes[endpoint.address] = endpoint.packetSize }
        }
        var link = Link(model: model, timing: timing, faults: faults)
        link.packetSizes = sizes
        self.link = Mutex(link)
    }

    public var counters: Counters { link.withLock { $0.counters } }

    /// Lets a test look at the model, brought up to now.
    public func inspect<Model: DeviceModel, Value: Sendable>(
        _ type: Model.Type, _ body: (Model) throws -> Value
    ) rethrows -> Value? {
        let now = scheduler.currentTime
        return try link.withLock { link -> Value? in
            guard let model = link.model as? Model else { return nil }
            model.advance(to: now)
            return try body(model)
        }
    }

    /// Adds a fault; its packet is counted from now.
    public func inject(_ fault: BusFault) {
        link.withLock { link in
            var fault = fault
            fault.packet += link.packets[fault.endpoint] ?? 0
            link.faults.append(fault)
        }
    }

    public var isPlugged: Bool { link.withLock { $0.plugged } }

    /// A name for the next transfer.
    public func makeTicket() -> USBTicket {
        link.withLock { link in
            link.lastTicket += 1
            return USBTicket(number: link.lastTicket)
        }
    }

    /// Starts a transfer under a name from `makeTicket`; `completion` is called once, on the scheduler's thread or on
    /// the caller's.
    public func submit(
        _ transfer: USBTransfer, as ticket: USBTicket, completion: @escaping @Sendable (USBCompletion) -> Void
    ) {
        let now = scheduler.currentTime
        let (taken, alarm) = link.withLock { link -> (Bool, Duration?) in
            guard link.plugged else { return (false, nil) }
            link.enqueue(transfer, ticket: ticket, completion: completion, at: now)
            return (true, link.nextAlarm(at: now))
        }
        if !taken { completion(USBCompletion(status: .disconnected)) }
        if let alarm { schedule(alarm) }
    }

    /// Ends a transfer early, if it has not ended yet.
    public func cancel(_ ticket: USBTicket) {
        let now = scheduler.currentTime
        let ended = link.withLock { link -> PendingURB? in
            link.model.advance(to: now)
            return link.remove(ticket)
        }
        ended?.end(.cancelled)
    }

    /// Takes a bulk endpoint out of its halt.
    public func clearHalt(_ endpoint: UInt8) {
        link.withLock { $0.requests.clearHalt(endpoint) }
        wake()
    }

    /// Pulls the device out: everything pending ends with `.disconnected`.
    public func unplug() {
        let now = scheduler.currentTime
        let (ended, watchers) = link.withLock { ($0.unplug(at: now), Array($0.watchers.values)) }
        for urb in ended { urb.end(.disconnected) }
        for watcher in watchers { watcher() }
    }

    /// Calls `action` each time the device is pulled out, by whatever means, for as long as the port lives.
    public func whenUnplugged(_ action: @escaping @Sendable () -> Void) {
        _ = watchUnplug(action)
    }

    /// Calls `action` whenever the device is pulled out.
    func watchUnplug(_ action: @escaping @Sendable () -> Void) -> UInt64 {
        link.withLock { link in
            link.lastTicket += 1
            link.watchers[link.lastTicket] = action
            return link.lastTicket
        }
    }

    func stopWatching(_ watch: UInt64) {
        link.withLock { _ = $0.watchers.removeValue(forKey: watch) }
    }

    /// Resets the bus: everything pending is dropped, the device is as after power-up.
    func resetDevice() {
        let now = scheduler.currentTime
        let dropped = link.withLock { link -> [PendingURB] in
            let dropped = link.waiting.values.flatMap { $0 }
            link.waiting = [:]
            link.requests.reset()
            link.model.advance(to: now)
            link.model.reset(at: now)
            return dropped
        }
        for urb in dropped { urb.end(.cancelled) }
    }

    /// Plugs it in again, freshly reset.
    public func replug() {
        let now = scheduler.currentTime
        link.withLock { link in
            link.plugged = true
            link.requests.reset()
            link.model.reset(at: now)
        }
    }

    private func schedule(_ time: Duration) {
        scheduler.schedule(at: time) { [weak self] in self?.wake() }
    }

    /// Does what is due, and asks to be woken for the rest.
    private func wake() {
        let now = scheduler.currentTime
        let (ended, alarm) = link.withLock { link -> ([EndedURB], Duration?) in
            if let alarm = link.alarm, alarm <= now { link.alarm = nil }
            let ended = link.serve(at: now)
            return (ended, link.nextAlarm(at: now))
        }
        if ended.contains(where: { $0.status == .disconnected }) {
            for watcher in link.withLock({ Array($0.watchers.values) }) { watcher() }
        }
        for end in ended {
            if end.time <= now {
                end.urb.end(end.status)
            } else {
                scheduler.schedule(at: end.time) { end.urb.end(end.status) }
            }
        }
        if let alarm { schedule(alarm) }
    }
}
