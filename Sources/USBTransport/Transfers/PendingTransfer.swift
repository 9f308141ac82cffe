import Synchronization

/// A transfer that may have to be cancelled before its submission has returned.
final class PendingTransfer: Sendable {
    private enum State {
        case notStarted, cancelledEarly
        case running(USBTicket)
    }
    private let state = Mutex(State.notStarted)

    init() {}

    func started(_ ticket: USBTicket, on device: any USBDevice) {
        let cancelNow = state.withLock { state -> Bool in
            if case .cancelledEarly = state { return true }
            state = .running(ticket)
            return false
        }
        if cancelNow { device.cancel(ticket) }
    }

    func cancel(on device: any USBDevice) {
        let ticket = state.withLock { state -> USBTicket? in
            if case .running(let ticket) = state { return ticket }
            state = .cancelledEarly
            return nil
        }
        if let ticket { device.cancel(ticket) }
    }
}
