/// Hash tables: chained scatter with the nodes in one array, each key in its main place if any key belongs
/// there. The order of the nodes is the order of `foreach`, so growth and placement follow upstream's rules.
extension Machine {
    static let smallestTable = 4

    @inline(__always)
    func hash(_ key: Value) -> UInt32 {
        if key.isString { return key.string.pointee.hash }
        if key.isReference { return key.header.pointee.serial }
        if key.isFloat { return UInt32(bitPattern: Value.truncate(key.float)) }
        return UInt32(truncatingIfNeeded: key.bits >> 32)
    }

    /// A new table with room for `capacity` keys; its count is zero.
    func makeTable(_ capacity: Int = 0) -> UnsafeMutablePointer<TableObject> {
        var size = Machine.smallestTable
        while size < capacity && size < 1 << 24 { size <<= 1 }
        let table = allocate(MemoryLayout<TableObject>.size).assumingMemoryBound(to: TableObject.self)
        link(table.asCollectable, .table)
        table.pointee.delegate = nil
        table.pointee.used = 0
        table.pointee.nodes = makeNodes(size) ?? makeSmallestNodes(&size)
        table.pointee.mask = UInt32(size - 1)
        table.pointee.firstFree = Int32(size - 1)
        return table
    }

    private func makeSmallestNodes(_ size: inout Int) -> UnsafeMutablePointer<TableNode> {
        size = Machine.smallestTable
        let nodes = allocate(size * MemoryLayout<TableNode>.stride).assumingMemoryBound(to: TableNode.self)
        nodes.initialize(repeating: TableNode(key: .null, value: .null, next: -1), count: size)
        return nodes
    }

    private func makeNodes(_ size: Int) -> UnsafeMutablePointer<TableNode>? {
        guard let raw = allocateChecked(size * MemoryLayout<TableNode>.stride) else { return nil }
        let nodes = raw.assumingMemoryBound(to: TableNode.self)
        nodes.initialize(repeating: TableNode(key: .null, value: .null, next: -1), count: size)
        return nodes
    }

    /// The node of a string key.
    @inline(__always)
    func find(
        _ table: UnsafeMutablePointer<TableObject>, string key: Value
    ) -> UnsafeMutablePointer<TableNode>? {
        let nodes = table.pointee.nodes
        var node = nodes + Int(key.string.pointee.hash & table.pointee.mask)
        while true {
            if node.pointee.key.bits == key.bits { return node }
            let next = node.pointee.next
            if next < 0 { return nil }
            node = nodes + Int(next)
        }
    }

    @inline(__always)
    func find(_ table: UnsafeMutablePointer<TableObject>, _ key: Value) -> UnsafeMutablePointer<TableNode>? {
        if key.isNull { return nil }
        let nodes = table.pointee.nodes
        var node = nodes + Int(hash(key) & table.pointee.mask)
        while true {
            if node.pointee.key.bits == key.bits { return node }
            let next = node.pointee.next
            if next < 0 { return nil }
            node = nodes + Int(next)
        }
    }

    /// Puts a value under a key that is not null; makes the slot if there is none.
    func put(_ table: UnsafeMutablePointer<TableObject>, _ key: Value, _ value: Value) {
        if let node = find(table, key) {
            let slot = node.pointer(to: \.value).unsafelyUnwrapped
            assign(slot, value)
            return
        }
        retain(key)
        retain(value)
        insert(table, key, value)
    }

    /// Inserts a key that is not there yet; takes over the counts of key and value.
    private func insert(_ table: UnsafeMutablePointer<TableObject>, _ key: Value, _ value: Value) {
        let nodes = table.pointee.nodes
        let mask = table.pointee.mask
        let main = Int(hash(key) & mask)
        var place = main
        if !nodes[main].key.isNull {
            let free = Int(table.pointee.firstFree)
            let owner = Int(hash(nodes[main].key) & mask)
            if main > free && owner != main {
                // The key that sits here belongs elsewhere: it moves, the new one gets its main place.
                var before = owner
                while Int(nodes[before].next) != main { before = Int(nodes[before].next) }
                nodes[before].next = Int32(free)
                nodes[free] = nodes[main]
                nodes[main] = TableNode(key: .null, value: .null, next: -1)
            } else {
                nodes[free].next = nodes[main].next
                nodes[main].next = Int32(free)
                place = free
            }
        }
        nodes[place].key = key
        nodes[place].value = value
        var free = Int(table.pointee.firstFree)
        while true {
            if nodes[free].key.isNull && nodes[free].next < 0 {
                table.pointee.firstFree = Int32(free)
                table.pointee.used += 1
                return
            }
            if free == 0 { break }
            free -= 1
        }
        table.pointee.firstFree = 0
        rehash(table, force: true)
    }

