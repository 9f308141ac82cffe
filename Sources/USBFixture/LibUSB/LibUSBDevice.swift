import CLibUSB
import Synchronization
import USBTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A device opened through libusb.
///
/// Safe to share: libusb allows one handle to be used from several threads; the pointer never changes, and it is closed
/// only after the last transfer has ended.
final class LibUSBDevice: USBDevice, @unchecked Sendable {
    /// One transfer in flight: owns its libusb structure and its buffer until libusb has called back.
    ///
    /// Safe to share: the pointers are set once; the table's lock decides who may touch them.
    private final class Flight: @unchecked Sendable {
        let transfer: UnsafeMutablePointer<libusb_transfer>
        let buffer: UnsafeMutablePointer<UInt8>
        let isInput: Bool
        let isControl: Bool
        let ticket: USBTicket
        let completion: @Sendable (USBCompletion) -> Void
        /// The device stays open as long as one of its transfers is in flight.
        let device: LibUSBDevice

        init?(
            _ kind: USBTransfer, ticket: USBTicket, device: LibUSBDevice,
            completion: @escaping @Sendable (USBCompletion) -> Void
        ) {
            guard let transfer = libusb_alloc_transfer(0) else { return nil }
            self.transfer = transfer
            self.ticket = ticket
            self.device = device
            self.completion = completion
            var bytes: [UInt8]
            var capacity: Int
            switch kind {
            case .controlOut(var setup, let data):
                setup.length = UInt16(truncatingIfNeeded: data.count)
                bytes = setup.bytes + data
                capacity = bytes.count
                (isInput, isControl) = (false, true)
            case .controlIn(let setup):
                bytes = setup.bytes
                capacity = 8 + Int(setup.length)
                (isInput, isControl) = (true, true)
            case .bulkOut(_, let data):
                bytes = data
                capacity = max(data.count, 1)
                (isInput, isControl) = (false, false)
            case .bulkIn(_, let length), .interruptIn(_, let length):
                bytes = []
                capacity = max(length, 1)
                (isInput, isControl) = (true, false)
            }
            buffer = .allocate(capacity: capacity)
            buffer.initialize(repeating: 0, count: capacity)
            bytes.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { buffer.update(from: base, count: source.count) }
            }
            fill(kind, count: bytes.count)
        }

        private func fill(_ kind: USBTransfer, count: Int) {
            transfer.pointee.dev_handle = device.handle
            transfer.pointee.buffer = buffer
            transfer.pointee.timeout = 0
            transfer.pointee.callback = { LibUSBDevice.ended($0) }
            transfer.pointee.user_data = Unmanaged.passUnretained(self).toOpaque()
            switch kind {
            case .controlOut:
                transfer.pointee.type = UInt8(LIBUSB_TRANSFER_TYPE_CONTROL.rawValue)
                transfer.pointee.length = Int32(count)
            case .controlIn(let setup):
                transfer.pointee.type = UInt8(LIBUSB_TRANSFER_TYPE_CONTROL.rawValue)
                transfer.pointee.length = Int32(8 + Int(setup.length))
            case .bulkOut(let endpoint, let data):
                transfer.pointee.type = UInt8(LIBUSB_TRANSFER_TYPE_BULK.rawValue)
                transfer.pointee.endpoint = endpoint
                transfer.pointee.length = Int32(data.count)
            case .bulkIn(let endpoint, let length):
                transfer.pointee.type = UInt8(LIBUSB_TRANSFER_TYPE_BULK.rawValue)
                transfer.pointee.endpoint = endpoint
                transfer.pointee.length = Int32(length)
            case .interruptIn(let endpoint, let length):
                transfer.pointee.type = UInt8(LIBUSB_TRANSFER_TYPE_INTERRUPT.rawValue)
                transfer.pointee.endpoint = endpoint
                transfer.pointee.length = Int32(length)
            }
        }

        deinit {
            libusb_free_transfer(transfer)
            buffer.deallocate()
        }

