/// What methods that send data to the server return (the page of the `server` object); 0 is success.
public enum SendError: Int, Sendable, CaseIterable {
    /// There is no connection.
    case notConnected = 1
    /// The time of `server.setsendtimeoutpolicy` was over before everything was sent.
    case timeout = 2
    /// The connection broke before everything was sent.
    case disconnected = 3
    /// The data does not fit into the send buffer.
    case wouldBlock = 4
}

/// Sending, whatever it is: log lines, messages to the agent, goodbyes.
extension ServerAPI {
    /// What a log line or message takes on the wire besides its content; a choice.
    static let messageOverhead = 24

    /// Sends without waiting, when that is what the policy would do anyway.
    /// - Parameter delivered: runs when the server has everything.
    /// - Returns: 0 or a `SendError` value; nil when the call has to wait (`transmit`).
    func transmitAtOnce(_ bytes: Int, delivered: @escaping () -> Void) -> Int? {
        let (connection, machine) = (module.connection, machine)
        guard connection.isConnected else {
            return machine.sendPolicy == .suspendOnError ? nil : SendError.notConnected.rawValue
        }
        guard machine.sendWait == .tilSent, connection.link.fits(bytes + Self.messageOverhead) else {
            return nil
        }
        connection.link.send(bytes + Self.messageOverhead, delivered: delivered)
        return 0
    }

    /// Sends as `server.setsendtimeoutpolicy` says. Under SUSPEND_ON_ERROR without a connection the program stands
    /// still until there is one.
    /// - Parameters:
    ///   - delivered: runs when the server has everything.
    ///   - then: gets 0 or a `SendError` value.
    func transmit(_ bytes: Int, delivered: @escaping () -> Void, then: @escaping Resume<Int>)
        throws(ImpAPIError)
    {
        try machine.requireRunning()
        let (machine, module) = (machine, module)
        let processor = machine.processor
        if let result = transmitAtOnce(bytes, delivered: delivered) {
            return processor.wait(for: .microseconds(50)) { try then(.success(result)) }
        }
        guard module.connection.isConnected else {
            return machine.whenReconnected { [self] in
                try transmit(bytes, delivered: delivered, then: then)
            }
        }
        let link = module.connection.link
        link.send(bytes + Self.messageOverhead, delivered: delivered)
        processor.hold()
        let finish: (Bool) -> Void = { isDone in
            let error = module.connection.isConnected ? SendError.timeout : SendError.disconnected
            processor.release { try then(.success(isDone ? 0 : error.rawValue)) }
        }
        switch machine.sendWait {
        case .tilSent: link.whenBuffered(within: machine.sendTimeout, finish)
        case .forAcknowledgement: link.whenAcknowledged(within: machine.sendTimeout, finish)
        }
    }

    /// `server.flush(timeout)`: waits until everything is acknowledged.
    /// - Parameter then: gets false when the time was over or the connection broke before; the connection stays as it is.
    public func flush(_ timeout: Double, then: @escaping Resume<Bool>) throws(ImpAPIError) {
        try machine.requireRunning()
        let (module, processor) = (module, machine.processor)
        guard module.connection.isConnected else {
            return processor.wait(for: .microseconds(50)) { try then(.success(false)) }
        }
        processor.hold()
        module.isFlushing = true
        module.connection.link.whenAcknowledged(within: .wholeNanoseconds(ofSeconds: timeout)) { isDone in
            module.isFlushing = false
            processor.release { try then(.success(isDone)) }
        }
    }

    // MARK: Goodbye

    /// `server.expectonlinein(seconds)`: tells the server when the device will be back, then disconnects.
    /// - Parameter then: gets 0 or a `SendError` value.
    public func expectOnline(in seconds: Double, then: @escaping Resume<Int>) throws(ImpAPIError) {
        guard seconds >= 0, seconds <= 2_419_198 else {
            throw ImpAPIError("bad parameter in server.expectonlinein(seconds)")
        }
        try machine.requireRunning()
        let (module, processor) = (module, machine.processor)
        guard module.connection.isConnected else {
            return processor.wait(for: .microseconds(50)) {
                try then(.success(SendError.notConnected.rawValue))
            }
        }
        module.connection.link.send(Self.messageOverhead)
        processor.hold()
        module.connection.link.whenAcknowledged(within: machine.sendTimeout) { isDone in
            module.connection.disconnect()
            processor.release { try then(.success(isDone ? 0 : SendError.timeout.rawValue)) }
        }
    }

    /// `server.sleepfor(seconds)`: the same, then deep sleep.
    public func sleepFor(_ seconds: Double) throws(ImpAPIError) {
        guard let imp = machine.interface?.imp else { return }
        guard seconds >= 0, seconds <= 2_419_198 else {
            throw ImpAPIError("bad parameter in server.sleepfor(seconds)")
        }
        try expectOnline(in: seconds) { _ in try imp.deepSleepFor(seconds) }
    }
}

extension ServerAPI {
    /// A time of day in UTC, and the day if it is not the next one that comes.
    public struct WakeTime: Sendable, Equatable {
        public var hour: Int
        public var minute: Int
        public var second = 0
        /// 0 = Sunday; nil = any.
        public var weekday: Int?
    }

    /// Whether `server.connect` waits, whatever its arguments: SUSPEND_ON_ERROR.
    var connectsByWaiting: Bool { machine.sendPolicy == .suspendOnError }

    /// How long until the module's clock shows this time.
    /// - Throws: for a time or day that no clock shows.
    func seconds(until time: WakeTime) throws(ImpAPIError) -> Double {
        guard (0...23).contains(time.hour), (0...60).contains(time.minute), (0...60).contains(time.second),
            time.weekday.map((0...6).contains) ?? true
        else { throw ImpAPIError("bad parameter in server.sleepuntil(hour, minute, second, weekday)") }
        let day = 86_400.0
        let now = Double(module.release.squirrel.epoch) + module.simulation.now.elapsed.inSeconds
        var due =
            Double(time.hour * 3600 + time.minute * 60 + time.second)
            - now.truncatingRemainder(dividingBy: day)
        if due <= 0 { due += day }
        guard let weekday = time.weekday else { return due }
        // The first of January 1970 was a Thursday.
        while (Int((now + due) / day) + 4) % 7 != weekday { due += day }
        return due
    }

    /// Logs without waiting, when that is what the policy would do anyway.
    /// - Returns: as `transmitAtOnce`.
    func logAtOnce(_ text: String) -> Int? {
        guard let result = transmitAtOnce(text.utf8.count, delivered: {}) else { return nil }
        module.note(text)
        return result
    }
}
