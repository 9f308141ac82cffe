local t = {}
foreach (n in ["zero","one","two","three","four","five","six","seven","eight","nine","ten"]) t[n] <- n.len()
foreach (k, v in t) print(k + "=" + v + " "); print("\n")
delete t.three; delete t.ten; t.eleven <- 6; t.twelve <- 6
foreach (k, v in t) print(k + " "); print("\n")
