import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What a page says when it is read as a document, not as text: just enough HTML for pages that this room writes.
struct Markup {
    struct Element: Sendable {
        var name: String
        var attributes: [String: String]
        /// Text inside, of all depths.
        var text: String
        /// Position among the elements of the parent that holds it; -1 for the document's.
        var parent: Int
    }

    private(set) var elements: [Element] = []
    /// What is not sound: an element that was never closed, or closed by another's end.
    private(set) var problems: [String] = []

    private static let empty: Set<String> = [
        "meta", "link", "input", "br", "img", "hr", "wbr", "col",
    ]

    init(_ html: String) {
        var open: [Int] = []
        var rest = Substring(html)
        func flow(_ text: Substring, _ elements: inout [Element]) {
            let plain = Self.unescaped(String(text))
            for index in open { elements[index].text += plain }
        }
        while let start = rest.firstIndex(of: "<") {
            flow(rest[..<start], &elements)
            guard let end = Self.end(of: rest[start...]) else {
                problems.append("a tag is never closed: \(rest[start...].prefix(40))")
                return
            }
            var tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!") || tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                let name = tag.dropFirst().lowercased()
                guard let last = open.last, elements[last].name == name else {
                    problems.append("</\(name)> closes <\(open.last.map { elements[$0].name } ?? "nothing")>")
                    continue
                }
                open.removeLast()
                continue
            }
            let closed = tag.hasSuffix("/")
            if closed { tag.removeLast() }
            let name = String(tag.prefix { !$0.isWhitespace }).lowercased()
            elements.append(
                Element(
                    name: name, attributes: Self.attributes(tag.dropFirst(name.count)), text: "",
                    parent: open.last ?? -1))
            if !closed, !Self.empty.contains(name) { open.append(elements.count - 1) }
        }
        flow(rest, &elements)
        for index in open where elements[index].name != "html" {
            problems.append("<\(elements[index].name)> is never closed")
        }
    }

    private static func end(of text: Substring) -> Substring.Index? {
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == ">" {
                return index
            }
        }
        return nil
    }

    private static func attributes(_ text: Substring) -> [String: String] {
        var result: [String: String] = [:]
        var rest = text.drop { $0.isWhitespace }
        while !rest.isEmpty {
            let name = rest.prefix { $0 != "=" && !$0.isWhitespace }
            rest = rest.dropFirst(name.count)
            var value = ""
            if rest.first == "=" {
                rest.removeFirst()
                if let quote = rest.first, quote == "\"" || quote == "'" {
                    rest.removeFirst()
                    let inside = rest.prefix { $0 != quote }
                    value = unescaped(String(inside))
                    rest = rest.dropFirst(inside.count + 1)
                } else {
                    let bare = rest.prefix { !$0.isWhitespace }
                    value = String(bare)
                    rest = rest.dropFirst(bare.count)
                }
            }
            if !name.isEmpty { result[name.lowercased()] = value }
            rest = rest.drop { $0.isWhitespace }
        }
        return result
    }

    private static func unescaped(_ text: String) -> String {
        text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    /// The text of the whole page, white space as one blank.
    var text: String {
        (elements.first { $0.name == "body" }?.text ?? "").split { $0.isWhitespace }.joined(separator: " ")
    }

    func hasAncestor(_ element: Int, _ name: String) -> Bool {
        var index = elements[element].parent
        while index >= 0 {
            if elements[index].name == name { return true }
            index = elements[index].parent
        }
        return false
    }
}
