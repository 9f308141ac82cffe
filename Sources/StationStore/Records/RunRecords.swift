import ContentAddress
import Ledger

/// A flash image of a run: which content goes where.
public struct RunImage: Sendable, Equatable, Hashable {
    public var name: String
    /// Physical byte address in the SPI flash.
    public var address: Int64
    public var digest: SHA256Digest
    /// Bytes.
    public var size: Int64

    public init(name: String, address: Int64, digest: SHA256Digest, size: Int64) {
        self.name = name
        self.address = address
        self.digest = digest
        self.size = size
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        address = try fields.integer("address")
        digest = try fields.digest("digest")
        name = try fields.text("name")
        size = try fields.integer("size")
        try fields.finish()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.beginObject()
        writer.member("address", address)
        writer.member("digest", digest)
        writer.member("name", name)
        writer.member("size", size)
        writer.endObject()
    }

    func check(_ rules: inout RecordRules) {
        rules.integer(address, "image.address")
        rules.name(name, "image.name", longest: 1024)
        rules.integer(size, "image.size")
    }
}

/// A unit was put into a slot and the procedure begins. The entry's sequence number is the run's ID.
public struct RunStarted: RecordBody {
    static let kind: StaticString = "run.started"
    public var slot: Int
    public var sku: String
    /// Of the SKU as resolved.
    public var skuDigest: SHA256Digest
    /// Of the plan that is executed.
    public var planDigest: SHA256Digest
    public var order: String?
    public var market: String?
    /// The images that the plan writes; one at an address.
    public var images: [RunImage]
    public var operatedBy: Person?
    /// Of the factory firmware that the unit is given, with its libraries; nil where the slot does not know it.
    public var firmware: SHA256Digest?
    /// The fixture's label.
    public var fixture: String
    /// The station program's version.
    public var program: String
    /// What the operator scanned off the unit.
    public var scannedCode: String?
    /// The run that this one repeats.
    public var retestOf: RunID?

    public init(
        slot: Int, sku: String, skuDigest: SHA256Digest, planDigest: SHA256Digest, order: String? = nil,
        market: String? = nil, images: [RunImage] = [], operatedBy: Person? = nil,
        firmware: SHA256Digest? = nil, fixture: String, program: String,
        scannedCode: String? = nil, retestOf: RunID? = nil
    ) {
        self.slot = slot
        self.sku = sku
        self.skuDigest = skuDigest
        self.planDigest = planDigest
        self.order = order
        self.market = market
        self.images = images
        self.operatedBy = operatedBy
        self.firmware = firmware
        self.fixture = fixture
        self.program = program
        self.scannedCode = scannedCode
        self.retestOf = retestOf
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        firmware = try fields.optionalDigest("firmware")
        fixture = try fields.text("fixture")
        images = []
        for element in try fields.list("images") {
            var image = try RecordFields(kind: "an image of \(fields.kind)", json: element)
            images.append(try RunImage(from: &image))
        }
        market = try fields.optionalText("market")
        operatedBy = try fields.optionalPerson("operator")
        order = try fields.optionalText("order")
        planDigest = try fields.digest("plan")
        program = try fields.text("program")
        retestOf = try fields.optionalRun("retest_of")
        scannedCode = try fields.optionalText("scanned")
        sku = try fields.text("sku")
        skuDigest = try fields.digest("sku_digest")
        slot = Int(try fields.integer("slot"))
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("firmware", firmware)
        writer.member("fixture", fixture)
        if !images.isEmpty {
            writer.key("images")
            writer.beginArray()
            for image in images {
                writer.element()
                image.write(to: &writer)
            }
            writer.endArray()
        }
        writer.member("market", market)
        writer.member("operator", operatedBy)
        writer.member("order", order)
        writer.member("plan", planDigest)
        writer.member("program", program)
        writer.member("retest_of", retestOf)
        writer.member("scanned", scannedCode)
        writer.member("sku", sku)
        writer.member("sku_digest", skuDigest)
        writer.member("slot", Int64(slot))
    }

