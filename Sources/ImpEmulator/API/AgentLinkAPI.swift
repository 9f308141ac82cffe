import Squirrel

/// The `agent` object: messages between the device's program and its agent.
public final class AgentLinkAPI {
    /// Takes the data of one message.
    typealias Handler = (SquirrelData) throws -> Void

    private let machine: SquirrelMachine
    private var handlers: [String: Handler] = [:]

    /// The agent takes no message beyond this (the page of `agent.send`).
    static let largestMessage = 256 * 1024

    init(machine: SquirrelMachine) {
        self.machine = machine
    }

    /// `agent.on(name, callback)`: one handler a name, the latest.
    func on(_ name: String, _ handler: @escaping Handler) { handlers[name] = handler }

    /// `agent.send(name, data)`.
    /// - Parameter then: gets 0 or a `SendError` value.
    func send(_ name: String, _ data: SquirrelData, then: @escaping Resume<Int>) throws(ImpAPIError) {
        try machine.requireRunning()
        guard let server = machine.interface?.server else { throw ImpAPIError("the program has ended") }
        let module = machine.module
        let data = data.asSent
        let size = name.utf8.count + data.wireSize
        guard size < Self.largestMessage else {
            throw ImpAPIError("message too large in agent.send(name, data)")
        }
        try server.transmit(
            size, delivered: { [weak module] in module?.agents?.deliver(name, data, from: module) },
            then: then)
    }

    /// A message came from the agent.
    func receive(_ name: String, _ data: SquirrelData) {
        guard let handler = handlers[name] else {
            return machine.module.note("no handler for agent message '\(name)'")
        }
        machine.processor.post { try handler(data) }
    }
}
