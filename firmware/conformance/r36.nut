// R36: a program that forgets the network as soon as it runs.
server.log("ran=cached");
imp.clearconfiguration();
