import Imp003
import Ledger

/// Reads station.yaml.
struct StationReading {
    let reading: FolderReading

    private var problems: ProblemCollector { reading.problems }

    /// - Returns: nil when the file can't be used; reported.
    func read(_ node: ConfigNode) -> StationSettings? {
        ShapeCheck(problems: problems, mode: .whole).check(node, Keys.station)
        let network = network(node["network"])
        let operators = operators(node)
        let slots = slots(node)
        let reading = GoldenReading(problems: problems)
        let golden = reading.golden(node["golden"])
        let scanner = reading.scanner(node["scanner"])
        guard let name = node.text("station", .identifier), let network else { return nil }
        let scan = node["scan"]
        let timeouts = node["timeouts"]
        return StationSettings(
            name: name, site: node.text("site"), network: network,
            database: node.text("database", .outputPath) ?? "var/station.db",
            labels: node.text("labels", .outputPath) ?? "var/labels", skus: allowedSKUs(node),
            operators: operators,
            slots: slots,
            scan: ScanSettings(
                accessPointsRequired: scan?.integer("access-points-required").flatMap(Int.init(exactly:))
                    ?? 3,
                maximumScans: scan?.integer("maximum-scans").flatMap(Int.init(exactly:)) ?? 2),
            timeouts: StationTimeouts(
                boot: timeouts?.duration("boot") ?? .seconds(20),
                link: timeouts?.duration("link") ?? .seconds(2),
                join: timeouts?.duration("join") ?? .seconds(60),
                bless: timeouts?.duration("bless") ?? .seconds(60)),
            golden: golden, scanner: scanner, trust: trust(node))
    }

    private func trust(_ node: ConfigNode) -> ConfigTrust {
        let mode = node.text("mode").flatMap(ConfigTrust.Mode.init(rawValue:)) ?? .development
        var keys: [VerifierKey] = []
        for (index, item) in (node["trusted-engineers"]?.items ?? []).enumerated() {
            guard let text = item.text else { continue }
            do throws(KeyError) { keys.append(try VerifierKey(text: text)) } catch {
                problems.report(
                    .trustedKey, at: item.origin, path: "trusted-engineers[\(index)]", found: "\(error)",
                    remedy: "Write what `station config keygen` printed as verifier.")
            }
        }
        return ConfigTrust(mode: mode, engineers: keys)
    }

    private func network(_ node: ConfigNode?) -> FactoryNetworkSettings? {
        guard let node else { return nil }
        let ssid = node["ssid"]
        if let ssid, let text = ssid.text, !(1...31).contains(text.utf8.count) {
            problems.report(
                .ssidLength, at: ssid.origin, path: "network.ssid",
                found: "\(ssid.spoken) with \(text.utf8.count) bytes", allowed: "1 to 31 bytes",
                remedy:
                    "Modules under Release 30 cannot join a network with 32 (known issue K2): choose a shorter name."
            )
        }
        let password = node["password"].flatMap(secret)
        guard let text = ssid?.text, let password else { return nil }
        return FactoryNetworkSettings(ssid: text, password: password)
    }

    private func secret(_ node: ConfigNode) -> SecretReference? {
        guard node.entries != nil else { return nil }
        let source: SecretReference.Source
        switch (node.text("env"), node.text("file")) {
        case (let name?, nil): source = .environment(name)
        case (nil, let path?): source = .file(path)
        case (let env, _):
            problems.report(
                .notExactlyOne, at: node.origin, path: "network.password",
                found: env == nil ? "neither" : "both",
                allowed: "exactly one of env and file", remedy: "Say where the password is to be read from.")
            return nil
        }
        let standIn = node["default-for-emulation"]
        if let standIn, let text = standIn.text, !(8...63).contains(text.utf8.count) {
            problems.report(
                .outOfRange, at: standIn.origin, path: "network.password.default-for-emulation",
                found: "\(text.utf8.count) bytes", allowed: "8 to 63 bytes",
                remedy: "WPA allows no other length.")
        }
        return SecretReference(source: source, emulationDefault: standIn?.text)
    }

    private func allowedSKUs(_ node: ConfigNode) -> AllowedSKUs {
        guard let items = node["skus"]?.items else { return .all }
        return .only(items.compactMap(\.text))
    }

    private func operators(_ node: ConfigNode) -> [Operator] {
        let items = node["operators"]?.items ?? []
        refuseDuplicates(items, key: "id", path: "operators")
        return items.compactMap { item in
            guard let id = item.text("id"), let name = item.text("name") else { return nil }
            return Operator(id: id, name: name)
        }
    }

    private func slots(_ node: ConfigNode) -> [SlotSettings] {
        let items = node["slots"]?.items ?? []
        refuseDuplicates(items, key: "name", path: "slots")
        return FixtureReading(problems: problems, wirings: node["wirings"]).slots(items)
    }

    /// Names must differ by more than capitals: they are read aloud on a line.
    private func refuseDuplicates(_ items: [ConfigNode], key: String, path: String) {
        DuplicateNames.report(items, key: key, path: path, ignoringCase: true, to: problems)
    }

    /// SKUs that the station allows must exist and be buildable.
    func checkAllowedSKUs(_ node: ConfigNode, known: [String: Bool], complete: Bool) {
        for (index, item) in (node["skus"]?.items ?? []).enumerated() {
            guard let id = item.text, TextForm.identifier.accepts(id) else { continue }
            if known[id] == true {
                problems.report(
                    .unknownAllowedSKU, at: item.origin, path: "skus[\(index)]",
                    found: "`\(id)`, which is abstract",
                    allowed: "SKUs that can be built", remedy: "Name the SKUs that extend it.")
            } else if known[id] == nil, complete {
                let buildable = known.filter { !$0.value }.map(\.key)
                problems.report(
                    .unknownAllowedSKU, at: item.origin, path: "skus[\(index)]",
                    found: "`\(id)`, which no file defines",
                    allowed: Phrase.oneOf(buildable.sorted()),
                    remedy: Phrase.didYouMean(
                        id, among: buildable, otherwise: "Delete it, or add its file to skus/."))
            }
        }
    }
}

/// Names that must be unique among the maps of a list.
enum DuplicateNames {
    static func report(
        _ items: [ConfigNode], key: String, path: String, ignoringCase: Bool = false,
        to problems: ProblemCollector
    ) {
        var seen: [String: Origin] = [:]
        for (index, item) in items.enumerated() {
            guard let node = item[key], let name = node.text else { continue }
            let folded = ignoringCase ? name.lowercased() : name
            guard let first = seen[folded] else {
                seen[folded] = node.origin
                continue
            }
            let place = first.file == node.origin.file ? "line \(first.line)" : "\(first.file):\(first.line)"
            problems.report(
                .duplicateName, at: node.origin, path: "\(path)[\(index)].\(key)",
                found: "`\(name)` again, first on \(place)", allowed: "each name once",
                remedy: "Give one of them another name.")
        }
    }
}
