import Squirrel

/// `imp`, `server` and `device` for Squirrel, agent side.
enum AgentBinding {
    static func imp(_ agent: Agent) -> SquirrelObject {
        let (run, simulation) = (agent.run, agent.host.simulation)
        let timer = run.vm.makeClass("timer", methods: [])
        let table = run.vm.makeTable(functions: [
            NativeMethod("wakeup", parameters: .exactly(2), types: ".nc") {
                [unowned run, unowned agent] call in
                let turn = run.callback(try call.function(1))
                let due = Duration.wholeNanoseconds(ofSeconds: try call.number(0)) + run.unpaid
                let event = simulation.schedule(after: due) { [weak agent] in
                    agent?.processor.post { try turn([]) }
                }
                return .object(try run.vm.makeInstance(of: timer, payload: event))
            },
            NativeMethod("cancelwakeup", parameters: .exactly(1), types: ".x|o") { call in
                (call[0].objectValue?.payload as? Simulation.Event)?.cancel()
                return .null
            },
            NativeMethod("sleep", parameters: .exactly(1), types: ".n") { [unowned run, unowned agent] call in
                let time = Duration.wholeNanoseconds(ofSeconds: try call.number(0))
                return try run.block(call) { [unowned agent] (resume: @escaping Resume<Void>) in
                    agent.processor.wait(for: time) { try resume(.success(())) }
                }
            },
            NativeMethod("onidle", parameters: .exactly(1), types: ".c|o") {
                [unowned run, unowned agent] call in
                guard let function = try call.optionalFunction(0) else { return .null }
                let turn = run.callback(function)
                agent.processor.postWhenIdle { try turn([]) }
                return .null
            },
            NativeMethod("environment", parameters: .exactly(0)) { _ in
                .integer(DeviceConstants.configuration["ENVIRONMENT_AGENT"] ?? 0)
            },
            NativeMethod("getmemoryfree", parameters: .exactly(0)) { [unowned run] _ in
                SquirrelValue(max(run.vm.memoryLimit - run.vm.memoryUsed, 0))
            },
        ])
        table["configparams"] = .object(
            run.vm.makeTable(agent.configParams.map { ($0.name, $0.value) }))
        return table
    }

    static func server(_ agent: Agent) -> SquirrelObject {
        let (run, host, deviceID) = (agent.run, agent.host, agent.deviceID)
        return run.vm.makeTable(functions: [
            NativeMethod("log", parameters: .exactly(1)) { [unowned run, unowned host] call in
                host.note(try run.vm.describe(call[0]).text, of: deviceID)
                return .integer(0)
            },
            NativeMethod("error", parameters: .exactly(1)) { [unowned run, unowned host] call in
                host.note("ERROR: " + (try run.vm.describe(call[0]).text), of: deviceID)
                return .integer(0)
            },
            NativeMethod("save", parameters: .exactly(1), types: ".t") { [unowned run, unowned host] call in
                host.cloud.save(try run.vm.data(from: call[0]).asSent, for: deviceID)
                return .integer(0)
            },
            NativeMethod("load", parameters: .exactly(0)) { [unowned run, unowned host] _ in
                run.vm.value(from: host.cloud.savedData(of: deviceID) ?? .table([]))
            },
        ])
    }

    static func device(_ agent: Agent) -> SquirrelObject {
        let (run, host, deviceID) = (agent.run, agent.host, agent.deviceID)
        return run.vm.makeTable(functions: [
            NativeMethod("send", parameters: .exactly(2), types: ".s.") { [unowned run, unowned host] call in
                let (name, data) = (try call.text(0), try run.vm.data(from: call[1]))
                host.send(name, data, to: deviceID)
                return .integer(0)
            },
            NativeMethod("on", parameters: .exactly(2), types: ".sc") { [unowned run, unowned agent] call in
                let turn = run.callback(try call.function(1))
                agent.handlers[try call.text(0)] = { [unowned run] in try turn([run.vm.value(from: $0)]) }
                return .null
            },
            NativeMethod("onconnect", parameters: .exactly(1), types: ".c") {
                [unowned run, unowned agent] call in
                let turn = run.callback(try call.function(0))
                agent.onConnect = { try turn([]) }
                return .null
            },
            NativeMethod("ondisconnect", parameters: .exactly(1), types: ".c") {
                [unowned run, unowned agent] call in
                let turn = run.callback(try call.function(0))
                agent.onDisconnect = { try turn([]) }
                return .null
            },
            NativeMethod("isconnected", parameters: .exactly(0)) { [unowned host] _ in
                .bool(host.isConnected(deviceID))
            },
        ])
    }
}
