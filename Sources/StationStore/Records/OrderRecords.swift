import ContentAddress
import Ledger

/// Serial numbers of one form: a prefix, a number padded with zeros to a fixed width, a suffix.
public struct SerialRange: Sendable, Equatable, Codable {
    public var prefix: String
    public var first: Int64
    /// The last one, included.
    public var last: Int64
    /// Digits, 1 to 15.
    public var width: Int
    /// What stands behind the number; does not begin with a digit.
    public var suffix: String
    /// Several stations share the numbers: each uses only what the plant granted it.
    public var isShared: Bool

    public init(
        prefix: String, first: Int64, last: Int64, width: Int, suffix: String = "", isShared: Bool = false
    ) {
        self.prefix = prefix
        self.first = first
        self.last = last
        self.width = width
        self.suffix = suffix
        self.isShared = isShared
    }

    /// The serial number with that number.
    public func text(_ number: Int64) -> String {
        let digits = String(number)
        return prefix + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits + suffix
    }

    /// Which number of the range a serial number is; nil when it is none of them.
    public func number(of serial: String) -> Int64? {
        guard serial.hasPrefix(prefix), serial.hasSuffix(suffix),
            serial.utf8.count == prefix.utf8.count + width + suffix.utf8.count,
            let number = Int64(serial.dropFirst(prefix.count).dropLast(suffix.count)),
            (first...last).contains(number),
            text(number) == serial
        else { return nil }
        return number
    }

    /// Whether some text is a serial number of both, their suffixes being equal.
    public func overlaps(_ other: SerialRange) -> Bool {
        guard suffix == other.suffix else { return false }
        guard prefix.utf8.count + width == other.prefix.utf8.count + other.width else { return false }
        let (short, long) = prefix.utf8.count <= other.prefix.utf8.count ? (self, other) : (other, self)
        guard long.prefix.hasPrefix(short.prefix) else { return false }
        let rest = long.prefix.dropFirst(short.prefix.count)
        guard rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        // Read with the shorter prefix, the longer one's range is a range of numbers as well.
        let base = (Int64(rest) ?? 0) * (0..<long.width).reduce(1) { product, _ in product * 10 }
        return (short.first...short.last).overlaps(base + long.first...base + long.last)
    }

    func check(_ rules: inout RecordRules) {
        if !prefix.isEmpty { rules.name(prefix, "serials.prefix", longest: 48) }
        if !suffix.isEmpty { rules.name(suffix, "serials.suffix", longest: 48) }
        rules.require(
            !(suffix.utf8.first.map { (0x30...0x39).contains($0) } ?? false), "serials.suffix",
            "should not begin with a digit, found \(suffix)")
        rules.integer(Int64(width), "serials.width", in: 1...15)
        guard (1...15).contains(width) else { return }
        let limit = (0..<width).reduce(1 as Int64) { product, _ in product * 10 } - 1
        rules.integer(first, "serials.first", in: 0...limit)
        rules.integer(last, "serials.last", in: 0...limit)
        rules.require(first <= last, "serials.last", "should be at least first, \(first), found \(last)")
    }
}

/// A work order is open: so many units of a SKU.
public struct OrderOpened: RecordBody {
    static let kind: StaticString = "order.opened"
    /// The order's name.
    public var order: String
    public var sku: String
    public var quantity: Int
    public var market: String?
    /// The serial numbers to give out; nil when units bring their own or need none.
    public var serials: SerialRange?

    public init(order: String, sku: String, quantity: Int, market: String? = nil, serials: SerialRange? = nil)
    {
        self.order = order
        self.sku = sku
        self.quantity = quantity
        self.market = market
        self.serials = serials
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        market = try fields.optionalText("market")
        order = try fields.text("order")
        quantity = Int(try fields.integer("quantity"))
        if var serials = try fields.optionalObject("serials") {
            self.serials = SerialRange(
                prefix: try serials.text("prefix"), first: try serials.integer("first"),
                last: try serials.integer("last"), width: Int(try serials.integer("width")),
                suffix: try serials.optionalText("suffix") ?? "",
                isShared: try serials.optionalFlag("shared") ?? false)
            try serials.finish()
        }
        sku = try fields.text("sku")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("market", market)
        writer.member("order", order)
        writer.member("quantity", Int64(quantity))
        if let serials {
            writer.key("serials")
            writer.beginObject()
            writer.member("first", serials.first)
            writer.member("last", serials.last)
            writer.member("prefix", serials.prefix)
            if serials.isShared {
                writer.key("shared")
                writer.bool(true)
            }
            writer.member("suffix", serials.suffix.isEmpty ? nil : serials.suffix)
            writer.member("width", Int64(serials.width))
            writer.endObject()
        }
        writer.member("sku", sku)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(market, "market")
        rules.name(order, "order")
        rules.integer(Int64(quantity), "quantity", in: 1...1_000_000_000)
        serials?.check(&rules)
        rules.name(sku, "sku")
    }

