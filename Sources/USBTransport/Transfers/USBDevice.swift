import TimeAndChance

/// An opened device: the seam between the logic of adapters and whatever carries their transfers.
///
/// Many transfers may be in flight; those of one endpoint end in the order of their submission.
public protocol USBDevice: AnyObject, Sendable {
    var info: USBDeviceInfo { get }

    /// Takes an interface for this program alone, off the kernel's driver if one has it.
    func claim(interface: UInt8) throws(USBError)

    /// Gives an interface back, to the kernel's driver if one had it.
    func release(interface: UInt8)

    /// Starts a transfer.
    ///
    /// `completion` is called exactly once, on any thread, maybe before this returns: hold no lock while submitting.
    /// No buffer outlives it.
    @discardableResult
    func submit(_ transfer: USBTransfer, completion: @escaping @Sendable (USBCompletion) -> Void) -> USBTicket

    /// Asks for a transfer's early end; its completion says `.cancelled` unless it had ended before.
    func cancel(_ ticket: USBTicket)

    /// Takes a bulk endpoint out of its halt after a stall.
    func clearHalt(endpoint: UInt8) async throws(USBError)

    /// Cancels everything, releases every interface and lets the device go; harmless when repeated.
    func close()
}

/// A device came or went.
public enum USBHostEvent: Sendable, Equatable {
    case arrived(USBDeviceInfo)
    case left(USBPath)
}

/// All the devices of a machine.
public protocol USBHost: Sendable {
    /// What is plugged in now, by path.
    func devices() throws(USBError) -> [USBDeviceInfo]

    /// Opens what is plugged in at `path`.
    func open(_ path: USBPath) throws(USBError) -> any USBDevice

    /// Arrivals and departures from now on; several readers each get all of them.
    func events() -> AsyncStream<USBHostEvent>
}

extension USBDevice {
    /// Runs one transfer to its end.
    /// - Parameter timeout: after so long by `time` the transfer is cancelled and `.timedOut` thrown.
    /// - Returns: what came in; empty for outgoing transfers.
    /// - Throws: `USBError`; `.cancelled` when the surrounding task is.
    @discardableResult
    public func run(_ transfer: USBTransfer, timeout: Duration, on time: any TimeSource)
        async throws(USBError) -> [UInt8]
    {
        let end = await completion(of: transfer, timeout: timeout, on: time)
        switch end.completion.status {
        case .completed: return end.completion.data
        case .cancelled where end.timedOut:
            throw .timedOut(device: info.label, what: transfer.words, after: timeout)
        case .cancelled: throw .cancelled(device: info.label)
        case .stalled: throw .stalled(device: info.label, what: transfer.words)
        case .overflow: throw .babble(device: info.label, what: transfer.words)
        case .disconnected: throw .disconnected(device: info.label)
        case .failed(let reason): throw .failed(device: info.label, what: transfer.words, reason: reason)
        }
    }

    /// Runs one transfer to its end, whichever it is.
    /// - Returns: the end, and whether it came by `timeout`.
    public func completion(
        of transfer: USBTransfer, timeout: Duration, on time: any TimeSource
    ) async -> (completion: USBCompletion, timedOut: Bool) {
        let pending = PendingTransfer()
        return await withTaskCancellationHandler {
            await withTaskGroup(of: Bool.self) { group in
                // The clock first: a transfer that ends at once must find nothing left to wait for.
                group.addTask {
                    do {
                        try await time.sleep(for: timeout)
                    } catch {
                        return false
                    }
                    pending.cancel(on: self)
                    return true
                }
                let completion = await withCheckedContinuation { continuation in
                    let ticket = submit(transfer) { continuation.resume(returning: $0) }
                    pending.started(ticket, on: self)
                }
                group.cancelAll()
                var timedOut = false
                for await expired in group where expired { timedOut = true }
                return (completion, timedOut)
            }
        } onCancel: {
            pending.cancel(on: self)
        }
    }
}

extension USBTransfer {
    /// What it is, for a sentence.
    public var words: String {
        switch self {
        case .controlOut(let setup, _), .controlIn(let setup):
            "control request \(setup.request)"
        case .bulkOut(let endpoint, let bytes): "\(bytes.count) bytes to endpoint \(endpoint)"
        case .bulkIn(let endpoint, _), .interruptIn(let endpoint, _):
            "a read from endpoint \(endpoint & 0x7F)"
        }
    }
}
