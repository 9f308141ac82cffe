/// Methods of strings.
enum StringDelegate {
    static let functions: [LibraryFunction] = [
        CommonFunctions.length,
        LibraryFunction("tointeger", 1, "s") { machine, arguments in
            switch machine.number(arguments[0].string) {
            case .some(let value): return machine.answer(Value(integer: value.asInteger))
            case .none: return machine.refuse("cannot convert the string")
            }
        },
        LibraryFunction("tofloat", 1, "s") { machine, arguments in
            switch machine.number(arguments[0].string) {
            case .some(let value): return machine.answer(Value(float: value.asFloat))
            case .none: return machine.refuse("cannot convert the string")
            }
        },
        CommonFunctions.toString,
        LibraryFunction("slice", -1, " s n  n") { machine, arguments in
            let string = arguments[0].string
            switch SliceBounds.read(arguments, count: string.count) {
            case .failure(let error): return machine.refuse(error.message)
            case .success(let bounds):
                let count = bounds.end - bounds.start
                guard machine.canMakeString(count) else { return .failure }
                machine.charge(bytes: count)
                return machine.answer(Value(machine.string(string.bytes + bounds.start, count)))
            }
        },
        LibraryFunction("find", -2, "s s n ") { machine, arguments in
            let (string, part) = (arguments[0].string, arguments[1].string)
            let start = arguments.count > 2 ? Int(arguments[2].asInteger) : 0
            guard start >= 0, start < string.count else { return .nothing }
            machine.charge(bytes: string.count - start)
            guard let found = string.buffer.firstRange(of: part.buffer, from: start) else { return .nothing }
            return machine.answer(Value(integer: found))
        },
        LibraryFunction("tolower", 1, "s") { machine, arguments in
            machine.mapBytes(arguments[0].string) { $0 >= 65 && $0 <= 90 ? $0 | 32 : $0 }
        },
        LibraryFunction("toupper", 1, "s") { machine, arguments in
            machine.mapBytes(arguments[0].string) { $0 >= 97 && $0 <= 122 ? $0 & 0xDF : $0 }
        },
        CommonFunctions.weakReference,
    ]
}

/// `format`, `split` and the strips.
enum StringLibrary {
    static let functions: [LibraryFunction] = [
        LibraryFunction("format", -2, ".s") { machine, arguments in
            machine.format(arguments)
        },
        LibraryFunction("strip", 2, ".s") { machine, arguments in
            machine.strip(arguments[1].string, left: true, right: true)
        },
        LibraryFunction("lstrip", 2, ".s") { machine, arguments in
            machine.strip(arguments[1].string, left: true, right: false)
        },
        LibraryFunction("rstrip", 2, ".s") { machine, arguments in
            machine.strip(arguments[1].string, left: false, right: true)
        },
        LibraryFunction("split", 3, ".ss") { machine, arguments in
            machine.split(arguments[1].string, at: arguments[2].string)
        },
    ]
}

extension UInt8 {
    /// C's `isspace`.
    @inline(__always) var isSpace: Bool { self == 32 || (self >= 9 && self <= 13) }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where `part` first occurs, in time proportional to both lengths.
    func firstRange(of part: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard part.count > 0 else { return start }
        // For each prefix of the part, the longest shorter prefix that it ends with.
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for index in 1..<Swift.max(part.count, 1) {
            while length > 0, part[index] != part[length] { length = borders[length - 1] }
            if part[index] == part[length] { length += 1 }
            borders[index] = length
        }
        length = 0
        for index in start..<count {
            while length > 0, self[index] != part[length] { length = borders[length - 1] }
            if self[index] == part[length] { length += 1 }
            if length == part.count { return index - length + 1 }
        }
        return nil
    }
}

extension Machine {
    /// The number a string begins with: a float if it has a point or an exponent.
    fileprivate func number(_ string: UnsafeMutablePointer<StringObject>) -> Value? {
        let bytes = string.buffer.prefix { $0 != 0 }
        let isFloat = bytes.contains {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E")
        }
        if isFloat {
            let (value, count) = NumberText.double(Array(bytes))
            return count > 0 ? Value(float: Float(value)) : nil
        }
        return NumberText.integer(bytes).map { Value(integer: $0) }
    }

    fileprivate func mapBytes(
        _ string: UnsafeMutablePointer<StringObject>, _ transform: (UInt8) -> UInt8
    ) -> NativeOutcome {
        guard canMakeString(string.count) else { return .failure }
        charge(bytes: string.count)
        let result = allocateString(string.count)
        for index in 0..<string.count { result.bytes[index] = transform(string.bytes[index]) }
        return answer(Value(finish(result)))
    }

    fileprivate func strip(
        _ string: UnsafeMutablePointer<StringObject>, left: Bool, right: Bool
    ) -> NativeOutcome {
        var start = 0
        var end = string.count
        if right { while end > 0, string.bytes[end - 1].isSpace { end -= 1 } }
        if left { while start < end, string.bytes[start].isSpace { start += 1 } }
        guard canMakeString(end - start) else { return .failure }
        charge(bytes: string.count)
        return answer(Value(self.string(string.bytes + start, end - start)))
    }

