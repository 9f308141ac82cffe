// R33: a generator that is never resumed keeps nothing of its caller.
function count() {
    yield 1;
}

function hold() {
    local ballast = blob(10000);
    local generator = count();
    return generator;
}

local before = imp.getmemoryfree();
local kept = [];
for (local i = 0; i < 5; i++) kept.append(hold());
server.log("kept=" + (before - imp.getmemoryfree()));
