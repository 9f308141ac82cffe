import CLibUSB
import Synchronization
import USBTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The machine's own USB, through libusb: one context, one event thread for all devices.
///
/// Safe to share although it holds a C pointer: a libusb context may be used from any thread (libusb's documentation,
/// "Multi-threaded applications and asynchronous I/O"), and the pointer itself never changes.
public final class LibUSBHost: USBHost, @unchecked Sendable {
    let context: OpaquePointer
    private let readers = Mutex<(next: UInt64, open: [UInt64: AsyncStream<USBHostEvent>.Continuation])>(
        (0, [:]))
    let eventThread: LibUSBEventThread
    private let hotplug = Mutex<libusb_hotplug_callback_handle?>(nil)

    /// Opens libusb and starts its event thread.
    public init() throws(USBError) {
        var context: OpaquePointer?
        let result = libusb_init(&context)
        guard result == 0, let context else { throw .unavailable(reason: Self.words(result)) }
        self.context = context
        eventThread = LibUSBEventThread(context: context)
        registerForHotplug()
        eventThread.start()
    }

    deinit {
        if let handle = hotplug.withLock({ $0 }) { libusb_hotplug_deregister_callback(context, handle) }
        for reader in readers.withLock({ Array($0.open.values) }) { reader.finish() }
        // The thread frees the context once it has ended: nothing may be in flight after that.
        eventThread.stopAndFreeContext()
    }

    /// Processor time that the event thread has used so far, for all devices together.
    public var eventThreadTime: Duration { eventThread.processorTime }

    /// libusb's own text for a return code.
    static func words(_ code: Int32) -> String {
        String(cString: libusb_strerror(code))
    }

    public func devices() throws(USBError) -> [USBDeviceInfo] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(context, &list)
        guard count >= 0, let list else { throw .unavailable(reason: Self.words(Int32(count))) }
        defer { libusb_free_device_list(list, 1) }
        var found: [USBDeviceInfo] = []
        for index in 0..<count {
            if let device = list[index], let info = LibUSBDescription.info(of: device) { found.append(info) }
        }
        return found.sorted { $0.path < $1.path }
    }

    public func open(_ path: USBPath) throws(USBError) -> any USBDevice {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(context, &list)
        guard count >= 0, let list else { throw .unavailable(reason: Self.words(Int32(count))) }
        defer { libusb_free_device_list(list, 1) }
        for index in 0..<count {
            guard let device = list[index], LibUSBDescription.path(of: device) == path else { continue }
            guard let info = LibUSBDescription.info(of: device) else { break }
            _ = try LibUSBDescription.interfaces(of: device, label: info.label)
            var handle: OpaquePointer?
            let result = libusb_open(device, &handle)
            switch result {
            case 0:
                guard let handle else { throw .notFound(path: path) }
                return LibUSBDevice(host: self, handle: handle, info: info)
            case LIBUSB_ERROR_ACCESS.rawValue: throw .noPermission(device: info.label)
            case LIBUSB_ERROR_NO_DEVICE.rawValue: throw .disconnected(device: info.label)
            default: throw .failed(device: info.label, what: "opening it", reason: Self.words(result))
            }
        }
        throw .notFound(path: path)
    }

    public func events() -> AsyncStream<USBHostEvent> {
        let (stream, continuation) = AsyncStream<USBHostEvent>.makeStream()
        let number = readers.withLock { readers -> UInt64 in
            readers.next += 1
            readers.open[readers.next] = continuation
            return readers.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.readers.withLock { _ = $0.open.removeValue(forKey: number) }
        }
        return stream
    }

    private func registerForHotplug() {
        guard libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG.rawValue) != 0 else { return }
        var handle: libusb_hotplug_callback_handle = 0
        let events = Int32(
            LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT.rawValue)
        // The callback holds no reference: it is deregistered before the host goes.
        let own = Unmanaged.passUnretained(self).toOpaque()
        let result = libusb_hotplug_register_callback(
            context, events, 0, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
            { _, device, event, own in
                guard let device, let own else { return 0 }
                let host = Unmanaged<LibUSBHost>.fromOpaque(own).takeUnretainedValue()
                host.tell(device, arrived: event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED)
                return 0
            }, own, &handle)
        if result == 0 { hotplug.withLock { $0 = handle } }
    }

    private func tell(_ device: OpaquePointer, arrived: Bool) {
        let event: USBHostEvent
        if arrived {
            // Only what libusb knows by itself: no I/O is allowed in here.
            guard let info = LibUSBDescription.info(of: device) else { return }
            event = .arrived(info)
        } else {
            event = .left(LibUSBDescription.path(of: device))
        }
        for reader in readers.withLock({ Array($0.open.values) }) { reader.yield(event) }
    }
}

/// The thread on which libusb reports ended transfers and hot-plug.
///
/// Safe to share: the pointer never changes, and libusb allows event handling beside use from other threads.
final class LibUSBEventThread: @unchecked Sendable {
    private let context: OpaquePointer
    private let stopping = Atomic(false)

    init(context: OpaquePointer) {
        self.context = context
    }

    func start() {
        // The thread keeps this object until it ends.
        let own = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { own in
                guard let own else { return nil }
                Unmanaged<LibUSBEventThread>.fromOpaque(own).takeRetainedValue().run()
                return nil
            }, own.toOpaque())
        if failure == 0 { pthread_detach(thread) } else { own.release() }
    }

    private let identity = Atomic<UInt>(0)
    /// The thread's own CPU clock; -1 before it runs.
    private let clock = Atomic<Int32>(-1)

    /// Processor time that the thread has used.
    var processorTime: Duration {
        var time = timespec()
        let clock = clock.load(ordering: .relaxed)
        guard clock != -1, clock_gettime(clock, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Whether the caller is this thread.
    var isCurrent: Bool { identity.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func run() {
        identity.store(UInt(pthread_self()), ordering: .relaxed)
        var own = clockid_t()
        if pthread_getcpuclockid(pthread_self(), &own) == 0 { clock.store(own, ordering: .relaxed) }
        while !stopping.load(ordering: .acquiring) {
            var wait = timeval(tv_sec: 60, tv_usec: 0)
            libusb_handle_events_timeout_completed(context, &wait, nil)
        }
        libusb_exit(context)
    }

    func stopAndFreeContext() {
        stopping.store(true, ordering: .releasing)
        libusb_interrupt_event_handler(context)
    }
}