    /// Fits the number of nodes to the number of keys.
    private func rehash(_ table: UnsafeMutablePointer<TableObject>, force: Bool) {
        let oldSize = Int(table.pointee.mask) + 1
        let old = table.pointee.nodes
        let used = Int(table.pointee.used)
        let newSize: Int
        if used >= oldSize - oldSize / 4 {
            newSize = oldSize * 2
        } else if used <= oldSize / 4 && oldSize > Machine.smallestTable {
            newSize = oldSize / 2
        } else if force {
            newSize = oldSize
        } else {
            return
        }
        guard let nodes = makeNodes(newSize) else {
            dropExcess(table)
            return
        }
        table.pointee.nodes = nodes
        table.pointee.mask = UInt32(newSize - 1)
        table.pointee.firstFree = Int32(newSize - 1)
        table.pointee.used = 0
        for index in 0..<oldSize where !old[index].key.isNull {
            insert(table, old[index].key, old[index].value)
        }
        deallocate(old, oldSize * MemoryLayout<TableNode>.stride)
    }

    /// Out of memory while growing: the run is over, but the table must stay sound. One key is given up so
    /// that a free node remains.
    private func dropExcess(_ table: UnsafeMutablePointer<TableObject>) {
        let size = Int(table.pointee.mask) + 1
        let nodes = table.pointee.nodes
        for index in 0..<size {
            release(nodes[index].key)
            release(nodes[index].value)
            nodes[index] = TableNode(key: .null, value: .null, next: -1)
        }
        table.pointee.used = 0
        table.pointee.firstFree = Int32(size - 1)
    }

    /// Removes a key; its value goes to `result`.
    func remove(_ table: UnsafeMutablePointer<TableObject>, _ key: Value) -> Bool {
        guard let node = find(table, key) else { return false }
        let (oldKey, oldValue) = (node.pointee.key, node.pointee.value)
        node.pointee.key = .null
        node.pointee.value = .null
        table.pointee.used -= 1
        rehash(table, force: false)
        setResult(oldValue.strong)
        release(oldValue)
        release(oldKey)
        return true
    }

    func clear(_ table: UnsafeMutablePointer<TableObject>) {
        let size = Int(table.pointee.mask) + 1
        let nodes = table.pointee.nodes
        // Destructors run no program, but the table must be empty before they start.
        var dropped: [Value] = []
        dropped.reserveCapacity(Int(table.pointee.used) * 2)
        for index in 0..<size where !nodes[index].key.isNull {
            dropped.append(nodes[index].key)
            dropped.append(nodes[index].value)
            nodes[index].key = .null
            nodes[index].value = .null
        }
        table.pointee.used = 0
        rehash(table, force: true)
        for value in dropped { release(value) }
    }

    /// The first used node at or after `index`.
    @inline(__always)
    func next(_ table: UnsafeMutablePointer<TableObject>, from index: Int) -> Int? {
        let size = Int(table.pointee.mask) + 1
        let nodes = table.pointee.nodes
        var index = index
        while index < size {
            if !nodes[index].key.isNull { return index }
            index += 1
        }
        return nil
    }

    /// A copy with the keys in the same order of insertion; its count is zero.
    func copy(_ table: UnsafeMutablePointer<TableObject>) -> UnsafeMutablePointer<TableObject> {
        let size = Int(table.pointee.mask) + 1
        let result = makeTable(size)
        let nodes = table.pointee.nodes
        for index in 0..<size where !nodes[index].key.isNull {
            put(result, nodes[index].key, nodes[index].value)
        }
        if let delegate = table.pointee.delegate {
            delegate.asHeader.pointee.references &+= 1
            result.pointee.delegate = delegate
        }
        return result
    }

    /// Frees the nodes with all they hold, leaving the smallest empty table behind.
    func freeNodes(_ table: UnsafeMutablePointer<TableObject>) {
        guard table.pointee.head.header.flags & ObjectHeader.emptied == 0 else { return }
        table.pointee.head.header.flags |= ObjectHeader.emptied
        let size = Int(table.pointee.mask) + 1
        let nodes = table.pointee.nodes
        table.pointee.used = 0
        for index in 0..<size where !nodes[index].key.isNull {
            let (key, value) = (nodes[index].key, nodes[index].value)
            nodes[index].key = .null
            nodes[index].value = .null
            release(key)
            release(value)
        }
        deallocate(nodes, size * MemoryLayout<TableNode>.stride)
    }

    /// Makes `delegate` answer for `table`.
    /// - Returns: false when that would close a circle or a chain of more than 200.
    func setDelegate(
        _ table: UnsafeMutablePointer<TableObject>, _ delegate: UnsafeMutablePointer<TableObject>?
    ) -> Bool {
        var next = delegate
        var length = 0
        while let current = next {
            length += 1
            if current == table || length > 200 { return false }
            next = current.pointee.delegate
        }
        if let delegate { delegate.asHeader.pointee.references &+= 1 }
        let old = table.pointee.delegate
        table.pointee.delegate = delegate
        if let old { release(old.asHeader) }
        return true
    }

    @inline(__always)
    func setResult(_ value: Value) {
        retain(value)
        let old = state.pointee.result
        state.pointee.result = value
        release(old)
    }
}