    var record: Record { .orderOpened(self) }
}

/// No more units are started for the order.
public struct OrderClosed: RecordBody {
    static let kind: StaticString = "order.closed"
    public var order: String
    public var reason: String

    public init(order: String, reason: String) {
        self.order = order
        self.reason = reason
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        order = try fields.text("order")
        reason = try fields.text("reason")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("order", order)
        writer.member("reason", reason)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(order, "order")
        rules.text(reason, "reason")
    }

    var record: Record { .orderClosed(self) }
}

/// The plant granted this station a block of the order's serial numbers; no other station gets them.
public struct SerialsGranted: RecordBody {
    static let kind: StaticString = "serials.granted"
    public var order: String
    public var first: Int64
    /// Included.
    public var last: Int64

    public init(order: String, first: Int64, last: Int64) {
        self.order = order
        self.first = first
        self.last = last
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        first = try fields.integer("first")
        last = try fields.integer("last")
        order = try fields.text("order")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("first", first)
        writer.member("last", last)
        writer.member("order", order)
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(first, "first")
        rules.integer(last, "last")
        rules.require(first <= last, "last", "should be at least first, \(first), found \(last)")
        rules.name(order, "order")
    }

    var record: Record { .serialsGranted(self) }
}

/// A serial number is set aside for a unit. Written by ``StationStore/leaseSerial(order:device:wanted:)``.
public struct SerialLeased: RecordBody {
    static let kind: StaticString = "serial.leased"
    public var order: String
    /// Device ID.
    public var device: String
    public var serial: String

    public init(order: String, device: String, serial: String) {
        self.order = order
        self.device = device
        self.serial = serial
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        device = try fields.text("device")
        order = try fields.text("order")
        serial = try fields.text("serial")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("device", device)
        writer.member("order", order)
        writer.member("serial", serial)
    }

    func check(_ rules: inout RecordRules) {
        rules.deviceID(device)
        rules.name(order, "order")
        rules.name(serial, "serial", longest: 64)
    }

    var record: Record { .serialLeased(self) }
}

/// The serial number is the unit's for good.
public struct SerialConfirmed: RecordBody {
    static let kind: StaticString = "serial.confirmed"
    /// Device ID.
    public var device: String
    public var run: RunID
    public var serial: String

    public init(serial: String, device: String, run: RunID) {
        self.serial = serial
        self.device = device
        self.run = run
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        device = try fields.text("device")
        run = try fields.run()
        serial = try fields.text("serial")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("device", device)
        writer.member("run", run)
        writer.member("serial", serial)
    }

    func check(_ rules: inout RecordRules) {
        rules.deviceID(device)
        rules.name(serial, "serial", longest: 64)
    }

    var record: Record { .serialConfirmed(self) }
}

/// The serial number was not used after all and may be leased again.
public struct SerialReturned: RecordBody {
    static let kind: StaticString = "serial.returned"
    /// Device ID.
    public var device: String
    public var reason: String
    public var serial: String

    public init(serial: String, device: String, reason: String) {
        self.serial = serial
        self.device = device
        self.reason = reason
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        device = try fields.text("device")
        reason = try fields.text("reason")
        serial = try fields.text("serial")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("device", device)
        writer.member("reason", reason)
        writer.member("serial", serial)
    }

    func check(_ rules: inout RecordRules) {
        rules.deviceID(device)
        rules.text(reason, "reason")
        rules.name(serial, "serial", longest: 64)
    }

    var record: Record { .serialReturned(self) }
}
