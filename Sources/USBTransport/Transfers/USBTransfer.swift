/// The eight bytes that start a control transfer (USB 2.0, 9.3).
public struct USBSetup: Hashable, Sendable {
    /// Bit 7: towards the host; bits 6..5: standard, class, vendor; bits 4..0: device, interface, endpoint.
    public var requestType: UInt8
    public var request: UInt8
    public var value: UInt16
    public var index: UInt16
    /// Bytes in the data stage.
    public var length: UInt16

    public init(requestType: UInt8, request: UInt8, value: UInt16 = 0, index: UInt16 = 0, length: UInt16 = 0)
    {
        self.requestType = requestType
        self.request = request
        self.value = value
        self.index = index
        self.length = length
    }

    /// - Returns: nil unless there are exactly 8 bytes.
    public init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 8 else { return nil }
        self.init(
            requestType: bytes[0], request: bytes[1], value: UInt16(bytes[2]) | UInt16(bytes[3]) << 8,
            index: UInt16(bytes[4]) | UInt16(bytes[5]) << 8, length: UInt16(bytes[6]) | UInt16(bytes[7]) << 8)
    }

    /// As they go over the wire, little endian.
    public var bytes: [UInt8] {
        [
            requestType, request, UInt8(truncatingIfNeeded: value), UInt8(value >> 8),
            UInt8(truncatingIfNeeded: index),
            UInt8(index >> 8), UInt8(truncatingIfNeeded: length), UInt8(length >> 8),
        ]
    }

    public var isInput: Bool { requestType & 0x80 != 0 }
}

/// One transfer.
public enum USBTransfer: Sendable, Equatable {
    /// The setup's `length` is set to the data's count by whoever sends it.
    case controlOut(USBSetup, [UInt8])
    case controlIn(USBSetup)
    case bulkOut(endpoint: UInt8, [UInt8])
    case bulkIn(endpoint: UInt8, length: Int)
    case interruptIn(endpoint: UInt8, length: Int)
}

/// How a transfer ended.
public enum USBStatus: Hashable, Sendable {
    case completed
    case cancelled
    /// The endpoint answered STALL; for a bulk endpoint it stays so until `clearHalt`.
    case stalled
    /// The device sent more than it was asked for (babble).
    case overflow
    /// The device is gone.
    case disconnected
    /// Anything else the host controller reports.
    case failed(String)
}

/// What became of a transfer.
public struct USBCompletion: Sendable, Equatable {
    public var status: USBStatus
    /// What came in; also what came before a transfer was cancelled or failed.
    public var data: [UInt8]
    /// Bytes that went out, for outgoing transfers.
    public var sent: Int

    public init(status: USBStatus, data: [UInt8] = [], sent: Int = 0) {
        self.status = status
        self.data = data
        self.sent = sent
    }
}

/// Names one submitted transfer for `USBDevice.cancel`.
public struct USBTicket: Hashable, Sendable {
    public let number: UInt64

    public init(number: UInt64) {
        self.number = number
    }
}
