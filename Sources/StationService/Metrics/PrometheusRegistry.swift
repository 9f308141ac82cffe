import Metrics
import Synchronization

/// Counters, gauges and histograms behind swift-metrics, written out in Prometheus' text format 0.0.4.
///
/// Labels of a metric are its dimensions. A label's values come from tables of the program (routes, outcomes, slots),
/// never from clients, so the number of series stays what it is.
final class PrometheusRegistry: MetricsFactory, Sendable {
    /// Upper bounds of a histogram's buckets, seconds.
    static let bounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
    ]

    private struct Identity: Hashable, Comparable {
        var name: String
        /// As written between the braces; empty without labels.
        var labels: String

        static func < (left: Identity, right: Identity) -> Bool {
            (left.name, left.labels) < (right.name, right.labels)
        }
    }

    private struct Series {
        var counters: [Identity: Count] = [:]
        var gauges: [Identity: Gauge] = [:]
        var histograms: [Identity: Histogram] = [:]
    }

    private let series = Mutex(Series())

    // MARK: The parts

    /// Only goes up.
    final class Count: CounterHandler, Sendable {
        private let value = Mutex<Int64>(0)
        func increment(by amount: Int64) { value.withLock { $0 &+= amount } }
        func reset() { value.withLock { $0 = 0 } }
        var current: Int64 { value.withLock { $0 } }
    }

    /// Goes up and down.
    final class Gauge: RecorderHandler, MeterHandler, Sendable {
        private let value = Mutex<Double>(0)
        func record(_ new: Int64) { set(Double(new)) }
        func record(_ new: Double) { set(new) }
        func set(_ new: Int64) { set(Double(new)) }
        func set(_ new: Double) { value.withLock { $0 = new } }
        func increment(by amount: Double) { value.withLock { $0 += amount } }
        func decrement(by amount: Double) { value.withLock { $0 -= amount } }
        var current: Double { value.withLock { $0 } }
    }

    /// How often which size.
    final class Histogram: TimerHandler, RecorderHandler, Sendable {
        struct Content {
            var buckets = [Int64](repeating: 0, count: PrometheusRegistry.bounds.count)
            var count: Int64 = 0
            var sum = 0.0
        }
        private let content = Mutex(Content())

        func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
        func record(_ value: Int64) { record(Double(value)) }
        func record(_ value: Double) {
            content.withLock { content in
                content.count += 1
                content.sum += value
                if let index = PrometheusRegistry.bounds.firstIndex(where: { value <= $0 }) {
                    content.buckets[index] += 1
                }
            }
        }
        var current: Content { content.withLock { $0 } }
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let identity = Self.identity(label, dimensions)
        return series.withLock { series in
            if let known = series.counters[identity] { return known }
            let made = Count()
            series.counters[identity] = made
            return made
        }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    // Series are few and live as long as the program.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Gauge {
        let identity = Self.identity(label, dimensions)
        return series.withLock { series in
            if let known = series.gauges[identity] { return known }
            let made = Gauge()
            series.gauges[identity] = made
            return made
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
        let identity = Self.identity(label, dimensions)
        return series.withLock { series in
            if let known = series.histograms[identity] { return known }
            let made = Histogram()
            series.histograms[identity] = made
            return made
        }
    }

    private static func identity(_ label: String, _ dimensions: [(String, String)]) -> Identity {
        let name = String(
            label.unicodeScalars.map {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) ? Character($0) : "_"
            })
        let labels = dimensions.map { key, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(key)=\"\(escaped)\""
        }
        return Identity(name: name, labels: labels.joined(separator: ","))
    }

    // MARK: Text

    /// Everything, sorted, each metric with its type.
    var text: String {
        let all = series.withLock { $0 }
        var text = ""
        var last = ""
        func head(_ name: String, _ type: String) {
            guard name != last else { return }
            text += "# TYPE \(name) \(type)\n"
            last = name
        }
        func braces(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }
        for (identity, counter) in all.counters.sorted(by: { $0.key < $1.key }) {
            head(identity.name, "counter")
            text += "\(identity.name)\(braces(identity.labels)) \(counter.current)\n"
        }
        for (identity, gauge) in all.gauges.sorted(by: { $0.key < $1.key }) {
            head(identity.name, "gauge")
            text += "\(identity.name)\(braces(identity.labels)) \(Self.number(gauge.current))\n"
        }
        for (identity, histogram) in all.histograms.sorted(by: { $0.key < $1.key }) {
            head(identity.name, "histogram")
            let content = histogram.current
            let prefix = identity.labels.isEmpty ? "" : identity.labels + ","
            var sum: Int64 = 0
            for (bound, count) in zip(Self.bounds, content.buckets) {
                sum += count
                text += "\(identity.name)_bucket{\(prefix)le=\"\(Self.number(bound))\"} \(sum)\n"
            }
            text += "\(identity.name)_bucket{\(prefix)le=\"+Inf\"} \(content.count)\n"
            text += "\(identity.name)_sum\(braces(identity.labels)) \(Self.number(content.sum))\n"
            text += "\(identity.name)_count\(braces(identity.labels)) \(content.count)\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }
}
