import Synchronization
import USBTransport

/// A machine's USB as one process sees it, with virtual devices in the sockets.
///
/// Programs written to `USBHost` run on it without a kernel.
public final class VirtualUSBHost: USBHost {
    private struct Socket {
        var port: VirtualPort
        var watch: UInt64
    }

    private struct State {
        var sockets: [USBPath: Socket] = [:]
        var denied: Set<USBPath> = []
        /// Interfaces that a program has claimed.
        var claims: [USBPath: Set<UInt8>] = [:]
        var readers: [UInt64: AsyncStream<USBHostEvent>.Continuation] = [:]
        var lastReader: UInt64 = 0
    }
    private let state = Mutex(State())

    public init() {}

    /// Plugs a device in.
    public func plug(_ port: VirtualPort, at path: USBPath) {
        if !port.isPlugged { port.replug() }
        let watch = port.watchUnplug { [weak self] in self?.left(path) }
        state.withLock { state in
            state.sockets[path] = Socket(port: port, watch: watch)
            state.claims[path] = []
        }
        if let info = info(of: port, at: path) { tell(.arrived(info)) }
    }

    /// Pulls a device out, in the middle of whatever it does.
    @discardableResult
    public func unplug(_ path: USBPath) -> VirtualPort? {
        let port = state.withLock { $0.sockets[path]?.port }
        port?.unplug()
        return port
    }

    private func left(_ path: USBPath) {
        let socket = state.withLock { state -> Socket? in
            state.claims[path] = nil
            return state.sockets.removeValue(forKey: path)
        }
        guard let socket else { return }
        socket.port.stopWatching(socket.watch)
        tell(.left(path))
    }

    /// Makes the operating system refuse a device, or allow it again.
    public func deny(_ path: USBPath, _ denied: Bool = true) {
        state.withLock { state in
            if denied { state.denied.insert(path) } else { state.denied.remove(path) }
        }
    }

    public func devices() throws(USBError) -> [USBDeviceInfo] {
        let sockets = state.withLock { $0.sockets }
        return sockets.compactMap { info(of: $0.value.port, at: $0.key) }.sorted { $0.path < $1.path }
    }

    public func open(_ path: USBPath) throws(USBError) -> any USBDevice {
        let (port, denied) = state.withLock { ($0.sockets[path]?.port, $0.denied.contains(path)) }
        guard let port, port.isPlugged, let info = info(of: port, at: path) else {
            throw .notFound(path: path)
        }
        if denied { throw .noPermission(device: info.label) }
        let bytes = port.configurationDescriptor
        do {
            _ = try USBDescriptors.interfaces(in: bytes)
        } catch {
            throw .badDescriptor(device: info.label, fault: error)
        }
        return VirtualUSBDevice(info: info, port: port, host: self)
    }

    public func events() -> AsyncStream<USBHostEvent> {
        let (stream, continuation) = AsyncStream<USBHostEvent>.makeStream()
        let reader = state.withLock { state -> UInt64 in
            state.lastReader += 1
            state.readers[state.lastReader] = continuation
            return state.lastReader
        }
        continuation.onTermination = { [weak self] _ in
            guard let self else { return }
            self.state.withLock { _ = $0.readers.removeValue(forKey: reader) }
        }
        return stream
    }

    fileprivate func claim(_ interface: UInt8, at path: USBPath) -> Bool {
        state.withLock { $0.claims[path, default: []].insert(interface).inserted }
    }

    fileprivate func release(_ interface: UInt8, at path: USBPath) {
        state.withLock { _ = $0.claims[path]?.remove(interface) }
    }

    private func tell(_ event: USBHostEvent) {
        for reader in state.withLock({ Array($0.readers.values) }) { reader.yield(event) }
    }

    private func info(of port: VirtualPort, at path: USBPath) -> USBDeviceInfo? {
        let bytes = port.deviceDescriptor
        guard bytes.count == 18 else { return nil }
        let denied = state.withLock { $0.denied.contains(path) }
        return USBDeviceInfo(
            path: path, vendorID: UInt16(bytes[8]) | UInt16(bytes[9]) << 8,
            productID: UInt16(bytes[10]) | UInt16(bytes[11]) << 8,
            release: UInt16(bytes[12]) | UInt16(bytes[13]) << 8,
            manufacturer: port.string(bytes[14]), product: port.string(bytes[15]),
            serial: port.string(bytes[16]),
            speed: port.speed,
            interfaces: (try? USBDescriptors.interfaces(in: port.configurationDescriptor)) ?? [],
            access: denied ? .denied : .granted)
    }
}

extension VirtualPort {
    /// Text of a string descriptor; index 0 means that there is none.
    func string(_ index: UInt8) -> String? {
        index == 0 ? nil : link.withLock { $0.model.string(index) }
    }
}

/// A virtual device, opened by a program in this process.
final class VirtualUSBDevice: USBDevice {
    private struct State {
        var interfaces: Set<UInt8> = []
        var open: Set<USBTicket> = []
        var closed = false
    }

    let info: USBDeviceInfo
    private let port: VirtualPort
    private let host: VirtualUSBHost
    private let state = Mutex(State())

    init(info: USBDeviceInfo, port: VirtualPort, host: VirtualUSBHost) {
        self.info = info
        self.port = port
        self.host = host
    }

    deinit {
        close()
    }

    func claim(interface: UInt8) throws(USBError) {
        guard port.isPlugged else { throw .disconnected(device: info.label) }
        guard host.claim(interface, at: info.path) else {
            throw .claimedElsewhere(device: info.label, interface: interface)
        }
        state.withLock { _ = $0.interfaces.insert(interface) }
    }

    func release(interface: UInt8) {
        if state.withLock({ $0.interfaces.remove(interface) }) != nil {
            host.release(interface, at: info.path)
        }
    }

    func submit(_ transfer: USBTransfer, completion: @escaping @Sendable (USBCompletion) -> Void) -> USBTicket
    {
        guard !state.withLock({ $0.closed }) else {
            completion(USBCompletion(status: .disconnected))
            return USBTicket(number: 0)
        }
        let ticket = port.makeTicket()
        state.withLock { _ = $0.open.insert(ticket) }
        port.submit(transfer, as: ticket) { [weak self] result in
            self?.state.withLock { _ = $0.open.remove(ticket) }
            completion(result)
        }
        return ticket
    }

    func cancel(_ ticket: USBTicket) {
        port.cancel(ticket)
    }

    func clearHalt(endpoint: UInt8) async throws(USBError) {
        guard port.isPlugged else { throw .disconnected(device: info.label) }
        port.clearHalt(endpoint)
    }

    func close() {
        let (interfaces, open) = state.withLock { state -> (Set<UInt8>, Set<USBTicket>) in
            defer {
                state.closed = true
                state.interfaces = []
                state.open = []
            }
            return (state.interfaces, state.open)
        }
        for ticket in open { port.cancel(ticket) }
        for interface in interfaces { host.release(interface, at: info.path) }
    }
}
