// N6: outside of factory firmware nobody changes the region.
server.log("before=" + imp.getcountry());
try {
    imp.setcountry(0x4247);
    server.log("accepted=true");
} catch (error) {
    server.log("accepted=false");
}
server.log("after=" + imp.getcountry());
