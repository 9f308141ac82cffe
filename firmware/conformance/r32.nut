// R32: setting a property of a class object has a message of its own.
class Plain {
    property = 1;
}

local instance = Plain();
local message = "none";
try {
    Plain.property = 2;
} catch (error) {
    message = error;
}
server.log("message=" + message);
