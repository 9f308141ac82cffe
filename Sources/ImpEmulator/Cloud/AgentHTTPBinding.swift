import Squirrel

/// The `http` object for Squirrel, agent side.
enum AgentHTTPBinding {
    static func make(_ agent: Agent) -> SquirrelObject {
        let table = agent.run.vm.makeTable(functions: requests(agent) + incoming(agent) + texts(agent))
        return table
    }

    // MARK: Requests

    /// A request that was made and not sent yet, or is on its way.
    private final class Outgoing {
        var request: HTTPRequest
        var event: Simulation.Event?

        init(_ request: HTTPRequest) {
            self.request = request
        }
    }

    private static func requests(_ agent: Agent) -> [NativeMethod] {
        let run = agent.run
        let type = requestClass(agent)
        func make(_ method: String, _ call: borrowing NativeCall, url: Int, body: Int?) throws
            -> SquirrelValue
        {
            let headers = try call.count > url + 1 ? Self.headers(call, url + 1) : []
            let content = try body.map { $0 < call.count && !call[$0].isNull ? try call.bytes($0) : [] } ?? []
            let request = HTTPRequest(
                method: method, url: try call.text(url), headers: headers, body: content)
            return .object(try run.vm.makeInstance(of: type, payload: Outgoing(request)))
        }
        return [
            NativeMethod("get", parameters: .atLeast(1), types: ".st|o") {
                try make("GET", $0, url: 0, body: nil)
            },
            NativeMethod("httpdelete", parameters: .atLeast(1), types: ".st|o") {
                try make("DELETE", $0, url: 0, body: nil)
            },
            NativeMethod("post", parameters: .atLeast(3), types: ".st|os|x") {
                try make("POST", $0, url: 0, body: 2)
            },
            NativeMethod("put", parameters: .atLeast(3), types: ".st|os|x") {
                try make("PUT", $0, url: 0, body: 2)
            },
            NativeMethod("request", parameters: .atLeast(4), types: ".sst|os|x") {
                try make(try $0.text(0).uppercased(), $0, url: 1, body: 3)
            },
            NativeMethod("agenturl", parameters: .exactly(0)) { [unowned agent] _ in .text(agent.url) },
        ]
    }

    private static func headers(_ call: borrowing NativeCall, _ index: Int) throws -> [(
        name: String, value: String
    )] {
        guard !call[index].isNull else { return [] }
        let vm = call.vm
        return try call.table(index).entries.map { entry in
            (try vm.describe(entry.key).text, try vm.describe(entry.value).text)
        }
    }

    private static func requestClass(_ agent: Agent) -> SquirrelObject {
        let (run, host) = (agent.run, agent.host)
        return run.vm.makeClass(
            "httprequest",
            methods: [
                NativeMethod("sendasync", parameters: .atLeast(1), types: "xcc|on") {
                    [unowned run, unowned host, unowned agent] call in
                    let outgoing = try call.payload(Outgoing.self)
                    let turn = run.callback(try call.function(0))
                    let seconds = call.count > 2 ? try call.number(2) : 600
                    let limit = seconds > 0 ? Duration.wholeNanoseconds(ofSeconds: seconds) : nil
                    outgoing.event = host.perform(outgoing.request, timeout: limit) {
                        [weak agent, weak run] response in
                        agent?.processor.post {
                            if let run { try turn([table(response, run.vm)]) }
                        }
                    }
                    return .null
                },
                NativeMethod("sendsync", parameters: .exactly(0), types: "x") {
                    [unowned run, unowned host, unowned agent] call in
                    let outgoing = try call.payload(Outgoing.self)
                    return try run.block(
                        call,
                        { [unowned agent] (resume: @escaping Resume<HTTPResponse>) in
                            agent.processor.hold()
                            outgoing.event = host.perform(outgoing.request, timeout: nil) {
                                [weak agent] response in
                                agent?.processor.release { try resume(.success(response)) }
                            }
                        }, giving: { [unowned run] in table($0, run.vm) })
                },
                NativeMethod("cancel", parameters: .exactly(0), types: "x") { call in
                    try call.payload(Outgoing.self).event?.cancel()
                    return .null
                },
            ])
    }

    /// `statuscode`, `headers`, `rawheaders`, `body`.
    private static func table(_ response: HTTPResponse, _ vm: SquirrelVM) -> SquirrelValue {
        let headers = vm.makeTable()
        var raw: [SquirrelValue] = []
        for header in response.headers {
            headers[header.name.lowercased()] = .text(header.value)
            raw.append(.text("\(header.name): \(header.value)"))
        }
        return .object(
            vm.makeTable([
                ("statuscode", SquirrelValue(response.statusCode)), ("headers", .object(headers)),
                ("rawheaders", .object(vm.makeArray(raw))),
                ("body", .string(SquirrelString(response.body))),
            ]))
    }

    // MARK: Requests from outside

