/// What a station asks: a verb and its arguments. On the wire the CBOR array `[verb, {arguments}]`.
public struct LinkRequest: Sendable, Equatable {
    /// What to do: `identify`, `flash.write`.
    public var verb: String
    /// With what.
    public var arguments: [String: LinkValue]

    public init(verb: String, arguments: [String: LinkValue] = [:]) {
        self.verb = verb
        self.arguments = arguments
    }

    /// The request as a message.
    public func encoded() throws(LinkValueError) -> [UInt8] {
        try LinkValue.array([.text(verb), .map(arguments)]).encoded()
    }

    /// The request in a message.
    public init(decoding message: [UInt8]) throws(LinkValueError) {
        let parts = try pair(message, "[verb, arguments]")
        self.init(verb: try parts.0.text(), arguments: try parts.1.fields())
    }
}

/// What firmware answers. On the wire the CBOR array `[true, {result}]` or
/// `[false, {"code": text, "message": text, "data": any}]`, `data` only where there is something.
public enum LinkAnswer: Sendable, Equatable {
    case result([String: LinkValue])
    case failure(RemoteError)

    /// The answer as a message.
    public func encoded() throws(LinkValueError) -> [UInt8] {
        switch self {
        case .result(let result):
            return try LinkValue.array([true, .map(result)]).encoded()
        case .failure(let error):
            var fields: [String: LinkValue] = ["code": .text(error.code), "message": .text(error.message)]
            if let data = error.data { fields["data"] = data }
            return try LinkValue.array([false, .map(fields)]).encoded()
        }
    }

    /// The answer in a message.
    public init(decoding message: [UInt8]) throws(LinkValueError) {
        let parts = try pair(message, "[succeeded, result]")
        if try parts.0.bool() {
            self = .result(try parts.1.fields())
        } else {
            self = .failure(
                RemoteError(
                    code: try parts.1.field("code").text(), message: try parts.1.field("message").text(),
                    data: try parts.1.optional("data")?.value))
        }
    }
}

/// A refusal or failure that the firmware itself reported.
public struct RemoteError: Error, Sendable, Equatable {
    /// Short and stable, one of `FactoryErrorCode` or a test's own.
    public var code: String
    /// A sentence from the firmware.
    public var message: String
    /// More, where there is something.
    public var data: LinkValue?

    public init(code: String, message: String, data: LinkValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }
}

/// An unasked message of the firmware. On the wire the CBOR array `[name, {fields}]`, in one frame.
struct LinkEvent: Equatable {
    /// The longest event, so that it never keeps an answer waiting: 24 ms at 115,200 bit/s.
    static let longestMessage = 256
    static let logName = "log"

    var name: String
    var fields: [String: LinkValue]

    init(name: String, fields: [String: LinkValue]) {
        self.name = name
        self.fields = fields
    }

    init(decoding message: [UInt8]) throws(LinkValueError) {
        let parts = try pair(message, "[name, fields]")
        self.init(name: try parts.0.text(), fields: try parts.1.fields())
    }

    func encoded() throws(LinkValueError) -> [UInt8] {
        try LinkValue.array([.text(name), .map(fields)]).encoded()
    }
}

private func pair(_ message: [UInt8], _ shape: String) throws(LinkValueError) -> (LinkReader, LinkReader) {
    let elements = try LinkReader(LinkValue(decoding: message)).elements()
    guard elements.count == 2 else {
        throw .notAllowed(path: "", found: "array of \(elements.count)", allowed: shape)
    }
    return (elements[0], elements[1])
}
