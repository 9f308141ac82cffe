import Charts

/// A part of a report, as its template takes it: any of cards, charts, a table, events and links under a heading.
struct Section {
    enum Tone: String { case plain = "", good, bad, doubt, next }

    struct Card {
        var label: String
        var value: String
        var more = ""
        var tone = Tone.plain
    }

    struct Cell {
        var text: String
        var href: String?
        var isNumber = false
        var isCode = false
        var shape: String?

        init(_ text: String, href: String? = nil, isCode: Bool = false, shape: String? = nil) {
            self.text = text
            self.href = href
            self.isCode = isCode
            self.shape = shape
        }

        static func number(_ text: String, href: String? = nil) -> Cell {
            var cell = Cell(text, href: href)
            cell.isNumber = true
            return cell
        }
    }

    struct Table {
        var caption: String
        var columns: [String]
        var rows: [(tone: Tone, cells: [Cell])] = []

        mutating func add(_ cells: [Cell], tone: Tone = .plain) { rows.append((tone, cells)) }
    }

    struct Event {
        /// `run`, `intent`, `result`, `step`, `note`.
        var kind: String
        var sequence: Int64?
        var what: String
        var outcome = ""
        var detail = ""
        /// ISO 8601, UTC.
        var when = ""
        var tone = Tone.plain
    }

    struct PageLink {
        var text: String
        var href: String
        var isDownload = false
    }

    var heading = ""
    var note = ""
    var cards: [Card] = []
    var charts: [DrawnChart] = []
    var table: Table?
    var events: [Event] = []
    var links: [PageLink] = []

    func view(_ frame: PageFrame) -> [String: Any] {
        [
            "heading": Self.orFalse(heading), "note": Self.orFalse(note), "hasCards": !cards.isEmpty,
            "cards": cards.map { card -> [String: Any] in
                [
                    "label": card.label, "value": card.value, "more": Self.orFalse(card.more),
                    "tone": card.tone.rawValue,
                    "shape": Self.orFalse(Self.shape(card.tone)),
                ]
            },
            "charts": charts.map { $0.view(frame) },
            "table": table.map { Self.view($0, frame) as Any } ?? false,
            "hasEvents": !events.isEmpty,
            "events": events.map { event -> [String: Any] in
                [
                    "kind": event.kind, "sequence": event.sequence.map(String.init) ?? "", "what": event.what,
                    "outcome": Self.orFalse(event.outcome), "detail": Self.orFalse(event.detail),
                    "when": Self.orFalse(event.when), "tone": event.tone.rawValue,
                ]
            },
            "hasLinks": !links.isEmpty,
            "links": links.map {
                ["href": $0.href, "text": $0.text, "download": $0.isDownload] as [String: Any]
            },
        ]
    }

    /// Absent texts are false, not missing: a template would look for a missing one further out.
    static func orFalse(_ text: String?) -> Any {
        guard let text, !text.isEmpty else { return false }
        return text
    }

    private static func shape(_ tone: Tone) -> String? {
        switch tone {
        case .good: "shape-passed"
        case .bad: "shape-failed"
        case .doubt: "shape-attention"
        case .plain, .next: nil
        }
    }

    static func view(_ table: Table, _ frame: PageFrame) -> [String: Any] {
        let numeric = (0..<table.columns.count).map { index in
            table.rows.first.map { index < $0.cells.count && $0.cells[index].isNumber } ?? false
        }
        return [
            "caption": table.caption, "nothing": frame.words.say("nothing"),
            "columns": zip(table.columns, numeric).map { ["text": $0, "isNumber": $1] as [String: Any] },
            "rows": table.rows.map { row -> [String: Any] in
                [
                    "tone": orFalse(row.tone.rawValue),
                    "cells": row.cells.map { cell -> [String: Any] in
                        [
                            "text": cell.text, "href": orFalse(cell.href), "isNumber": cell.isNumber,
                            "isCode": cell.isCode, "shape": orFalse(cell.shape),
                        ]
                    },
                ]
            },
        ]
    }
}

/// A chart under the name by which its files are asked for.
struct DrawnChart {
    var name: String
    var chart: Chart

    func view(_ frame: PageFrame) -> [String: Any] {
        func link(_ kind: String) -> String {
            Link.to(frame.path, frame.query.merging(["chart": name, "as": kind], uniquingKeysWith: { $1 }))
        }
        let table = Section.Table(
            caption: chart.title, columns: chart.table.header,
            rows: chart.table.rows.prefix(1000).map { (.plain, $0.map { Section.Cell($0) }) })
        return [
            "svg": chart.svg, "about": chart.about, "chartTitle": chart.title,
            "table": Section.view(table, frame), "svgLink": link("svg"), "pngLink": link("png"),
            "csvLink": link("csv"),
        ]
    }
}

/// A form that asks the same page again with other words in its address.
struct QueryForm {
    struct Field {
        var name: String
        var label: String
        var value: String
        /// Value and text; nil is a text field.
        var options: [(value: String, text: String)]?
        var type = "text"
        var hint = ""
        var isWide = false
    }

    var action: String
    var submit: String
    var fields: [Field]
    var hidden: [String: String] = [:]
    /// Whether a choice asks at once.
    var isAutomatic = true

    /// - Parameter number: keeps ids apart when a page has several forms.
    func view(_ number: Int) -> [String: Any] {
        [
            "action": action, "submit": submit, "automatic": isAutomatic,
            "hidden": hidden.sorted { $0.key < $1.key }.map {
                ["name": $0.key, "value": $0.value] as [String: Any]
            },
            "fields": fields.map { field -> [String: Any] in
                var options = field.options ?? []
                // What the address says is shown even when nobody offers it.
                if field.options != nil, !options.contains(where: { $0.value == field.value }) {
                    options.append((field.value, field.value))
                }
                return [
                    "id": "f\(number)-\(field.name)", "name": field.name, "label": field.label,
                    "value": field.value, "type": field.type, "hint": Section.orFalse(field.hint),
                    "wide": field.isWide, "isSelect": field.options != nil,
                    "options": options.map { option -> [String: Any] in
                        ["value": option.value, "text": option.text, "selected": option.value == field.value]
                    },
                ]
            },
        ]
    }
}
