import USBTransport

/// A slot's adapter: the device as it is, but every sentence about it names the slot.
final class SlotDevice: USBDevice {
    let info: USBDeviceInfo
    private let device: any USBDevice

    /// Opens a slot's adapter.
    init(_ info: USBDeviceInfo, slot: String, on host: any USBHost) throws(USBError) {
        var named = info
        named.slot = slot
        self.info = named
        do {
            device = try host.open(info.path)
        } catch {
            throw error.naming(named.label)
        }
    }

    func claim(interface: UInt8) throws(USBError) {
        do { try device.claim(interface: interface) } catch { throw error.naming(info.label) }
    }

    func release(interface: UInt8) { device.release(interface: interface) }

    func submit(_ transfer: USBTransfer, completion: @escaping @Sendable (USBCompletion) -> Void) -> USBTicket
    {
        device.submit(transfer, completion: completion)
    }

    func cancel(_ ticket: USBTicket) { device.cancel(ticket) }

    func clearHalt(endpoint: UInt8) async throws(USBError) {
        do { try await device.clearHalt(endpoint: endpoint) } catch { throw error.naming(info.label) }
    }

    func close() { device.close() }
}
