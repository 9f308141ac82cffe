/// Functions of the root table, as far as a device has them.
enum BaseLibrary {
    static let numbers: [(StaticString, Int)] = [
        ("_versionnumber_", 304), ("_charsize_", 1), ("_intsize_", 4), ("_floatsize_", 4),
    ]

    static let functions: [LibraryFunction] = [
        LibraryFunction("getroottable", 1, "") { machine, _ in
            machine.answer(machine.state.pointee.root.map { Value($0) } ?? .null)
        },
        LibraryFunction("assert", 2, "") { machine, arguments in
            arguments[1].isFalse ? machine.refuse("assertion failed") : .nothing
        },
        LibraryFunction("print", 2, "") { machine, arguments in
            machine.write(arguments[1]) { $0.onPrint }
        },
        LibraryFunction("error", 2, "") { machine, arguments in
            machine.write(arguments[1]) { $0.onError }
        },
        LibraryFunction("array", -2, ".n") { machine, arguments in
            let count = Int(arguments[1].asInteger)
            guard count >= 0 else { return machine.refuse("array size must not be negative") }
            guard let array = machine.makeArray(count) else { return .failure }
            machine.charge(bytes: count)
            if arguments.count > 2 {
                for index in 0..<count {
                    machine.assign(array.pointee.elements.unsafelyUnwrapped + index, arguments[2])
                }
            }
            return machine.answer(Value(array))
        },
        LibraryFunction("type", 2, "") { machine, arguments in
            machine.answer(Value(machine.string(arguments[1].typeName)))
        },
        LibraryFunction("callee", 0, "") { machine, _ in
            let caller = machine.state.pointee.frame - 1
            guard caller > machine.state.pointee.frames else {
                return machine.refuse("no closure in the calls stack")
            }
            return machine.answer(caller.pointee.function)
        },
        LibraryFunction("dummy", 0, "") { _, _ in .nothing },
    ]
}

extension Machine {
    /// Gives the text of a value to one of the host's sinks.
    fileprivate func write(_ value: Value, _ sink: (SquirrelVM) -> (([UInt8]) -> Void)?) -> NativeOutcome {
        guard toString(value) else { return .failure }
        let text = takeResult()
        defer { release(text) }
        if let host = state.pointee.host?.takeUnretainedValue(), let sink = sink(host) {
            sink(Array(text.string.buffer))
        }
        return .nothing
    }
}

/// The clock, without upstream's way to the system around it.
enum SystemLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("clock", 0, "") { machine, _ in
            let seconds = machine.state.pointee.host?.takeUnretainedValue().clock() ?? 0
            return machine.answer(Value(float: Float(seconds)))
        },
        LibraryFunction("time", 1, "") { machine, _ in
            let seconds = machine.state.pointee.host?.takeUnretainedValue().wallClock() ?? 0
            return machine.answer(Value(integer: Int32(truncatingIfNeeded: seconds)))
        },
        LibraryFunction("date", -1, ".nn") { machine, arguments in
            let now = machine.state.pointee.host?.takeUnretainedValue().wallClock() ?? 0
            let seconds = arguments.count > 1 ? Int64(arguments[1].asInteger) : now
            let table = machine.makeTable()
            for (name, number) in CalendarDate(secondsSince1970: seconds).fields {
                machine.put(table, Value(machine.string(name)), Value(integer: number))
            }
            return machine.answer(Value(table))
        },
    ]
}

/// A moment as year, month and so on, in UTC: a module knows no other time zone.
struct CalendarDate {
    /// In the order in which `date()` makes its slots.
    let fields: [(StaticString, Int)]

    init(secondsSince1970 seconds: Int64) {
        let day = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let rest = Int(seconds - day * 86_400)
        // Days are counted from 1 March 0000, so that the leap day ends a year.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        let month = Int(monthFromMarch < 10 ? monthFromMarch + 2 : monthFromMarch - 10)
        let year = Int(yearOfEra + era * 400) + (month <= 1 ? 1 : 0)
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        let yearDay = before[month] + dayOfMonth - 1 + (isLeap && month > 1 ? 1 : 0)
        let weekDay = Int(((day + 4) % 7 + 7) % 7)
        fields = [
            ("sec", rest % 60), ("min", rest / 60 % 60), ("hour", rest / 3_600), ("day", dayOfMonth),
            ("month", month), ("year", year), ("wday", weekDay), ("yday", yearDay),
        ]
    }
}
