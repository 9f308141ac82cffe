/// The `server` object of Release 30, device side.
public final class ServerAPI {
    let machine: SquirrelMachine
    var module: EmulatedModule { machine.module }

    init(machine: SquirrelMachine) {
        self.machine = machine
    }

    // MARK: Blessing

    /// `server.bless(testSuccess, callback)`: returns at once.
    ///
    /// | | callback | LED |
    /// |---|---|---|
    /// | tests failed | false | red, immediately |
    /// | blessed | true | green at the callback; two seconds later the application loads |
    /// | refused | false | red at the callback |
    /// | no answer | never | unchanged |
    /// | not connected | never | unchanged; the vendor's page does not say what really happens |
    /// - Throws: outside factory firmware.
    public func bless(_ testSuccess: Bool, callback: @escaping (Bool) throws -> Void) throws(ImpAPIError) {
        try machine.requireFactoryFirmware("server.bless")
        try machine.requireRunning()
        let module = module
        let processor = machine.processor
        let halfWay = module.cloud.behaviour.latency / 2
        if !testSuccess {
            module.show(.blessingFailed)
            module.later(halfWay) {
                if module.connection.isConnected { _ = Self.ask(module, testSuccess: false) }
                module.later(halfWay) { processor.post { try callback(false) } }
            }
            return
        }
        guard module.connection.isConnected else {
            module.note("server.bless: not connected")
            return
        }
        module.later(halfWay) {
            guard module.connection.isConnected, let accepted = Self.ask(module, testSuccess: true) else {
                return
            }
            module.later(halfWay) {
                guard module.connection.isConnected else { return }
                module.show(accepted ? .blessed : .blessingFailed)
                processor.post {
                    if accepted { module.blessed() }
                    try callback(accepted)
                }
            }
        }
    }

    private static func ask(_ module: EmulatedModule, testSuccess: Bool) -> Bool? {
        var manner: CloudBehaviour.Manner?
        if module.faults.contains(.cloudRefuses) { manner = .refuses }
        if module.faults.contains(.cloudSilent) { manner = .silent }
        if module.faults.contains(.cloudLosesAnswer) { manner = .losesAnswer }
        return module.cloud.bless(
            deviceID: module.deviceID.text, ordinal: module.recipe.ordinal, testSuccess: testSuccess,
            override: manner)
    }

    // MARK: Connection

    /// `server.isconnected()`.
    public func isConnected() -> Bool { module.connection.isConnected }

    /// `server.connect([callback[, timeout]])` under RETURN_ON_ERROR: returns at once; the callback gets a
    /// `ConnectionReason` value.
    /// - Parameter timeout: seconds, 60 unless given (R2).
    public func connect(timeout: Double? = nil, callback: @escaping (Int) throws -> Void)
        throws(ImpAPIError)
    {
        try machine.requireRunning()
        // Before R2 the timeout had to be given.
        if timeout == nil, !module.release.holds(.r2) { throw ImpAPIError("wrong number of parameters") }
        let timeout = timeout ?? module.release.times.connectTimeout.inSeconds
        guard timeout > 0 else { throw ImpAPIError("bad timeout in server.connect(callback, timeout)") }
        let processor = machine.processor
        if module.radioImageIsStale { module.loadRadioImage() }
        module.connection.connect(timeout: .wholeNanoseconds(ofSeconds: timeout)) { reason in
            processor.post { try callback(reason.rawValue) }
        }
    }

    /// `server.connect()` that waits: under RETURN_ON_ERROR without a callback for the default timeout; under
    /// SUSPEND_ON_ERROR as for every call that needs the server, a minute, then deep sleep and another try.
    public func connectAndWait(then: @escaping Resume<Void>) throws(ImpAPIError) {
        try machine.requireRunning()
        let (processor, module) = (machine.processor, module)
        if module.radioImageIsStale { module.loadRadioImage() }
        guard !module.connection.isConnected else {
            return processor.wait(for: .microseconds(50)) { try then(.success(())) }
        }
        guard !connectsByWaiting else { return machine.whenReconnected { try then(.success(())) } }
        processor.hold()
        module.connection.connect(timeout: module.release.times.connectTimeout) { _ in
            processor.release { try then(.success(())) }
        }
    }

    /// `server.disconnect()`: WiFi off; `onUnexpectedDisconnect` is not told.
    public func disconnect() { module.connection.disconnect() }

    /// `server.onunexpecteddisconnect(callback)`: gets a `ConnectionReason` value; nil takes it off again.
    public func onUnexpectedDisconnect(_ callback: ((Int) throws -> Void)?) {
        machine.unexpectedDisconnect = callback
    }

    /// `server.setsendtimeoutpolicy(reconnectPolicy, waitPolicy, timeout)`.
    /// - Parameter timeout: seconds that a call may wait for the server.
    public func setSendTimeoutPolicy(
        _ policy: SquirrelMachine.SendPolicy, wait: SquirrelMachine.SendWait = .tilSent, timeout: Double = 30
    ) {
        machine.sendPolicy = policy
        machine.sendWait = wait
        machine.sendTimeout = .wholeNanoseconds(ofSeconds: timeout)
    }

    // MARK: Log

    /// `server.log(text)`: goes into the module's log at once and to the server if there is one.
    public func log(_ text: String) {
        module.note(text)
        _ = transmitAtOnce(text.utf8.count, delivered: {})
    }

    /// `server.error(text)`.
    public func error(_ text: String) { log("ERROR: " + text) }

    /// The same with the policy's waiting.
    /// - Parameter then: gets 0 or a `SendError` value.
    public func log(_ text: String, then: @escaping Resume<Int>) throws(ImpAPIError) {
        module.note(text)
        try transmit(text.utf8.count, delivered: {}, then: then)
    }
}
