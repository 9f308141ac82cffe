/// A place in a file of the station folder. Lines and columns count from 1; 0 means the whole file or line.
struct Origin: Hashable, Sendable {
    var file: String
    var line: Int
    var column: Int

    static func wholeFile(_ file: String) -> Origin {
        Origin(file: file, line: 0, column: 0)
    }
}

/// A value read from YAML that remembers where it stands, also after maps of several files were merged.
struct ConfigNode: Sendable {
    enum Content: Sendable {
        /// Plain scalars are typed by whoever reads them, never by YAML's own guesses (`NO` is Norway).
        case scalar(String, quoted: Bool)
        case list([ConfigNode])
        case map([ConfigEntry])
    }

    var origin: Origin
    var content: Content

    /// A plain scalar that says "nothing": empty, `~` or `null`.
    var isNothing: Bool {
        guard case .scalar(let text, quoted: false) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// How a message names this value.
    var spoken: String {
        switch content {
        case .scalar(let text, let quoted):
            if isNothing { return "nothing" }
            let shown = text.unicodeScalars.count > 80 ? String(text.prefix(77)) + "…" : text
            let visible = shown.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "␣" : String($0) }
                .joined()
            return quoted ? "\"\(visible)\"" : "`\(visible)`"
        case .list(let items): return items.isEmpty ? "an empty list" : "a list"
        case .map: return "a map"
        }
    }

    /// The scalar's text; nil for lists, maps and nothing.
    var text: String? {
        guard case .scalar(let text, _) = content, !isNothing else { return nil }
        return text
    }

    var isQuoted: Bool {
        if case .scalar(_, quoted: true) = content { true } else { false }
    }

    var items: [ConfigNode]? {
        if case .list(let items) = content { items } else { nil }
    }

    var entries: [ConfigEntry]? {
        if case .map(let entries) = content { entries } else { nil }
    }

    /// The value under `key` when this is a map that has it.
    subscript(key: String) -> ConfigNode? {
        entries?.first { $0.key == key }?.value
    }

    /// The value at the end of `keys`.
    subscript(keys: [String]) -> ConfigNode? {
        keys.reduce(self) { $0?[$1] }
    }
}

/// One key of a map with its value.
struct ConfigEntry: Sendable {
    var key: String
    var keyOrigin: Origin
    var value: ConfigNode
}

extension ConfigNode {
    /// Whose position a merged map keeps: for "missing key" messages.
    enum Keeping {
        case base, own
    }

    /// Where a key set to nothing (`~`) takes the base's value away. Where it does not, it stays, to do so later.
    enum Removal {
        case everywhere, atTopOnly, nowhere
    }

    /// This map laid over `base`: maps merge key by key, lists and scalars replace.
    func laid(over base: ConfigNode, keeping: Keeping, removing: Removal = .everywhere) -> ConfigNode {
        guard let own = entries, let below = base.entries else { return self }
        var merged: [ConfigEntry] = []
        for entry in below {
            guard let replacement = own.first(where: { $0.key == entry.key }) else {
                merged.append(entry)
                continue
            }
            if replacement.value.isNothing, removing != .nowhere { continue }
            merged.append(
                ConfigEntry(
                    key: entry.key, keyOrigin: replacement.keyOrigin,
                    value: replacement.value.laid(
                        over: entry.value, keeping: .own,
                        removing: removing == .everywhere ? .everywhere : .nowhere)))
        }
        for entry in own where !below.contains(where: { $0.key == entry.key }) {
            if removing == .nowhere || !entry.value.isNothing { merged.append(entry) }
        }
        return ConfigNode(origin: keeping == .own ? origin : base.origin, content: .map(merged))
    }

    /// Without the given top-level keys.
    func without(_ keys: Set<String>) -> ConfigNode {
        guard let entries else { return self }
        return ConfigNode(origin: origin, content: .map(entries.filter { !keys.contains($0.key) }))
    }

    /// Without keys that are set to nothing, at every depth of maps.
    var withoutNothing: ConfigNode {
        guard let entries else { return self }
        let kept = entries.filter { !$0.value.isNothing }.map {
            ConfigEntry(key: $0.key, keyOrigin: $0.keyOrigin, value: $0.value.withoutNothing)
        }
        return ConfigNode(origin: origin, content: .map(kept))
    }
}
