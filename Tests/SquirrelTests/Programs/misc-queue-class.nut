class Queue { items = null; constructor() { items = [] } function push(x) { items.push(x); return this } function pop() { return items.len() ? items.remove(0) : null } function len() { return items.len() } }
local q = Queue().push(1).push(2).push(3); print(q.pop() + " " + q.len() + " " + q.pop() + q.pop() + " " + q.pop() + "\n")
