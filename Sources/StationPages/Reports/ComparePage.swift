import Audit
import Charts
import StationStore

/// Numbers of records, which may be anything.
enum NumberTexts {
    static func plain(_ number: Double) -> String { NumberText.short(number, digits: 8) }
}

/// `/units/compare?a=…&b=…`: what is not the same in two units.
struct ComparePage {
    let desk: ReportDesk

    func report() async throws -> Report {
        let (a, b) = ((desk.query["a"] ?? "").trimmingSpaces, (desk.query["b"] ?? "").trimmingSpaces)
        var report = Report(
            title: desk.say("compare_title"), lead: desk.say("compare_lead"),
            forms: [
                QueryForm(
                    action: "/units/compare", submit: desk.say("compare"),
                    fields: [
                        .init(name: "a", label: desk.say("one_unit"), value: a, hint: "ES0100001"),
                        .init(name: "b", label: desk.say("other_unit"), value: b, hint: "ES0100002"),
                    ], isAutomatic: false)
            ])
        guard !a.isEmpty, !b.isEmpty,
            let question = NamedQuestion.all.first(where: { $0.name == "difference" })
        else { return report }
        do {
            guard case .rows(_, let rows) = try await question.answer(desk.reader, [a, b]) else {
                return report
            }
            var table = Section.Table(caption: desk.say("compare_title"), columns: [desk.say("what"), a, b])
            for row in rows where row.count == 3 {
                table.add([
                    Section.Cell(row[0].plain), Section.Cell(row[1].plain, isCode: true),
                    Section.Cell(row[2].plain, isCode: true),
                ])
            }
            report.sections = [Section(note: rows.isEmpty ? desk.say("no_difference") : "", table: table)]
        } catch StoreError.notFound(let what) {
            report.problem = desk.say("unit_unknown", ["unit": what.replacing("unit ", with: "")])
        }
        return report
    }
}
