import Testing

@testable import StationPages

/// What every page must keep, whatever it is about.
enum PageRules {
    static func check(_ answer: PageAnswer, _ place: String) {
        let html = answer.text
        let page = Markup(html)
        #expect(page.problems.isEmpty, "\(place): \(page.problems)")
        #expect(page.all("html").first?.attributes["lang"]?.isEmpty == false, "\(place): no language")
        #expect(page.all("title").first?.text.isEmpty == false, "\(place): no title")
        strictPolicy(page, html, place)
        labels(page, place)
        headings(page, place)
        identities(page, place)
        #expect(page.elements.contains { $0.name == "main" }, "\(place): no main")
    }

    /// Nothing that a Content-Security-Policy of `default-src 'self'` refuses.
    private static func strictPolicy(_ page: Markup, _ html: String, _ place: String) {
        for element in page.elements {
            for name in element.attributes.keys {
                #expect(!name.hasPrefix("on"), "\(place): \(element.name) has \(name)")
                #expect(name != "style", "\(place): \(element.name) has a style")
            }
            if element.name == "script" {
                #expect(element.attributes["src"] != nil, "\(place): inline script")
            }
            #expect(element.name != "style", "\(place): inline style sheet")
            for key in ["src", "href", "action"] {
                guard let address = element.attributes[key] else { continue }
                #expect(
                    address.hasPrefix("/") || address.hasPrefix("#") || address.hasPrefix("?"),
                    "\(place): \(element.name) \(key) leads to \(address)")
                #expect(!address.hasPrefix("//"), "\(place): \(address)")
            }
        }
    }

    /// Every control has a name.
    private static func labels(_ page: Markup, _ place: String) {
        let labelled = Set(page.all("label").compactMap { $0.attributes["for"] })
        for (index, element) in page.elements.enumerated() {
            let a = element.attributes
            let named = a["aria-label"]?.isEmpty == false || a["aria-labelledby"] != nil
            switch element.name {
            case "input", "select", "textarea":
                if a["type"] == "hidden" { continue }
                #expect(
                    named || labelled.contains(a["id"] ?? "–") || page.hasAncestor(index, "label"),
                    "\(place): \(element.name) \(a["name"] ?? "") has no label")
            case "button", "a":
                #expect(
                    named || element.text.contains { !$0.isWhitespace },
                    "\(place): \(element.name) without a name")
            case "progress", "meter": #expect(named, "\(place): \(element.name) without a name")
            case "img": #expect(a["alt"] != nil, "\(place): img without alt")
            case "svg":
                #expect(
                    a["aria-hidden"] == "true" || a["role"] == "img", "\(place): svg neither hidden nor named"
                )
            case "table":
                #expect(page.elements.contains { $0.name == "th" }, "\(place): table without headings")
            default: break
            }
        }
    }

    /// One h1, and no level left out on the way down.
    private static func headings(_ page: Markup, _ place: String) {
        var last = 0
        for (index, element) in page.elements.enumerated() where !page.hasAncestor(index, "template") {
            guard element.name.count == 2, element.name.first == "h",
                let level = element.name.last?.wholeNumberValue
            else { continue }
            #expect(level <= last + 1, "\(place): h\(level) after h\(last)")
            last = level
        }
        #expect(page.all("h1").count == 1, "\(place): \(page.all("h1").count) h1")
    }

    private static func identities(_ page: Markup, _ place: String) {
        let ids = page.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "\(place): an id comes twice")
        for element in page.elements {
            if let target = element.attributes["for"] {
                #expect(ids.contains(target), "\(place): label for \(target)")
            }
        }
    }
}