        var result: USBCompletion {
            let count = Int(transfer.pointee.actual_length)
            let status: USBStatus =
                switch transfer.pointee.status {
                case LIBUSB_TRANSFER_COMPLETED: .completed
                case LIBUSB_TRANSFER_CANCELLED: .cancelled
                case LIBUSB_TRANSFER_STALL: .stalled
                case LIBUSB_TRANSFER_OVERFLOW: .overflow
                case LIBUSB_TRANSFER_NO_DEVICE: .disconnected
                case LIBUSB_TRANSFER_TIMED_OUT: .failed("the host controller's time was over")
                default: .failed("transmission error")
                }
            guard isInput else { return USBCompletion(status: status, sent: count) }
            let start = isControl ? buffer + 8 : buffer
            return USBCompletion(status: status, data: Array(UnsafeBufferPointer(start: start, count: count)))
        }
    }

    private struct State {
        var last: UInt64 = 0
        var flights: [USBTicket: Flight] = [:]
        /// Claimed interfaces, and whether the kernel's driver had them.
        var interfaces: [UInt8: Bool] = [:]
        var closed = false
    }

    let info: USBDeviceInfo
    /// Keeps the event thread alive.
    private let host: LibUSBHost
    fileprivate let handle: OpaquePointer
    private let state = Mutex(State())

    init(host: LibUSBHost, handle: OpaquePointer, info: USBDeviceInfo) {
        self.host = host
        self.handle = handle
        self.info = info
    }

    deinit {
        // Flights hold the device, so none is left here.
        giveBackInterfaces()
        let closing = Closing(handle: handle, host: host)
        if host.eventThread.isCurrent { closing.runElsewhere() } else { closing.run() }
    }

    /// libusb holds a lock over its callbacks which `libusb_close` takes too: the event thread must not close.
    ///
    /// Safe to hand to another thread: nobody else has the handle any more.
    private final class Closing: @unchecked Sendable {
        private let handle: OpaquePointer
        private let host: LibUSBHost

        init(handle: OpaquePointer, host: LibUSBHost) {
            self.handle = handle
            self.host = host
        }

        func run() {
            libusb_close(handle)
        }

        func runElsewhere() {
            let own = Unmanaged.passRetained(self)
            var thread = pthread_t()
            let failure = pthread_create(
                &thread, nil,
                { own in
                    guard let own else { return nil }
                    Unmanaged<Closing>.fromOpaque(own).takeRetainedValue().run()
                    return nil
                }, own.toOpaque())
            // Without a thread the handle stays open until the program ends, which is better than a deadlock.
            if failure == 0 { pthread_detach(thread) } else { own.release() }
        }
    }

    func claim(interface: UInt8) throws(USBError) {
        let number = Int32(interface)
        let hadDriver = libusb_kernel_driver_active(handle, number) == 1
        if hadDriver {
            let result = libusb_detach_kernel_driver(handle, number)
            guard result == 0 || result == LIBUSB_ERROR_NOT_FOUND.rawValue else {
                throw error(for: result, interface: interface)
            }
        }
        let result = libusb_claim_interface(handle, number)
        guard result == 0 else {
            if hadDriver { libusb_attach_kernel_driver(handle, number) }
            throw error(for: result, interface: interface)
        }
        state.withLock { $0.interfaces[interface] = hadDriver }
    }

    private func error(for result: Int32, interface: UInt8) -> USBError {
        switch result {
        case LIBUSB_ERROR_BUSY.rawValue: .claimedElsewhere(device: info.label, interface: interface)
        case LIBUSB_ERROR_NO_DEVICE.rawValue: .disconnected(device: info.label)
        case LIBUSB_ERROR_ACCESS.rawValue: .noPermission(device: info.label)
        default:
            .failed(
                device: info.label, what: "claiming interface \(interface)", reason: LibUSBHost.words(result))
        }
    }

    func release(interface: UInt8) {
        guard let hadDriver = state.withLock({ $0.interfaces.removeValue(forKey: interface) }) else { return }
        giveBack(interface, hadDriver: hadDriver)
    }

    private func giveBack(_ interface: UInt8, hadDriver: Bool) {
        libusb_release_interface(handle, Int32(interface))
        if hadDriver { libusb_attach_kernel_driver(handle, Int32(interface)) }
    }

    private func giveBackInterfaces() {
        let interfaces = state.withLock { state -> [UInt8: Bool] in
            defer { state.interfaces = [:] }
            return state.interfaces
        }
        for (interface, hadDriver) in interfaces { giveBack(interface, hadDriver: hadDriver) }
    }

    func submit(_ transfer: USBTransfer, completion: @escaping @Sendable (USBCompletion) -> Void) -> USBTicket
    {
        let (ticket, closed) = state.withLock { state -> (USBTicket, Bool) in
            state.last += 1
            return (USBTicket(number: state.last), state.closed)
        }
        guard !closed else {
            completion(USBCompletion(status: .disconnected))
            return ticket
        }
        guard let flight = Flight(transfer, ticket: ticket, device: self, completion: completion) else {
            completion(USBCompletion(status: .failed("no memory for a transfer")))
            return ticket
        }
        state.withLock { $0.flights[ticket] = flight }
        let result = libusb_submit_transfer(flight.transfer)
        guard result != 0 else {
            // Closed in the meantime: nobody cancels it but us.
            if state.withLock({ $0.closed }) { cancel(ticket) }
            return ticket
        }
        state.withLock { _ = $0.flights.removeValue(forKey: ticket) }
        let status: USBStatus =
            result == LIBUSB_ERROR_NO_DEVICE.rawValue ? .disconnected : .failed(LibUSBHost.words(result))
        completion(USBCompletion(status: status))
        return ticket
    }

    /// Called by libusb on the event thread, once for each submitted transfer.
    private static func ended(_ transfer: UnsafeMutablePointer<libusb_transfer>?) {
        guard let transfer, let own = transfer.pointee.user_data else { return }
        let flight = Unmanaged<Flight>.fromOpaque(own).takeUnretainedValue()
        let result = flight.result
        // From here on the table no longer holds the flight; this frame does.
        flight.device.state.withLock { _ = $0.flights.removeValue(forKey: flight.ticket) }
        flight.completion(result)
    }

    func cancel(_ ticket: USBTicket) {
        // Under the lock: the flight can't be freed while libusb is told to cancel it.
        state.withLock { state in
            if let flight = state.flights[ticket] { libusb_cancel_transfer(flight.transfer) }
        }
    }

    func clearHalt(endpoint: UInt8) async throws(USBError) {
        // A control transfer that waits for its answer; short, and only after a stall.
        let result = libusb_clear_halt(handle, endpoint)
        switch result {
        case 0: return
        case LIBUSB_ERROR_NO_DEVICE.rawValue: throw .disconnected(device: info.label)
        default: throw .failed(device: info.label, what: "clearing a halt", reason: LibUSBHost.words(result))
        }
    }

    func close() {
        state.withLock { state in
            state.closed = true
            for flight in state.flights.values { libusb_cancel_transfer(flight.transfer) }
        }
        giveBackInterfaces()
    }
}
