// R35: "circular data" says where.
imp.wakeup(0.1, function() {
    local loop = {};
    loop.self <- loop;
    agent.send("loop", loop);
});