    /// The pieces between separators; empty pieces do not count.
    fileprivate func split(
        _ string: UnsafeMutablePointer<StringObject>, at separators: UnsafeMutablePointer<StringObject>
    ) -> NativeOutcome {
        guard separators.count > 0 else { return refuse("empty separators string") }
        guard let array = makeArray(0) else { return .failure }
        let result = Value(array)
        retain(result)
        defer { release(result) }
        charge(bytes: string.count * 8)
        let isSeparator = separators.buffer
        var start = 0
        var index = 0
        while index <= string.count {
            if index == string.count || isSeparator.contains(string.bytes[index]) {
                if index > start {
                    guard !state.pointee.needsCheck || canReserve(0),
                        append(array, Value(self.string(string.bytes + start, index - start)))
                    else { return .failure }
                }
                start = index + 1
            }
            index += 1
        }
        return answer(result)
    }

    // MARK: format

    fileprivate func format(_ arguments: Arguments) -> NativeOutcome {
        let pattern = arguments[1].string
        var output: [UInt8] = []
        var index = 0
        var argument = 2
        charge(bytes: pattern.count * 4)
        while index < pattern.count, pattern.bytes[index] != 0 {
            let byte = pattern.bytes[index]
            if byte != UInt8(ascii: "%") {
                output.append(byte)
                index += 1
                continue
            }
            if pattern.bytes[index + 1] == UInt8(ascii: "%") {
                output.append(byte)
                index += 2
                continue
            }
            index += 1
            guard argument < arguments.count else {
                return refuse("not enough paramters for the given format string")
            }
            var directive = FormatDirective()
            if let problem = directive.read(pattern, &index) { return refuse(problem) }
            guard let text = directive.apply(arguments[argument]) else { return refuse(directive.complaint) }
            output += text
            guard output.count <= state.pointee.limits.stringBytes else {
                return refuse("the formatted string is too long")
            }
            argument += 1
        }
        guard canMakeString(output.count) else { return .failure }
        return answer(Value(string(output)))
    }
}

/// One `%…` of a format string.
private struct FormatDirective {
    private var flags = ""
    private var width = 0
    private var precision: Int?
    private var letter: UInt8 = 0

    /// Reads from after the percent sign to after the letter. Gives the sentence of what is wrong, if anything.
    mutating func read(_ pattern: UnsafeMutablePointer<StringObject>, _ index: inout Int) -> String? {
        let start = index
        while index < pattern.count, "-+ #0".utf8.contains(pattern.bytes[index]) {
            flags.append(Character(Unicode.Scalar(pattern.bytes[index])))
            index += 1
        }
        guard let width = number(pattern, &index) else { return "width format too long" }
        self.width = width.value
        if pattern.bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard let digits = number(pattern, &index) else { return "precision format too long" }
            precision = digits.value
        }
        if index - start > 17 { return "format too long" }
        letter = pattern.bytes[index]
        index += 1
        return nil
    }

    /// Up to two digits; nil if there are more.
    private func number(
        _ pattern: UnsafeMutablePointer<StringObject>, _ index: inout Int
    ) -> (value: Int, count: Int)? {
        var value = 0
        var count = 0
        while index < pattern.count, pattern.bytes[index].isDigit {
            value = value * 10 + Int(pattern.bytes[index] - 48)
            index += 1
            count += 1
            if count >= 3 { return nil }
        }
        return (value, count)
    }

    private var specification: String {
        var text = "%" + flags
        if width > 0 { text += String(width) }
        if let precision { text += ".\(precision)" }
        return text + String(Character(Unicode.Scalar(letter)))
    }

    var complaint: String {
        switch letter {
        case UInt8(ascii: "s"): return "string expected for the specified format"
        case UInt8(ascii: "i"), UInt8(ascii: "d"), UInt8(ascii: "o"), UInt8(ascii: "u"), UInt8(ascii: "x"),
            UInt8(ascii: "X"), UInt8(ascii: "c"):
            return "integer expected for the specified format"
        case UInt8(ascii: "f"), UInt8(ascii: "g"), UInt8(ascii: "G"), UInt8(ascii: "e"), UInt8(ascii: "E"):
            return "float expected for the specified format"
        default:
            return "invalid format"
        }
    }

    /// The text of a value, or nil if the letter or the value's type does not fit.
    func apply(_ value: Value) -> [UInt8]? {
        switch letter {
        case UInt8(ascii: "s"):
            guard value.isString else { return nil }
            let text = precision.map { value.string.buffer.prefix($0) } ?? value.string.buffer[...]
            return pad(Array(text))
        case UInt8(ascii: "c"):
            guard value.isNumber else { return nil }
            return pad([UInt8(truncatingIfNeeded: value.asInteger)])
        case UInt8(ascii: "i"), UInt8(ascii: "d"), UInt8(ascii: "o"), UInt8(ascii: "u"), UInt8(ascii: "x"),
            UInt8(ascii: "X"):
            guard value.isNumber else { return nil }
            return NumberText.format(specification, value.asInteger)
        case UInt8(ascii: "f"), UInt8(ascii: "g"), UInt8(ascii: "G"), UInt8(ascii: "e"), UInt8(ascii: "E"):
            guard value.isNumber else { return nil }
            return NumberText.format(specification, Double(value.asFloat))
        default:
            return nil
        }
    }

    private func pad(_ text: [UInt8]) -> [UInt8] {
        guard text.count < width else { return text }
        let padding = [UInt8](repeating: 32, count: width - text.count)
        return flags.contains("-") ? text + padding : padding + text
    }
}
