/// A captured variable's source, as the machine keeps it.
struct OuterSource {
    var isLocal: Bool
    var index: Int32
}

/// A function's code as one machine owns it: a template with its literals made into values.
struct PrototypeObject {
    var header: ObjectHeader
    var instructions: UnsafeMutablePointer<Instruction>
    var literals: UnsafeMutablePointer<Value>
    var functions: UnsafeMutablePointer<UnsafeMutablePointer<PrototypeObject>>
    var outers: UnsafeMutablePointer<OuterSource>
    var defaults: UnsafeMutablePointer<Int32>
    var template: Unmanaged<FunctionTemplate>
    var name: Value
    var instructionCount: Int32
    var literalCount: Int32
    var functionCount: Int32
    var outerCount: Int32
    var defaultCount: Int32
    var parameterCount: Int32
    var stackSize: Int32
    var entryCost: Int32
    var isVariadic: Bool
    var isGenerator: Bool
}

extension Machine {
    private func block<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
        allocate(max(1, count) * MemoryLayout<T>.stride).assumingMemoryBound(to: T.self)
    }

    /// Makes a template this machine's own; the count is zero.
    func instantiate(_ template: FunctionTemplate) -> UnsafeMutablePointer<PrototypeObject> {
        let prototype = block(1, of: PrototypeObject.self)
        let instructions = block(template.instructions.count, of: Instruction.self)
        for (index, instruction) in template.instructions.enumerated() { instructions[index] = instruction }
        let literals = block(template.literals.count, of: Value.self)
        for (index, literal) in template.literals.enumerated() {
            let value = self.value(literal)
            retain(value)
            literals[index] = value
        }
        let functions = block(template.functions.count, of: UnsafeMutablePointer<PrototypeObject>.self)
        for (index, function) in template.functions.enumerated() {
            functions[index] = instantiate(function)
            functions[index].asHeader.pointee.references &+= 1
        }
        let outers = block(template.outers.count, of: OuterSource.self)
        for (index, outer) in template.outers.enumerated() {
            outers[index] = OuterSource(isLocal: outer.isLocal, index: Int32(outer.index))
        }
        let defaults = block(template.defaults.count, of: Int32.self)
        for (index, register) in template.defaults.enumerated() { defaults[index] = Int32(register) }
        let name = template.name.map { Value(string($0)) } ?? .null
        retain(name)
        prototype.initialize(
            to: PrototypeObject(
                header: makeHeader(.prototype), instructions: instructions, literals: literals,
                functions: functions, outers: outers, defaults: defaults, template: .passRetained(template),
                name: name, instructionCount: Int32(template.instructions.count),
                literalCount: Int32(template.literals.count), functionCount: Int32(template.functions.count),
                outerCount: Int32(template.outers.count), defaultCount: Int32(template.defaults.count),
                parameterCount: Int32(template.parameters.count), stackSize: Int32(template.stackSize),
                entryCost: Int32(template.entryCost), isVariadic: template.isVariadic,
                isGenerator: template.isGenerator))
        return prototype
    }

    func value(_ literal: FunctionTemplate.Literal) -> Value {
        switch literal {
        case .string(let bytes): return Value(string(bytes))
        case .integer(let integer): return Value(integer: integer)
        case .float(let pattern): return Value(float: Float(bitPattern: pattern))
        case .bool(let bool): return Value(bool: bool)
        case .null: return .null
        }
    }

    func freePrototypeStorage(_ prototype: UnsafeMutablePointer<PrototypeObject>) {
        let p = prototype.pointee
        func free<T>(_ pointer: UnsafeMutablePointer<T>, _ count: Int32) {
            deallocate(pointer, max(1, Int(count)) * MemoryLayout<T>.stride)
        }
        free(p.instructions, p.instructionCount)
        free(p.literals, p.literalCount)
        free(p.functions, p.functionCount)
        free(p.outers, p.outerCount)
        free(p.defaults, p.defaultCount)
        p.template.release()
    }
}

extension FunctionTemplate {
    /// The line of the instruction before `ip`, by upstream's search: an instruction that ends its statement
    /// may fall to the next line, depending on where the search meets the boundary.
    func line(before ip: Int) -> Int {
        guard !lines.isEmpty else { return 0 }
        let wanted = Int32(ip * 2)
        var low = 0
        var high = lines.count - 1
        var middle = 0
        while low <= high {
            middle = low + (high - low) / 2
            let position = lines[middle].position
            if position > wanted {
                high = middle - 1
            } else if position < wanted {
                if middle < lines.count - 1, lines[middle + 1].position >= wanted { break }
                low = middle + 1
            } else {
                break
            }
        }
        return Int(lines[middle].line)
    }
}
