import Squirrel

/// The `agent` object for Squirrel, device side.
enum AgentLinkBinding {
    static func make(_ context: DeviceContext) -> SquirrelObject {
        let (run, agent) = (context.run, context.interface.agent)
        return context.vm.makeTable(functions: [
            NativeMethod("send", parameters: .exactly(2), types: ".s.") { [unowned run] call in
                let name = try call.text(0)
                // Thrown from here, "circular data" carries the program's line (R35).
                let data = try run.vm.data(from: call[1])
                return try run.block(
                    call, { try agent.send(name, data, then: $0) }, giving: { SquirrelValue($0) })
            },
            NativeMethod("on", parameters: .exactly(2), types: ".sc") { [unowned run] call in
                let name = try call.text(0)
                let turn = run.callback(try call.function(1))
                agent.on(name) { [unowned run] data in try turn([run.vm.value(from: data)]) }
                return .null
            },
        ])
    }
}

extension DeviceConstants {
    /// Published.
    static let sendErrors: [String: Int32] = [
        "SEND_ERROR_NOT_CONNECTED": 1, "SEND_ERROR_TIMEOUT": 2, "SEND_ERROR_DISCONNECTED": 3,
        "SEND_ERROR_WOULDBLOCK": 4,
    ]

    /// Days as `server.expectonlineat` and `server.sleepuntil` take them (published).
    static let days: [String: Int32] = [
        "SUNDAY": 0, "MONDAY": 1, "TUESDAY": 2, "WEDNESDAY": 3, "THURSDAY": 4, "FRIDAY": 5, "SATURDAY": 6,
    ]
}
