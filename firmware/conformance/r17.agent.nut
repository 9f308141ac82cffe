device.on("go", function(size) {
    device.send("data", blob(size));
});
