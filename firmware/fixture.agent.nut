// Agent of the fixture: takes results from the agents of the units that it configured.

const LONGEST = 4096;               // bytes of a result

http.onrequest(function(request, response) {
    if (request.path != "/testresult" || request.method != "POST") return response.send(404, "no such place");
    if (request.body.len() > LONGEST) return response.send(413, "too long");
    local result = null;
    try {
        result = http.jsondecode(request.body);
    } catch (error) {
        return response.send(400, "no JSON: " + error);
    }
    if (typeof result != "table") return response.send(400, "a result is an object");
    device.send("testresult", result);
    response.send(200, "OK");
});
