import ContentAddress
import GRDB
import Ledger

/// Rows that thousands of runs share: found when they are there, made when they are not.
extension Projector {
    /// What runs have in common.
    struct SetupKey: Hashable {
        let sku: String
        let skuDigest: SHA256Digest
        let planDigest: SHA256Digest
        let market: String?
        let operatorSeal: String?
        let fixture: String
        let program: String
        let firmware: SHA256Digest?
        let images: Int64?
    }

    /// Numbers of shared rows, as far as they are remembered; a savepoint that is rolled back makes them doubtful.
    struct SharedRows {
        var phrases: [String: Int64] = [:]
        var setups: [SetupKey: Int64] = [:]
        var modules: [String: Int64] = [:]
        var kinds: [String: Int64] = [:]

        mutating func forget() {
            phrases.removeAll(keepingCapacity: true)
            setups.removeAll(keepingCapacity: true)
            modules.removeAll(keepingCapacity: true)
        }
    }

    /// Texts that are remembered at most: details that belong to one unit alone would be endless.
    private static let mostTexts = 4096

    func phrase(_ text: String) throws -> Int64 {
        if let known = shared.phrases[text] { return known }
        let hash = Self.hash(text)
        var id: Int64? = try value("SELECT id FROM phrase WHERE hash = ? AND text = ?", [hash, text])
        if id == nil {
            try execute("INSERT INTO phrase (hash, text) VALUES (?, ?)", [hash, text])
            id = db.lastInsertedRowID
        }
        if shared.phrases.count >= Self.mostTexts { shared.phrases.removeAll(keepingCapacity: true) }
        shared.phrases[text] = id
        return id ?? 0
    }

    /// The number by which an index finds a text that may be long: the first eight bytes of its SHA-256.
    static func hash(_ text: String) -> Int64 {
        SHA256Digest(of: Array(text.utf8)).bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    /// The number of a set of images; nil for none.
    func imageSet(_ images: [RunImage]) throws -> Int64? {
        guard !images.isEmpty else { return nil }
        let images = images.sorted { $0.address < $1.address }
        var writer = CanonicalJSONWriter()
        writer.beginArray()
        for image in images {
            writer.element()
            writer.beginObject()
            image.write(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        let set = try phrase(String(decoding: writer.bytes, as: UTF8.self))
        if try row("SELECT 1 FROM image WHERE image_set = ?", [set]) == nil {
            for image in images {
                try execute(
                    "INSERT INTO image (image_set, address, name, digest, size) VALUES (?, ?, ?, ?, ?)",
                    [set, image.address, image.name, image.digest.hex, image.size])
            }
        }
        return set
    }

    /// The set that comes of writing one more image.
    func imageSet(_ set: Int64?, with image: RunImage) throws -> Int64? {
        var images = [image]
        if let set {
            let rows = try rows(
                "SELECT address, name, digest, size FROM image WHERE image_set = ? AND address <> ?",
                [set, image.address])
            for row in rows {
                guard let digest = SHA256Digest(hex: row["digest"] as String) else { continue }
                images.append(
                    RunImage(name: row["name"], address: row["address"], digest: digest, size: row["size"]))
            }
        }
        return try imageSet(images)
    }

    func module(impOS: String, flashJEDEC: String, flashBytes: Int64) throws -> Int64 {
        let key = "\(flashBytes) \(flashJEDEC) \(impOS)"
        if let known = shared.modules[key] { return known }
        var id: Int64? = try value(
            "SELECT id FROM module WHERE imp_os = ? AND flash_jedec = ? AND flash_bytes = ?",
            [impOS, flashJEDEC, flashBytes])
        if id == nil {
            try execute(
                "INSERT INTO module (imp_os, flash_jedec, flash_bytes) VALUES (?, ?, ?)",
                [impOS, flashJEDEC, flashBytes])
            id = db.lastInsertedRowID
        }
        if shared.modules.count >= Self.mostTexts { shared.modules.removeAll(keepingCapacity: true) }
        shared.modules[key] = id
        return id ?? 0
    }

    func nvram(_ digest: SHA256Digest, token: String?) throws -> Int64 {
        let known: Int64? = try value(
            "SELECT id FROM nvram WHERE digest = ? AND token IS ?", [digest.hex, token])
        if let known { return known }
        try execute("INSERT INTO nvram (digest, token) VALUES (?, ?)", [digest.hex, token])
        return db.lastInsertedRowID
    }

    func setup(_ body: RunStarted) throws -> Int64 {
        let key = SetupKey(
            sku: body.sku, skuDigest: body.skuDigest, planDigest: body.planDigest, market: body.market,
            operatorSeal: seal(body.operatedBy), fixture: body.fixture, program: body.program,
            firmware: body.firmware, images: try imageSet(body.images))
        if let known = shared.setups[key] { return known }
        let columns: [(any DatabaseValueConvertible)?] = [
            key.sku, key.skuDigest.hex, key.planDigest.hex, key.market, key.operatorSeal, key.fixture,
            key.program, key.firmware?.hex, key.images,
        ]
        var id: Int64? = try value(
            """
            SELECT id FROM run_setup WHERE sku = ? AND sku_digest = ? AND plan_digest = ? AND market IS ?
                AND operator IS ? AND fixture = ? AND program = ? AND firmware IS ? AND images IS ?
            """, StatementArguments(columns))
        if id == nil {
            try execute(
                """
                INSERT INTO run_setup (sku, sku_digest, plan_digest, market, operator, fixture, program, firmware, images)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, StatementArguments(columns))
            id = db.lastInsertedRowID
        }
        if shared.setups.count >= Self.mostTexts { shared.setups.removeAll(keepingCapacity: true) }
        shared.setups[key] = id
        return id ?? 0
    }

    /// The number of a kind's word.
    func kind(_ word: String) throws -> Int64 {
        if shared.kinds.isEmpty { shared.kinds = try LedgerKinds.codes(db) }
        guard let code = shared.kinds[word] else { throw Refusal.constraint("no number for kind \(word)") }
        return code
    }
}
