import Blessing
import StationConfig
import StationStore

/// The station folder: whether it can be used, and whether it still says what was built.
enum ConfigurationExam {
    static func folder(_ options: FolderOptions, _ chart: inout Chart) -> StationFolder? {
        guard let regulatory = try? Regulatory.database() else {
            chart.add(.fail, "configuration", "the country rules can't be read", "install wireless-regdb")
            return nil
        }
        let (folder, problems) = StationFolder.load(at: options.path, regulatory: regulatory, emulator: .ours)
        let errors = problems.count { $0.severity == .error }
        if folder == nil {
            chart.add(
                .fail, "configuration", "\(errors) errors in \(options.path)", "`station check` names each")
        } else if problems.isEmpty {
            chart.add(.ok, "configuration", "\(options.path) holds")
        } else {
            chart.add(
                .warn, "configuration", "\(problems.count) warnings in \(options.path)",
                "`station check` names each")
        }
        return folder
    }

    /// Orders of the record against their files, and the last run of each against what would be done now.
    static func drift(_ folder: StationFolder, _ reader: StationReader, _ chart: inout Chart) async {
        do {
            var (drifted, same): ([String], Int) = ([], 0)
            if try await reader.station().name != folder.station.name {
                chart.add(
                    .fail, "drift",
                    "the record is of another station than station.yaml (\(folder.station.name))",
                    "check `database:` and `station:` of station.yaml")
            }
            for status in try await reader.orders() where !status.isClosed && status.left > 0 {
                guard let order = folder.order(status.order) else {
                    drifted.append("open order \(status.order) has no file any more")
                    continue
                }
                guard let plan = try? BlessingPlan.make(for: order, in: folder) else {
                    drifted.append("no plan can be made for open order \(status.order)")
                    continue
                }
                do throws(OrderDisagreement) { try status.mustMatch(plan) } catch {
                    drifted.append("\(error)")
                    continue
                }
                guard let last = try await reader.runs(RunFilter(order: status.order, limit: 1)).first else {
                    continue
                }
                if last.planDigest == plan.digest.hex {
                    same += 1
                } else {
                    drifted.append(
                        "the plan of open order \(status.order) is another one than in its last run (\(last.run))"
                    )
                }
            }
            if drifted.isEmpty {
                chart.add(
                    .ok, "drift",
                    same == 0 ? "no order is under way" : "\(same) open orders are built as before")
            } else {
                chart.add(
                    .warn, "drift", drifted.joined(separator: "; "),
                    "`station run ORDER --dry-run` shows what would be done now; was the change meant?")
            }
        } catch {
            chart.add(.warn, "drift", "\(error)")
        }
    }
}