    func check(_ rules: inout RecordRules) {
        rules.name(fixture, "fixture")
        rules.require(images.count <= 256, "images", "should be at most 256, found \(images.count)")
        for image in images { image.check(&rules) }
        rules.require(
            Set(images.map(\.address)).count == images.count, "images",
            "should each have an address of their own")
        rules.name(market, "market", longest: 1024)
        rules.person(operatedBy, "operator")
        rules.name(order, "order")
        rules.name(program, "program")
        rules.name(scannedCode, "scanned", longest: 1024)
        rules.name(sku, "sku")
        rules.integer(Int64(slot), "slot", in: 0...65_535)
    }

    var record: Record { .runStarted(self) }
}

/// How a run ended.
public enum RunOutcome: String, Sendable, Codable, CaseIterable {
    /// Tested, set up, and blessed.
    case passed
    /// A test or a setting failed.
    case failed
    /// Not taken up: not a unit for this order, already blessed, and the like.
    case refused
    /// Stopped by a person or a shut-down.
    case aborted
    /// In a state that only a person can judge.
    case quarantined
    /// The station's own fault.
    case error
}

/// The run is over.
public struct RunFinished: RecordBody {
    static let kind: StaticString = "run.finished"
    public var run: RunID
    public var outcome: RunOutcome
    /// Short code for operators and Paretos.
    public var code: String?
    public var reason: String?
    public var failedStep: String?

    public init(
        run: RunID, outcome: RunOutcome, code: String? = nil, reason: String? = nil, failedStep: String? = nil
    ) {
        self.run = run
        self.outcome = outcome
        self.code = code
        self.reason = reason
        self.failedStep = failedStep
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        code = try fields.optionalText("code")
        failedStep = try fields.optionalText("failed_step")
        outcome = try fields.word("outcome")
        reason = try fields.optionalText("reason")
        run = try fields.run()
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("code", code)
        writer.member("failed_step", failedStep)
        writer.member("outcome", outcome.rawValue)
        writer.member("reason", reason)
        writer.member("run", run)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(code, "code")
        rules.name(failedStep, "failed_step")
        rules.text(reason, "reason")
    }

    var record: Record { .runFinished(self) }
}

/// A file that belongs to a run: a log, a trace, a picture.
public struct AttachmentAdded: RecordBody {
    static let kind: StaticString = "attachment.added"
    public var run: RunID
    public var name: String
    public var digest: SHA256Digest
    /// Bytes.
    public var size: Int64
    public var mediaType: String
    public var step: String?

    public init(
        run: RunID, name: String, digest: SHA256Digest, size: Int64, mediaType: String, step: String? = nil
    ) {
        self.run = run
        self.name = name
        self.digest = digest
        self.size = size
        self.mediaType = mediaType
        self.step = step
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        digest = try fields.digest("digest")
        mediaType = try fields.text("media_type")
        name = try fields.text("name")
        run = try fields.run()
        size = try fields.integer("size")
        step = try fields.optionalText("step")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("digest", digest)
        writer.member("media_type", mediaType)
        writer.member("name", name)
        writer.member("run", run)
        writer.member("size", size)
        writer.member("step", step)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(mediaType, "media_type")
        rules.name(name, "name", longest: 1024)
        rules.integer(size, "size")
        rules.name(step, "step")
    }

    var record: Record { .attachmentAdded(self) }
}

/// A label came out, at the end of a run or as a later copy.
public struct LabelPrinted: RecordBody {
    static let kind: StaticString = "label.printed"
    public var run: RunID
    public var serial: String?
    /// Of what was sent to the printer.
    public var digest: SHA256Digest
    /// Printer or spool file.
    public var destination: String

    public init(run: RunID, serial: String? = nil, digest: SHA256Digest, destination: String) {
        self.run = run
        self.serial = serial
        self.digest = digest
        self.destination = destination
    }

    init(from fields: inout RecordFields) throws(RecordFault) {
        destination = try fields.text("destination")
        digest = try fields.digest("digest")
        run = try fields.run()
        serial = try fields.optionalText("serial")
    }

    func write(to writer: inout CanonicalJSONWriter) {
        writer.member("destination", destination)
        writer.member("digest", digest)
        writer.member("run", run)
        writer.member("serial", serial)
    }

    func check(_ rules: inout RecordRules) {
        rules.name(destination, "destination", longest: 1024)
        rules.name(serial, "serial", longest: 64)
    }

    var record: Record { .labelPrinted(self) }
}