    /// What `http.onrequest`'s second parameter stands for.
    private final class Incoming {
        var headers: [(name: String, value: String)] = []
        var answer: ((HTTPResponse) -> Void)?

        init(_ answer: @escaping (HTTPResponse) -> Void) {
            self.answer = answer
        }
    }

    private static func incoming(_ agent: Agent) -> [NativeMethod] {
        let run = agent.run
        let type = run.vm.makeClass(
            "httpresponse",
            methods: [
                NativeMethod("header", parameters: .exactly(2), types: "xs.") { [unowned run] call in
                    let value = try run.vm.describe(call[1]).text
                    try call.payload(Incoming.self).headers.append((try call.text(0), value))
                    return .null
                },
                NativeMethod("send", parameters: .atLeast(1), types: "xn.") { [unowned run] call in
                    let incoming = try call.payload(Incoming.self)
                    let body = call.count > 1 ? try content(call, 1, run.vm) : []
                    incoming.answer?(
                        HTTPResponse(
                            statusCode: Int(try call.integer(0)), headers: incoming.headers, body: body))
                    incoming.answer = nil
                    return .null
                },
            ])
        return [
            NativeMethod("onrequest", parameters: .exactly(1), types: ".c") {
                [unowned run, unowned agent] call in
                let turn = run.callback(try call.function(0))
                let base = agent.url
                agent.onRequest = { [unowned run] request, answer in
                    let response = try run.vm.makeInstance(of: type, payload: Incoming(answer))
                    try turn([table(request, below: base, run.vm), .object(response)])
                }
                return .null
            }
        ]
    }

    private static func content(_ call: borrowing NativeCall, _ index: Int, _ vm: SquirrelVM) throws
        -> [UInt8]
    {
        if let object = call[index].objectValue, object.isBlob { return object.bytes }
        return try vm.describe(call[index]).bytes
    }

    /// `method`, `path`, `query`, `headers`, `body`.
    private static func table(_ request: HTTPRequest, below base: String, _ vm: SquirrelVM) -> SquirrelValue {
        let rest = request.url.dropFirst(base.count)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = vm.makeTable()
        for field in FormText.decode(parts.count > 1 ? Array(parts[1].utf8) : []) {
            query[String(decoding: field.name, as: UTF8.self)] = .string(SquirrelString(field.value))
        }
        let headers = vm.makeTable()
        for header in request.headers { headers[header.name.lowercased()] = .text(header.value) }
        return .object(
            vm.makeTable([
                ("method", .text(request.method)), ("path", .text(String(parts.first ?? ""))),
                ("query", .object(query)), ("headers", .object(headers)),
                ("body", .string(SquirrelString(request.body))),
            ]))
    }

    // MARK: Text forms

    private static func texts(_ agent: Agent) -> [NativeMethod] {
        let run = agent.run
        return [
            NativeMethod("jsonencode", parameters: .atLeast(1), types: "..t|o") { [unowned run] call in
                let data = try run.vm.data(from: call[0])
                let options = call.count > 1 ? call[1].objectValue : nil
                let compact = options?["compact"]?.isTruthy ?? false
                return .string(SquirrelString(JSONText.encode(data, compact: compact)))
            },
            NativeMethod("jsondecode", parameters: .exactly(1), types: ".s|x") { [unowned run] call in
                let text = try call.bytes(0)
                do {
                    return run.vm.value(from: try JSONText.decode(text))
                } catch {
                    throw ImpAPIError("\(error)")
                }
            },
            NativeMethod("urlencode", parameters: .exactly(1), types: ".t") { [unowned run] call in
                let vm = run.vm
                let fields = try call.table(0).entries.flatMap { entry -> [(name: [UInt8], value: [UInt8])] in
                    let name = try vm.describe(entry.key).bytes
                    // An array gives its name once for each element.
                    if let list = entry.value.objectValue, list.kind == .array {
                        return try list.elements.map { (name, try vm.describe($0).bytes) }
                    }
                    return [(name, try vm.describe(entry.value).bytes)]
                }
                return .string(SquirrelString(FormText.encode(fields)))
            },
            NativeMethod("urldecode", parameters: .exactly(1), types: ".s|x") { [unowned run] call in
                let table = run.vm.makeTable()
                for field in FormText.decode(try call.bytes(0)) {
                    table[String(decoding: field.name, as: UTF8.self)] = .string(SquirrelString(field.value))
                }
                return .object(table)
            },
            NativeMethod("base64encode", parameters: .exactly(1), types: ".s|x") { call in
                .string(SquirrelString(FormText.base64(try call.bytes(0))))
            },
            NativeMethod("base64decode", parameters: .exactly(1), types: ".s|x") { [unowned run] call in
                guard let bytes = FormText.unbase64(try call.bytes(0)) else {
                    throw ImpAPIError("bad Base64 in http.base64decode(string)")
                }
                return .object(run.vm.makeBlob(bytes))
            },
        ]
    }
}
