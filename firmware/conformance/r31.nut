// R31: a metamethod that uses what it stands for ends in an error.
class Mirror {
    calls = 0;
    function _get(key) {
        calls++;
        return this[key];
    }
}

local mirror = Mirror();
local message = "none";
try {
    mirror.something;
} catch (error) {
    message = error;
}
server.log("calls=" + mirror.calls);
server.log("message=" + message);
