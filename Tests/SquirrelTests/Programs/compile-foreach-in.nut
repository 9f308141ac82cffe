foreach (a of b) {}
